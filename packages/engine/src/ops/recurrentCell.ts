/** What the fused cells of recurrent nets share: rows of gates side by side, the launch, and gradients by way of the same formula in ops. */

import type { BaseKernel } from "@tetrad/kernels-wasm";
import { vjp } from "../autodiff.js";
import { type FloatDType, isFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import type { CaseInput, LaunchContext, OpCase } from "../op.js";
import { formatShape, type Shape, sameShape, sizeOf } from "../shape.js";
import type { Node, Spec, Tensor } from "../tensor.js";
import { identity, specOf } from "./identity.js";
import { liveCount } from "./strided.js";

export type None = Record<never, never>;

/** Throws unless the inputs are `multiples` of H wide along the last axis, alike in all else; returns a spec of any other multiple. */
export function cellSpecs(op: string, inputs: readonly Spec[], multiples: readonly number[]): (multiple: number) => Spec {
  const [first] = inputs as readonly [Spec];
  const units = (first.shape[first.shape.length - 1] ?? 0) / (multiples[0] as number);
  const lead = first.shape.slice(0, -1);
  const fits = inputs.every((x, i) => sameShape(x.shape, [...lead, (multiples[i] as number) * units]));
  if (!Number.isInteger(units) || !fits)
    throw new TetradError("SHAPE", {
      op,
      what: "the last axes do not hold the same number of units",
      got: inputs.map((x) => formatShape(x.shape)).join(", "),
      expected: multiples.map((m) => `(…, ${m === 1 ? "" : m}H)`).join(", "),
    });
  if (!isFloat(first.dtype) || inputs.some((x) => x.dtype !== first.dtype))
    throw new TetradError("DTYPE", {
      op,
      what: "needs floating-point tensors of one type",
      got: inputs.map((x) => x.dtype).join(", "),
    });
  return (multiple) => ({ ...specOf(first), shape: [...lead, multiple * units] });
}

/** Rows and units of a cell whose first input is `multiple` of H wide. */
export function cellSize(shape: Shape, multiple: number): { rows: number; units: number } {
  return { rows: sizeOf(shape.slice(0, -1)), units: (shape[shape.length - 1] as number) / multiple };
}

/** One launch over rows. Words after the pointers: rows, units. */
export function launchCell(context: LaunchContext, node: Node, kernel: BaseKernel, multiple: number): void {
  const [x] = node.inputs as readonly [Tensor];
  const { rows, units } = cellSize(x.shape, multiple);
  context.emit({
    kernel,
    dtype: x.dtype as FloatDType,
    outputs: node.outputs,
    inputs: node.inputs.map((input) => context.contiguous(input)),
    scalars: [liveCount(rows, x.bound, x.shape[0] as number), units],
    flops: node.op.flops(node.inputs, node.outputs, node.attrs),
  });
}

/** Cotangents of `inputs` of a fused op that equals `compose`. */
export function gradientThrough(
  compose: (inputs: readonly Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
  dys: readonly (Tensor | undefined)[],
): readonly Tensor[] {
  const own = inputs.map(identity);
  const flowing = dys.flatMap((dy, i) => (dy === undefined ? [] : [i]));
  const ys = compose(own);
  return vjp(
    flowing.map((i) => ys[i] as Tensor),
    flowing.map((i) => dys[i] as Tensor),
    own,
  );
}

/** Cases for inputs that are `multiples` of H wide; `ranges` of saved gates are those of their activations. */
export function cellCases(multiples: readonly number[], ranges: readonly (readonly [number, number] | undefined)[] = []): OpCase<None>[] {
  const of = (name: string, lead: Shape, units: number): OpCase<None> => ({
    name,
    inputs: multiples.map((multiple, i): CaseInput => {
      const range = ranges[i];
      return { shape: [...lead, multiple * units], ...(range && { range }) };
    }),
    attrs: {},
  });
  return [
    ...[0, 1, 2, 3, 7, 8, 9, 17, 33, 65].map((units) => of(`units ${units}`, [3], units)),
    ...[0, 1, 2, 9].map((rows) => of(`rows ${rows}`, [rows], 5)),
    of("vector", [], 4),
    of("two leading axes", [2, 3], 5),
    of("a piece and more", [2], 513),
    of("shared among threads", [33], 33),
  ];
}
