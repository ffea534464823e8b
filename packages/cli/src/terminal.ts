/** The one place that writes to stdout and stderr, so that the habits promised to users (--json, --quiet, NO_COLOR, progress on a terminal only) hold for every command. */
import type { TetradError } from "@tetrad/engine";
import { createColors } from "picocolors";
import { Progress } from "./progress.js";

export interface TerminalOptions {
  /** One JSON value on stdout and nothing else there. */
  readonly json?: boolean;
  /** No progress and no notes; results and errors stay. */
  readonly quiet?: boolean;
  /** Stacks of errors. */
  readonly verbose?: boolean;
}

export interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** A command failed and has said why; nothing is left to print. */
export class AlreadyTold extends Error {
  constructor(
    message?: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

/** Where a command writes, and what it may know of its surroundings; `process` is one. */
export interface Io {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export class Terminal {
  readonly colors: ReturnType<typeof createColors>;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly #stdout: Stream;
  readonly #stderr: Stream;

  constructor(options: TerminalOptions, { stdout, stderr, env }: Io) {
    this.json = options.json ?? false;
    this.quiet = options.quiet ?? false;
    this.verbose = options.verbose ?? false;
    this.#stdout = stdout;
    this.#stderr = stderr;
    // https://no-color.org: any value that is not empty
    const refused = env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "";
    this.colors = createColors(!refused && !this.json && stdout.isTTY === true && env["TERM"] !== "dumb");
  }

  /** A command's result: text for people, or the same facts as JSON. */
  result(text: string, facts: unknown): void {
    this.#stdout.write(this.json ? `${JSON.stringify(facts, null, 2)}\n` : `${text}\n`);
  }

  /** Part of a longer result as it comes; nothing under --json, where all comes at once at the end. */
  say(text: string): void {
    if (!this.json) this.#stdout.write(`${text}\n`);
  }

  /** Text as it comes, without a line's end; nothing under --json. */
  write(text: string): void {
    if (!this.json) this.#stdout.write(text);
  }

  /** What the user may want to know but did not ask for. */
  note(text: string): void {
    if (!this.quiet) this.#stderr.write(`${text}\n`);
  }

  /** One line of a terminal that the next one overwrites, and an empty text clears; nothing elsewhere. */
  status(text: string): void {
    if (this.quiet || this.#stderr.isTTY !== true) return;
    this.#stderr.write(`\r\x1b[2K${text === "" ? "" : `▸ ${text}`.slice(0, Math.max(20, (this.#stderr.columns || 80) - 1))}`);
  }

  progress(label: string): Progress {
    return new Progress(label, this.quiet ? undefined : this.#stderr);
  }

  /** One line `error[CODE]: message`; under --json also `{"error": …}` on stdout. */
  failure(error: unknown): void {
    const { code, message } = describe(error);
    this.#stderr.write(`error[${code}]: ${message}\n`);
    if (this.verbose && error instanceof Error) this.#stderr.write(`${error.stack}\n`);
    if (this.json) this.#stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
  }
}

function describe(error: unknown): { code: string; message: string } {
  if (error instanceof Error && error.name === "TetradError") return { code: (error as TetradError).code, message: error.message };
  const text = error instanceof Error ? error.message : String(error);
  return {
    code: "INTERNAL",
    message: `${text.replaceAll("\n", " ")}. Hint: this is a fault of Tetrad's own; run again with --verbose and report what it prints`,
  };
}
