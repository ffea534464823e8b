/** The one error type that Tetrad throws on purpose, so that a caller can tell bad input from a bug. */

export type ErrorCode =
  | "SHAPE"
  | "DTYPE"
  | "ARGUMENT"
  | "DATA"
  | "FORMAT"
  | "UNSUPPORTED"
  | "OUT_OF_MEMORY"
  | "DEVICE_LOST"
  | "DIVERGED"
  | "IO"
  | "CANCELLED"
  | "INTERNAL";

/** What an error message is assembled from; every part but `what` is optional. */
export interface ErrorParts {
  /** The operation, file or field that found the fault. */
  readonly op: string;
  readonly what: string;
  readonly got?: string;
  readonly expected?: string;
  /** `file:line` of the user's own code, or of the data. */
  readonly at?: string | undefined;
  readonly hint?: string | undefined;
}

/** `op: what was wrong — got …, expected … (at file:line). Hint: …` */
export class TetradError extends Error {
  readonly code: ErrorCode;
  readonly parts: ErrorParts | undefined;

  constructor(code: ErrorCode, message: string | ErrorParts, options?: { cause?: unknown }) {
    super(typeof message === "string" ? message : formatParts(message), options);
    this.name = "TetradError";
    this.code = code;
    this.parts = typeof message === "string" ? undefined : message;
  }

  /** The same error naming the place `at`, unless it names one already. */
  locatedAt(at: string | undefined): TetradError {
    if (at === undefined || this.parts === undefined || this.parts.at !== undefined) return this;
    return new TetradError(this.code, { ...this.parts, at }, { cause: this.cause });
  }
}

function formatParts({ op, what, got, expected, at, hint }: ErrorParts): string {
  const facts = [got === undefined ? "" : `got ${got}`, expected === undefined ? "" : `expected ${expected}`]
    .filter((fact) => fact !== "")
    .join(", ");
  return `${op}: ${what}${facts && ` — ${facts}`}${at === undefined ? "" : ` (at ${at})`}.${hint === undefined ? "" : ` Hint: ${hint}`}`;
}

/** The candidate closest to `name` by edit distance, for "did you mean"; undefined when none is near. */
export function closest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.ceil(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** The hint that names the candidate closest to `name`; undefined when none is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const near = closest(name, candidates);
  return near === undefined ? undefined : `did you mean ${JSON.stringify(near)}?`;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitute, (previous[j] as number) + 1, (current[j - 1] as number) + 1));
    }
    previous = current;
  }
  return previous[b.length] as number;
}
