/** What an op is: one object that holds its shape rule, gradient, float64 reference, cost, test cases and how it lowers. */

import type { BaseKernel, StripName } from "@tetrad/kernels-wasm";
import { type DType, type NumberDType, promote, requireFloat } from "./dtype.js";
import { TetradError } from "./errors.js";
import { type NdArray, ndMap } from "./nd.js";
import type { RandomKey } from "./ops/randomStream.js";
import type { LoopBody } from "./plan/plan.js";
import { formatShape, type Shape, sizeOf, tryBroadcast } from "./shape.js";
import type { Attrs, Bound, Node, Spec, Tensor } from "./tensor.js";

/** A kernel that another package brings by `engine.defineKernels`; ours are known to the compiler by name. */
export type ForeignKernel = string & { readonly foreign: true };

export function foreignKernel(name: string): ForeignKernel {
  return name as ForeignKernel;
}

export interface GradientContext<A extends Attrs = Attrs> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Cotangent of each output; undefined where nothing flows back. */
  readonly dys: readonly (Tensor | undefined)[];
  /** Cotangent of the first output, for the many ops that have one. */
  readonly dy: Tensor;
  readonly attrs: A;
}

/** A tensor read through a stride pattern over its base's storage; strides and offset in elements. */
export interface View {
  readonly offset: number;
  readonly shape: Shape;
  readonly strides: readonly number[];
}

/** A launch's operand: a stored value seen through a view. */
export interface Operand extends View {
  readonly base: Tensor;
}

/** A count known when the plan is made, or one that follows the live length of a bounded axis. */
export type Count = number | { readonly live: Bound; readonly times: number };

/** A kernel parameter after the pointers: a whole number (one word), a live count, a float64 (two words), or the address of the program's random state. */
export type Scalar = Count | { readonly f64: number } | "randomState";

export interface LaunchRequest {
  /** Kernel without its dtype suffix. */
  readonly kernel: BaseKernel | ForeignKernel;
  readonly dtype: NumberDType | undefined;
  readonly outputs: readonly Tensor[];
  readonly inputs: readonly Operand[];
  readonly scalars: readonly Scalar[];
  readonly flops: number;
  /** Bytes read and written where that is less than the whole of every operand. */
  readonly bytes?: number;
  /** Outputs that the kernel also reads (in-place update); they must exist before. */
  readonly updates?: boolean;
  /** The launches that a loop repeats. */
  readonly body?: LoopBody;
}

/** What an op's `launch` may ask of the planner. */
export interface LaunchContext {
  /** The tensor as it is stored, possibly strided. */
  operand(tensor: Tensor): Operand;
  /** The tensor in row-major order without gaps; copies when it is not stored so. */
  contiguous(tensor: Tensor): Operand;
  /** A value that lives only between this op's own launches. */
  temp(spec: Spec): Tensor;
  /** Where a kernel that updates finds the content of `x` and leaves `y`: the state `x` itself where that may be, else a copy. */
  begunAs(y: Tensor, x: Tensor): Tensor;
  emit(request: LaunchRequest): void;
}

/** An element-wise op's constant: a number, or the address of the program's random state. */
export type Immediate = number | "randomState";

export type Lowering<A extends Attrs> =
  | { readonly kind: "elementwise"; strip(attrs: A): StripName | ForeignKernel; immediates?(attrs: A): readonly Immediate[] }
  | { readonly kind: "view"; view(input: View, attrs: A, output: Spec): View | undefined }
  | { readonly kind: "launch"; launch(context: LaunchContext, node: Node, attrs: A): void }
  | { readonly kind: "scan" };

/** One test input: a shape with how to fill it. */
export interface CaseInput {
  readonly shape: Shape;
  readonly dtype?: DType;
  /** Uniform random values in [lo, hi]; -2…2 unless told. */
  readonly range?: readonly [number, number];
  /** Exact values instead of random ones. */
  readonly values?: readonly number[];
  /** Feed it as a transposed view, to exercise strided reads. */
  readonly transposed?: boolean;
  /** No gradient is asked for (indices, masks, labels). */
  readonly frozen?: boolean;
}

