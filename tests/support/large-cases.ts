/** Cases of sizes that decide which of several shaders runs, or how many passes: above what an op's own cases have, for those are run on everything. By op. */
import type { OpCase } from "../../packages/engine/src/op.js";

/** Rows × columns × depth that take the smallest, the middle and the largest tile of dense/gemm_tiled, none of them in whole tiles. */
const SMALL = [257, 259, 33] as const;
const MIDDLE = [517, 545, 19] as const;
const LARGE = [1025, 4161, 17] as const;

function product(
  [m, n, k]: readonly [number, number, number],
  transposeA: boolean,
  transposeB: boolean,
  batch: readonly number[] = [],
): OpCase {
  return {
    name: `${transposeA ? "t" : "n"}${transposeB ? "t" : "n"} ${[...batch, m, n, k].join(" × ")}`,
    inputs: [{ shape: [...batch, ...(transposeA ? [k, m] : [m, k])] }, { shape: [...batch, ...(transposeB ? [n, k] : [k, n])] }],
    attrs: { transposeA, transposeB },
  };
}

/** Rows that repeat, and come in no order. */
const places = (count: number, rows: number) => Array.from({ length: count }, (_, i) => (i * 7919) % rows);

export const LARGE_CASES: Readonly<Record<string, readonly OpCase[]>> = {
  matmul: [
    ...[SMALL, MIDDLE].flatMap((size) => [false, true].flatMap((a) => [false, true].map((b) => product(size, a, b)))),
    product(LARGE, false, true),
    product([131, 137, 21], false, false, [5]),
  ],
  // Behind the first 1024 of a sort in shared memory come rounds of merges.
  topK: [1025, 2049].map((k) => ({ name: `k ${k} of 4099`, inputs: [{ shape: [2, 4099] }], attrs: { k, largest: true, sorted: true } })),
  scatterRows: [1025, 4099].map((count) => ({
    name: `${count} rows into 77`,
    inputs: [{ shape: [count, 3] }, { shape: [count], dtype: "i32", values: places(count, 77), frozen: true }],
    attrs: { axis: 0, extent: 77, padding: -1 },
  })),
};
