/** Rows into training, validation and test parts, the same for the same seed on every machine. */
import { TetradError } from "../errors.js";
import { permute } from "../random.js";

export interface SplitShares {
  /** Shares of all rows, together below 1; training gets the rest. */
  readonly validation: number;
  readonly test: number;
}

export interface Split {
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
}

/** Second word of the permutation's key, so that the same seed orders batches differently. */
const STREAM = 0x5b117;

/**
 * Each row goes into exactly one part, by a keyed permutation; within a part rows keep their order.
 * @param rows row numbers to split
 * @throws TetradError ARGUMENT for shares that leave nothing to train on, DATA when a part that was asked for would be empty
 */
export function splitRows(rows: ArrayLike<number>, shares: SplitShares, seed: number): Split {
  checkShares(shares);
  const { validation, test } = shares;
  const n = rows.length;
  const nTest = Math.round(n * test);
  const nValidation = Math.round(n * validation);
  for (const [name, share, size] of [
    ["test", test, nTest],
    ["validation", validation, nValidation],
    ["training", 1, n - nTest - nValidation],
  ] as const)
    if (share > 0 && size < 1)
      throw new TetradError("DATA", {
        op: "split",
        what: `no row is left for the ${name} part`,
        got: `${n} rows`,
        hint: `use more data, or set the share of ${name} to 0`,
      });
  const shuffled = Int32Array.from({ length: n }, (_, i) => rows[permute(i, n, [seed >>> 0, STREAM])] as number);
  const part = (from: number, to: number) => shuffled.slice(from, to).sort();
  return { test: part(0, nTest), validation: part(nTest, nTest + nValidation), train: part(nTest + nValidation, n) };
}

/** @throws TetradError ARGUMENT for shares that leave nothing to train on */
export function checkShares({ validation, test }: SplitShares): void {
  if (validation >= 0 && test >= 0 && validation + test < 1) return;
  throw new TetradError("ARGUMENT", {
    op: "split",
    what: "the shares leave nothing to train on",
    got: `validation ${validation}, test ${test}`,
    expected: "a sum below 1",
  });
}
