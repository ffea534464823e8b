/** What goes through the stages of data preparation: rows that know where they came from, and what each stage says of its work. */
import { columnIndex, type JsonObject } from "@tetrad/engine";

export type Part = "train" | "validation" | "test";

/** In the order in which they are told of. */
export const PARTS = ["train", "validation", "test"] as const satisfies readonly Part[];

export interface DataRow {
  readonly part: Part;
  /** `file:line`, or `file, record n` */
  readonly at: string;
  readonly cells: readonly string[];
}

/** Rows that can be gone through more than once, of a list or of a file: no stage holds them. */
export interface DataRows extends Iterable<DataRow> {
  readonly columns: readonly string[];
}

export interface StageReport {
  readonly rowsIn: number;
  readonly rowsOut: number;
  /** Why rows were left out → how many */
  readonly dropped: Readonly<Record<string, number>>;
  /** What was done to rows that stayed → how many */
  readonly changed: Readonly<Record<string, number>>;
  /** In plain words, what a person should look at. */
  readonly notes: readonly string[];
  /** Columns of the rows that come out, where they are others than those of the rows that went in */
  readonly columns?: readonly string[];
  /** What else was found. */
  readonly facts?: JsonObject;
}

/** A step of data preparation: the same rows and options give the same rows, in the same order, and the same report. */
export interface Stage<Options, Report = StageReport> {
  readonly name: string;
  /** Raised when the same rows and options come to give something else, so that what was kept of it is not used. */
  readonly version: number;
  run(rows: DataRows, options: Options, emit: (row: DataRow) => void): Report;
}

/** Parts of a text from this length on are views of it in V8, which keep all of it in memory. */
const VIEW = 13;

/** Counts by name, in the order in which names turn up. */
export class Tally {
  readonly #counts = new Map<string, number>();
  #others = 0;

  /** @param most names that are counted; those that turn up later are not told apart */
  constructor(private readonly most = Number.POSITIVE_INFINITY) {}

  add(name: string, count = 1): void {
    const before = this.#counts.get(name);
    if (before !== undefined) this.#counts.set(name, before + count);
    else if (this.#counts.size < this.most) this.#counts.set(name.length < VIEW ? name : copyOf(name), count);
    else this.#others += count;
  }

  /** What was counted of names that came too late. */
  get others(): number {
    return this.#others;
  }

  get(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  keys(): Iterable<string> {
    return this.#counts.keys();
  }

  [Symbol.iterator](): Iterator<[string, number]> {
    return this.#counts[Symbol.iterator]();
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}

const copyOf = (text: string): string => JSON.parse(JSON.stringify(text)) as string;

/** Takes a cell of a column. @throws TetradError DATA where there is no such column */
export function cellOf({ columns }: DataRows, column: string): (row: DataRow) => string {
  const index = columnIndex({ source: "prepare", columns }, column);
  return ({ cells }) => cells[index] as string;
}

/** Rows in memory. */
export function dataRows(columns: readonly string[], list: readonly DataRow[]): DataRows {
  return { columns, [Symbol.iterator]: () => list[Symbol.iterator]() };
}

/** Runs a stage on rows that fit into memory, and keeps those that come out. @throws TetradError as the stage */
export function applyStage<Options>(
  stage: Stage<Options>,
  rows: DataRows,
  options: Options,
): { readonly rows: DataRows; readonly report: StageReport } {
  const out: DataRow[] = [];
  const report = stage.run(rows, options, (row) => out.push(row));
  return { rows: dataRows(report.columns ?? rows.columns, out), report };
}
