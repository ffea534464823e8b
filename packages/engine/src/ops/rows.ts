/** What the fused ops over the last axis share: rows of the reference, the launch, test cases, and moving another axis there. */

import type { BaseKernel } from "@tetrad/kernels-wasm";
import type { FloatDType } from "../dtype.js";
import type { NdArray } from "../nd.js";
import { type Count, HOSTILE_EXTENTS, type LaunchContext, type OpCase } from "../op.js";
import { normalizeAxis, type Shape, sizeOf } from "../shape.js";
import type { Node, Tensor } from "../tensor.js";
import { broadcastTo } from "./broadcastTo.js";
import { swapAxes } from "./transpose.js";

/** Visits the rows along the last axis; `at` is the flat index of a row's first element. */
export function forEachRow(x: NdArray, visit: (row: Float64Array, at: number, index: number) => void): void {
  const n = x.shape[x.shape.length - 1] as number;
  const rows = sizeOf(x.shape.slice(0, -1));
  for (let r = 0; r < rows; r++) visit(x.data.slice(r * n, (r + 1) * n), r * n, r);
}

/** Words of a row kernel after its pointers: rows and their length, one of which may be live. */
export function rowWords(x: Tensor): [Count, Count] {
  const n = x.shape[x.rank - 1] as number;
  const rows = sizeOf(x.shape.slice(0, -1));
  if (x.bound === undefined || x.size === 0) return [rows, n];
  return x.rank === 1 ? [rows, { live: x.bound, times: 1 }] : [{ live: x.bound, times: rows / (x.shape[0] as number) }, n];
}

/** One launch over rows of equally shaped inputs. */
export function launchRows(context: LaunchContext, node: Node, kernel: BaseKernel, flopsPerElement: number): void {
  const x = node.inputs[0] as Tensor;
  const inputs = node.inputs.map((input) => context.contiguous(input));
  context.emit({
    kernel,
    dtype: x.dtype as FloatDType,
    outputs: node.outputs,
    inputs,
    scalars: rowWords(x),
    flops: flopsPerElement * x.size,
  });
}

export function rowCases(inputs: number): OpCase<Record<never, never>>[] {
  const of = (name: string, shape: Shape, transposed = false): OpCase<Record<never, never>> => ({
    name,
    inputs: Array.from({ length: inputs }, () => ({ shape, transposed, range: [-3, 3] })),
    attrs: {},
  });
  return [
    ...HOSTILE_EXTENTS.map((n) => of(`row ${n}`, [3, n])),
    ...HOSTILE_EXTENTS.filter((n) => n < 40).map((n) => of(`rows ${n}`, [n, 5])),
    of("vector", [17]),
    of("three axes", [2, 3, 9]),
    of("transposed", [9, 17], true),
    of("long", [2, 4099]),
  ];
}

/** Applies `f`, which works along the last axis, along another one. */
export function overLastAxis(x: Tensor, axis: number, f: (x: Tensor) => Tensor): Tensor {
  const at = normalizeAxis(axis, x.rank);
  return at === x.rank - 1 ? f(x) : swapAxes(f(swapAxes(x, at, -1)), at, -1);
}

/** Inputs of equal shape, of which all get the leading axis that some have. */
export function batchAll(inputs: readonly Tensor[], batched: readonly boolean[]): Tensor[] {
  const extent = inputs[batched.indexOf(true)]?.shape[0] as number;
  return inputs.map((x, i) => (batched[i] === true ? x : broadcastTo(x, [extent, ...x.shape])));
}
