/** The order of rows in an epoch, the same on every machine. */

import { permute } from "@tetrad/engine";

/** Second word of the permutation's key, so that the same seed splits and orders differently. */
const STREAM = 0x0e90c;

/** Row numbers in batches of `size`; the last batch of an epoch may be smaller. */
export function* batchesOf(rows: number, size: number, seed: number, epoch: number): Generator<readonly number[]> {
  const key = [seed >>> 0, STREAM + epoch] as const;
  for (let begin = 0; begin < rows; begin += size) {
    yield Array.from({ length: Math.min(size, rows - begin) }, (_, i) => permute(begin + i, rows, key));
  }
}
