/** How far up the right text stands when texts are ordered by the likeness of their vectors. */

import { TetradError } from "@tetrad/engine";

export interface Retrieval {
  /** Share of queries whose own document is the first */
  readonly recall1: number;
  /** … is among the first five */
  readonly recall5: number;
  /** Mean reciprocal rank */
  readonly mrr: number;
}

/**
 * Query i belongs to document i; documents that are as like as the right one stand behind it.
 * @param queries vectors (n, width) of length 1, row-major; @param documents likewise
 * @throws TetradError ARGUMENT where there is nothing to find
 */
export function retrieval(queries: Float32Array, documents: Float32Array, width: number): Retrieval {
  const n = queries.length / width;
  if (n === 0) throw new TetradError("ARGUMENT", { op: "retrieval", what: "there are no pairs" });
  let [recall1, recall5, mrr] = [0, 0, 0];
  for (let q = 0; q < n; q++) {
    const own = dot(queries, q, documents, q, width);
    let rank = 1;
    for (let d = 0; d < n; d++) if (d !== q && dot(queries, q, documents, d, width) > own) rank += 1;
    recall1 += Number(rank === 1);
    recall5 += Number(rank <= 5);
    mrr += 1 / rank;
  }
  return { recall1: recall1 / n, recall5: recall5 / n, mrr: mrr / n };
}

/** Of row i of `a` and row j of `b` */
export function dot(a: Float32Array, i: number, b: Float32Array, j: number, width: number): number {
  let sum = 0;
  for (let c = 0; c < width; c++) sum += (a[i * width + c] as number) * (b[j * width + c] as number);
  return sum;
}
