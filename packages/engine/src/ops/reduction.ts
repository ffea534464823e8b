/** What all reductions over axes share: shape rule, the strided launch, partial sums of large ones, and test cases. */

import type { BaseKernel } from "@tetrad/kernels-wasm";
import { type DType, type NumberDType, requireFloat, requireNumbers } from "../dtype.js";
import { TetradError } from "../errors.js";
import type { NdArray } from "../nd.js";
import {
  type Count,
  type GradientContext,
  HOSTILE_EXTENTS,
  type LaunchContext,
  type Op,
  type OpCase,
  type Operand,
  type Scalar,
} from "../op.js";
import { type Shape, sizeOf } from "../shape.js";
import type { Node, Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { broadcastLike } from "./broadcastTo.js";
import { reshape } from "./reshape.js";

export type ReduceAttrs = { readonly axes: readonly number[]; readonly keepDims: boolean };

/** A value per output element, repeated to the shape that was reduced. */
export function expandReduced(y: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  return broadcastLike(reshape(y, keptShape(x.shape, axes)), x);
}

/** The input's shape with extent one along `axes`. */
export function keptShape(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((extent, i) => (axes.includes(i) ? 1 : extent));
}

export interface ReductionDefinition {
  readonly name: string;
  /** Kernel without dtype suffix. */
  readonly kernel: BaseKernel;
  readonly result?: DType;
  /** There is a kernel of i32, too; its results wrap around as int32 does everywhere. */
  readonly integers?: boolean;
  /** Reducing an empty axis is an error (max, argmax), not an identity. */
  readonly needsElements?: boolean;
  reference(x: NdArray, attrs: ReduceAttrs): NdArray;
  gradient(context: GradientContext<ReduceAttrs>): readonly (Tensor | undefined)[];
  readonly range?: readonly [number, number];
  readonly kink?: boolean;
  readonly flopsPerElement?: number;
  /** Emits the launches, where one of `kernel` is not all of them. */
  launch?(context: LaunchContext, node: Node, attrs: ReduceAttrs): void;
}

/** An op that folds axes away. Kernel parameters: see `launchReduction`. */
export function reduction(definition: ReductionDefinition): Op<ReduceAttrs> {
  const { name, kernel, result, integers = false, needsElements = false } = definition;
  const op: Op<ReduceAttrs> = {
    name,
    tolerance: "reduction",
    infer([input], { axes, keepDims }) {
      const x = input as Spec;
      if (integers) requireNumbers(name, x.dtype);
      else requireFloat(name, x.dtype, 'cast(x, "f32") first');
      if (needsElements && sizeOf(axes.map((axis) => x.shape[axis] as number)) === 0) {
        throw new TetradError("SHAPE", {
          op: name,
          what: "cannot reduce an empty axis",
          got: `[${x.shape.join(", ")}] over axes ${axes.join(", ")}`,
        });
      }
      const shape = keepDims ? keptShape(x.shape, axes) : x.shape.filter((_, i) => !axes.includes(i));
      const bound = axes.includes(0) ? undefined : x.bound;
      return [{ shape, dtype: result ?? x.dtype, ...(bound && { bound }) }];
    },
    gradient: (context) => definition.gradient(context),
    reference: ([x], attrs) => [definition.reference(x as NdArray, attrs)],
    flops: ([x]) => (definition.flopsPerElement ?? 1) * sizeOf((x as Spec).shape),
    cases: () => reductionCases(definition),
    lowering: {
      kind: "launch",
      launch: (context, node, attrs) =>
        definition.launch ? definition.launch(context, node, attrs) : launchReduction(context, node, kernel, attrs.axes),
    },
    bounded: true,
    batch: ([x], _, { axes, keepDims }) => [apply(op, [x as Tensor], { axes: axes.map((axis) => axis + 1), keepDims })],
  };
  return op;
}

function reductionCases({ range, integers = false, kink = false, needsElements = false }: ReductionDefinition): OpCase<ReduceAttrs>[] {
  const input = (shape: Shape, transposed = false) => ({ shape, ...(range && { range }), ...(transposed && { transposed }) });
  const cases: OpCase<ReduceAttrs>[] = [];
  for (const n of HOSTILE_EXTENTS) {
    if (n === 0 && needsElements) continue;
    cases.push({ name: `row ${n}`, inputs: [input([3, n])], attrs: { axes: [1], keepDims: false }, kink });
    cases.push({ name: `column ${n}`, inputs: [input([n, 5])], attrs: { axes: [0], keepDims: true }, kink });
  }
  cases.push({ name: "all", inputs: [input([7, 33])], attrs: { axes: [0, 1], keepDims: false }, kink });
  cases.push({ name: "outer", inputs: [input([5, 3, 9])], attrs: { axes: [0, 2], keepDims: false }, kink });
  cases.push({ name: "middle", inputs: [input([4, 17, 6])], attrs: { axes: [1], keepDims: true }, kink });
  cases.push({ name: "transposed", inputs: [input([9, 17], true)], attrs: { axes: [1], keepDims: false }, kink });
  cases.push({ name: "wide columns", inputs: [input([9, 65])], attrs: { axes: [0], keepDims: false }, kink });
  cases.push({ name: "wide middle", inputs: [input([3, 7, 33])], attrs: { axes: [1], keepDims: false }, kink });
  cases.push({ name: "gaps", inputs: [input([2, 33, 3, 5], true)], attrs: { axes: [0, 3], keepDims: false }, kink });
  cases.push({ name: "long columns", inputs: [input([4099, 5])], attrs: { axes: [0], keepDims: false }, kink });
  cases.push({ name: "long gaps", inputs: [input([4099, 3, 5], true)], attrs: { axes: [0, 2], keepDims: false }, kink });
  cases.push({ name: "long strided", inputs: [input([5, 4099], true)], attrs: { axes: [1], keepDims: false }, kink });
  cases.push({ name: "large", inputs: [input([9, 4099])], attrs: { axes: [0, 1], keepDims: false }, kink });
  if (integers) cases.push(...integerCases());
  return cases;
}

/** The ways through memory once more, with whole numbers: small ones that tie, and ones whose sums and products do not fit. */
function integerCases(): OpCase<ReduceAttrs>[] {
  const whole = (shape: Shape, range: readonly [number, number], transposed = false) => ({
    shape,
    dtype: "i32" as const,
    range,
    frozen: true,
    ...(transposed && { transposed }),
  });
  const small = [-9, 9] as const;
  const wide = [-(2 ** 31), 2 ** 31] as const;
  return [
    { name: "i32 row", inputs: [whole([3, 33], small)], attrs: { axes: [1], keepDims: false } },
    { name: "i32 column", inputs: [whole([33, 65], small)], attrs: { axes: [0], keepDims: true } },
    { name: "i32 gaps", inputs: [whole([2, 33, 3, 5], small, true)], attrs: { axes: [0, 3], keepDims: false } },
    { name: "i32 large", inputs: [whole([9, 4099], wide)], attrs: { axes: [0, 1], keepDims: false } },
    { name: "i32 long columns", inputs: [whole([4099, 5], wide)], attrs: { axes: [0], keepDims: false } },
    { name: "i32 wide values", inputs: [whole([7, 17], wide)], attrs: { axes: [1], keepDims: false } },
  ];
}

interface Axis {
  readonly extent: number;
  readonly stride: number;
}

/** Merges neighbouring axes that are dense inside one another; axes of extent one vanish. */
export function collapse(extents: readonly number[], strides: readonly number[]): Axis[] {
  const axes: Axis[] = [];
  for (let i = 0; i < extents.length; i++) {
    const extent = extents[i] as number;
    const stride = strides[i] as number;
    if (extent === 1) continue;
    const last = axes[axes.length - 1];
    if (last !== undefined && last.stride === stride * extent) axes[axes.length - 1] = { extent: last.extent * extent, stride };
    else axes.push({ extent, stride });
  }
  return axes;
}

/**
 * Emits one reduction launch. Words after the pointers (output, input, `others`): kept count, reduced count, kept rank,
 * kept (extent, stride)…, reduced rank, reduced (extent, stride)…. Counts of a bounded axis 0 are live.
 */
export function launchReduction(
  context: LaunchContext,
  node: Node,
  kernel: BaseKernel,
  axes: readonly number[],
  y = node.outputs[0] as Tensor,
  others: readonly Operand[] = [],
): void {
  const x = node.inputs[0] as Tensor;
  const operand = context.operand(x);
  const pick = (values: readonly number[], reduced: boolean) => values.filter((_, i) => axes.includes(i) === reduced);
  const count = (reduced: boolean): Count => {
    const size = sizeOf(pick(operand.shape, reduced));
    return x.bound !== undefined && size > 0 && axes.includes(0) === reduced
      ? { live: x.bound, times: size / (x.shape[0] as number) }
      : size;
  };
  const words = (reduced: boolean): Scalar[] => {
    const list = collapse(pick(operand.shape, reduced), pick(operand.strides, reduced));
    return [list.length, ...list.flatMap(({ extent, stride }) => [extent, stride])];
  };
  context.emit({
    kernel,
    dtype: x.dtype as NumberDType,
    outputs: [y],
    inputs: [operand, ...others],
    scalars: [count(false), count(true), ...words(false), ...words(true)],
    flops: x.size,
  });
}