export interface OpCase<A extends Attrs = Attrs> {
  readonly name: string;
  readonly inputs: readonly CaseInput[];
  readonly attrs: A;
  /** Central differences are skipped where the function has a kink in the drawn range. */
  readonly kink?: boolean;
}

/** Error allowed between a kernel and the float64 reference. */
export type ToleranceClass = "exact" | "elementwise" | "transcendental" | "reduction" | "decomposition";

// Methods, not function properties: parameter bivariance lets an Op<A> stand where any Op is asked for.
export interface Op<A extends Attrs = Attrs> {
  readonly name: string;
  readonly tolerance: ToleranceClass;
  infer(inputs: readonly Spec[], attrs: A): readonly Spec[];
  gradient(context: GradientContext<A>): readonly (Tensor | undefined)[];
  /** `outputs` have the live extents of bounded axes; `key` is what random ops draw under. */
  reference(inputs: readonly NdArray[], attrs: A, outputs: readonly Spec[], key?: RandomKey): readonly NdArray[];
  /** Floating-point operations of one evaluation. */
  flops(inputs: readonly Spec[], outputs: readonly Spec[], attrs: A): number;
  cases(): readonly OpCase<A>[];
  readonly lowering: Lowering<A>;
  /** How many of the inputs the outputs depend on; those behind them serve the gradient, and are not computed for the op's own sake. All unless told. */
  readonly valueInputs?: number;
  /** Kernels of this op honour live lengths of bounded axes. */
  readonly bounded?: boolean;
  /** The op with every `batched` input carrying one more leading axis; returns outputs that carry it too. */
  batch?(inputs: readonly Tensor[], batched: readonly boolean[], attrs: A): readonly Tensor[];
}

/** Brings an op through the same door as the built-in ones. */
export function defineOp<A extends Attrs>(op: Op<A>): Op<A> {
  return op;
}

export interface ElementwiseDefinition<A extends Attrs> {
  readonly name: string;
  readonly arity: number;
  readonly strip: StripName | ForeignKernel | ((attrs: A) => StripName | ForeignKernel);
  immediates?(attrs: A): readonly Immediate[];
  /** The scalar function in float64. */
  reference(attrs: A): (...x: number[]) => number;
  gradient(context: GradientContext<A>): readonly (Tensor | undefined)[];
  /** Result type when it is not the inputs' own: comparisons give bool. */
  readonly result?: "bool";
  /** Inputs that take part in type promotion start here (1 for `where`, whose condition does not). */
  readonly promoteFrom?: number;
  /** Sums and products of bools are integers. */
  readonly arithmetic?: boolean;
  /** Integers are refused (exp, sqrt, …). */
  readonly floatOnly?: boolean;
  readonly tolerance?: ToleranceClass;
  /** Operations per element, as a cost: 1 for an add, about 20 for an exp. */
  readonly flopsPerElement?: number;
  readonly cases?: readonly OpCase<A>[];
  /** Ranges of the generated cases, per input. */
  readonly ranges?: readonly (readonly [number, number])[];
  readonly kink?: boolean;
  readonly defaults: A;
}

/** An op that maps broadcast inputs element by element. */
export function elementwise<A extends Attrs>(definition: ElementwiseDefinition<A>): Op<A> {
  const { name, arity, promoteFrom = 0, result, defaults } = definition;
  const { strip } = definition;
  return {
    name,
    tolerance: definition.tolerance ?? "elementwise",
    infer(inputs) {
      if (inputs.some((input) => input.dtype === "u8"))
        throw new TetradError("DTYPE", {
          op: name,
          what: "cannot compute with stored blocks",
          got: "u8",
          hint: "widen them with dequantize first",
        });
      let dtype = inputs.slice(promoteFrom).reduce<DType>((widest, input) => promote(widest, input.dtype), "bool");
      if (definition.floatOnly === true) requireFloat(name, dtype, 'cast(x, "f32") first');
      if (definition.arithmetic === true && dtype === "bool") dtype = "i32";
      if (result !== undefined) dtype = result;
      return [{ ...broadcastSpec(name, inputs), dtype }];
    },
    gradient: (context) => definition.gradient(context),
    reference(inputs, attrs, outputs) {
      const [output] = outputs as [Spec];
      return [ndMap(definition.reference(attrs), inputs, output.shape, output.dtype)];
    },
    flops: (_, outputs) => (definition.flopsPerElement ?? 1) * sizeOf((outputs[0] as Spec).shape),
    cases: () => definition.cases ?? elementwiseCases(arity, definition.ranges, defaults, definition.kink ?? false),
    lowering: {
      kind: "elementwise",
      strip: typeof strip === "function" ? strip : () => strip,
      ...(definition.immediates && {
        immediates: (attrs: A) => (definition.immediates as NonNullable<typeof definition.immediates>)(attrs),
      }),
    },
    bounded: true,
  };
}

/** Broadcast shape of several inputs, and the bounded axis it keeps. */
export function broadcastSpec(op: string, inputs: readonly Spec[]): { shape: Shape; bound?: Bound } {
  const shape = tryBroadcast(inputs.map((input) => input.shape));
  if (shape === undefined) {
    throw new TetradError("SHAPE", {
      op,
      what: "shapes do not broadcast",
      got: inputs.map((input) => formatShape(input.shape)).join(" and "),
      expected: "axes that are equal or 1, aligned from the right",
    });
  }
  const bounds = inputs.filter((input) => input.bound !== undefined && input.shape.length === shape.length);
  const [first] = bounds;
  for (const other of bounds) {
    if (other.bound?.name !== first?.bound?.name || other.bound?.times !== first?.bound?.times) {
      throw new TetradError("SHAPE", { op, what: "two different bounded axes", got: bounds.map((b) => b.bound?.name).join(" and ") });
    }
  }
  if (first?.bound === undefined) return { shape };
  const clash = inputs.find((input) => input.bound === undefined && input.shape.length === shape.length && input.shape[0] !== 1);
  if (clash !== undefined) {
    throw new TetradError("SHAPE", {
      op,
      what: `a fixed axis meets the bounded axis "${first.bound.name}"`,
      got: formatShape(clash.shape),
      hint: "declare both inputs with the same bounded axis",
    });
  }
  return { shape, bound: first.bound };
}

/** Extents where vector kernels go wrong: around multiples of 4, 8, 16, 32, and past a strip. */
export const HOSTILE_EXTENTS = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65, 257] as const;

function elementwiseCases<A extends Attrs>(
  arity: number,
  ranges: readonly (readonly [number, number])[] | undefined,
  attrs: A,
  kink: boolean,
): OpCase<A>[] {
  const input = (i: number, shape: Shape, transposed = false): CaseInput => {
    const range = ranges?.[i] ?? ranges?.[0];
    return { shape, ...(range && { range }), ...(transposed && { transposed }) };
  };
  const all = (f: (i: number) => CaseInput) => Array.from({ length: arity }, (_, i) => f(i));
  const cases: OpCase<A>[] = HOSTILE_EXTENTS.map((n) => ({ name: `n${n}`, inputs: all((i) => input(i, [n])), attrs, kink }));
  cases.push({ name: "scalar", inputs: all((i) => input(i, [])), attrs, kink });
  cases.push({ name: "transposed", inputs: all((i) => input(i, [9, 17], i === 0)), attrs, kink });
  cases.push({ name: "past a strip", inputs: all((i) => input(i, [5, 257])), attrs, kink });
  if (arity > 1) {
    const shapes: Shape[][] = [
      [[3, 7], [7], [1]],
      [
        [3, 1],
        [1, 9],
        [3, 9],
      ],
      [
        [2, 1, 5],
        [3, 1],
        [2, 3, 5],
      ],
      [[], [4, 33], [33]],
    ];
    shapes.forEach((set, k) => {
      cases.push({ name: `broadcast ${k}`, inputs: all((i) => input(i, set[i] as Shape)), attrs, kink });
    });
  }
  return cases;
}
