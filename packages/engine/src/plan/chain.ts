/** Builds fused chains of element-wise ops: which nodes may join, and the registers, strides and outputs they end up with. */

import { type FloatDType, promote } from "../dtype.js";
import type { Count, Immediate, Operand } from "../op.js";
import { broadcastStrides, type Shape, sameShape, sizeOf, stridesOf } from "../shape.js";
import type { Bound, Node, Tensor } from "../tensor.js";
import type { Chain, ChainInput, ChainOp, ChainOutput } from "./plan.js";

/** The interpreter has 64 registers; without reuse a chain can never exceed them. */
const MOST_VALUES = 60;

interface DraftOp {
  readonly strip: string;
  readonly output: Tensor;
  readonly args: readonly (Tensor | string)[];
  readonly immediates: readonly Immediate[];
  readonly node: Node;
}

/** The type an element-wise node is computed in: that of its floating operands, and f64 for integers, where they are exact. */
export function computeType(inputs: readonly { dtype: Tensor["dtype"] }[], output: Tensor): FloatDType | undefined {
  const numeric = [...inputs, output].map((x) => x.dtype).filter((dtype) => dtype !== "bool");
  if (numeric.length === 0) return undefined;
  const widest = numeric.reduce(promote, "bool");
  return widest === "i32" ? "f64" : (widest as FloatDType);
}

/** Whether the register holds exactly what storage would: an f64 register of an f32 value, or of a truncated one, does not. */
function registerIsValue(output: Tensor, dtype: FloatDType, node: Node): boolean {
  if (output.dtype === dtype) return true;
  return node.op.name !== "cast" && (output.dtype === "bool" || output.dtype === "i32");
}

export class ChainDraft {
  readonly ops: DraftOp[] = [];
  readonly inputs = new Map<string, Operand>();
  /** Values that may be read from their register by ops that join later. */
  readonly values = new Set<Tensor>();

  constructor(
    readonly dtype: FloatDType,
    readonly shape: Shape,
    readonly bound: Bound | undefined,
  ) {}

  fits(dtype: FloatDType | undefined, shape: Shape, bound: Bound | undefined, operands: number): boolean {
    return (
      (dtype === undefined || dtype === this.dtype) &&
      sameShape(shape, this.shape) &&
      bound?.name === this.bound?.name &&
      bound?.times === this.bound?.times &&
      this.ops.length + this.inputs.size + operands + 1 <= MOST_VALUES
    );
  }

  /** Reads a value from its register when this chain makes it and it is wanted element for element. */
  holds(operand: Operand): boolean {
    return this.values.has(operand.base) && isIdentity(operand, this.shape);
  }

  add(node: Node, strip: string, immediates: readonly Immediate[], operands: readonly Operand[]): void {
    const output = node.outputs[0] as Tensor;
    const args = operands.map((operand) => {
      if (this.holds(operand)) return operand.base;
      const strides = broadcastStrides(operand.shape, operand.strides, this.shape);
      const key = `${operand.base.id}:${operand.offset}:${strides.join(",")}`;
      if (!this.inputs.has(key)) this.inputs.set(key, { base: operand.base, offset: operand.offset, shape: this.shape, strides });
      return key;
    });
    this.ops.push({ strip, output, args, immediates, node });
    if (registerIsValue(output, this.dtype, node)) this.values.add(output);
  }

  /** Every value that the chain computes, read by anybody or not. */
  get outputsMade(): Tensor[] {
    return this.ops.map((op) => op.output);
  }

  /** Drops ops that nothing reads, assigns registers, and marks outputs that may be computed in place. */
  finish(wanted: (tensor: Tensor) => boolean, storageOf: (tensor: Tensor) => Tensor): Chain {
    const live = new Set<Tensor | string>();
    const kept: DraftOp[] = [];
    for (let i = this.ops.length - 1; i >= 0; i--) {
      const op = this.ops[i] as DraftOp;
      if (!wanted(op.output) && !live.has(op.output)) continue;
      for (const arg of op.args) live.add(arg);
      kept.unshift(op);
    }
    const registers = new Map<Tensor | string, number>();
    const used = [...this.inputs].filter(([key]) => live.has(key));
    used.forEach(([key], i) => registers.set(key, i));
    kept.forEach((op, i) => registers.set(op.output, used.length + i));
    const register = (value: Tensor | string) => registers.get(value) as number;
    const { dims, inputs } = collapseInputs(
      this.shape,
      used.map(([key, operand]) => ({ operand, register: register(key) })),
    );
    const ops = kept.map<ChainOp>((op) => ({
      strip: op.strip,
      dst: register(op.output),
      args: op.args.map(register),
      immediates: op.immediates,
      node: op.node,
    }));
    const lastRead = new Map<Tensor, number>();
    kept.forEach((op, i) => {
      for (const arg of op.args) if (typeof arg === "string") lastRead.set(storageOf((this.inputs.get(arg) as Operand).base), i);
    });
    const claimed = new Set<number>();
    const outputs = kept.flatMap<ChainOutput>((op, i) => {
      if (!wanted(op.output)) return [];
      const dst = register(op.output);
      // An op may overwrite its own operand's strip, never one that a later op still reads.
      const safe = op.output.dtype === this.dtype && (lastRead.get(storageOf(op.output)) ?? -1) <= i && !claimed.has(dst);
      claimed.add(dst);
      return [{ tensor: op.output, register: dst, direct: safe }];
    });
    const size = sizeOf(this.shape);
    const count: Count = this.bound === undefined || size === 0 ? size : { live: this.bound, times: size / (this.shape[0] as number) };
    return { dtype: this.dtype, count, dims, inputs, ops, outputs };
  }
}

/** The operand covers all of its base in storage order, whatever shape it gives it. */
export function isWhole(operand: Operand): boolean {
  const dense = stridesOf(operand.shape);
  return (
    operand.offset === 0 &&
    sizeOf(operand.shape) === sizeOf(operand.base.shape) &&
    operand.shape.every((extent, i) => extent === 1 || operand.strides[i] === dense[i])
  );
}

/** The operand is its base as it is: element i of one is element i of the other, under the same shape. */
export function isIdentity(operand: Operand, shape: Shape): boolean {
  return sameShape(operand.shape, shape) && sameShape(operand.base.shape, shape) && isWhole(operand);
}

/** Merges axes along which every strided input is dense, so that the interpreter walks as few as possible. */
function collapseInputs(shape: Shape, inputs: readonly { operand: Operand; register: number }[]): { dims: number[]; inputs: ChainInput[] } {
  const dense = stridesOf(shape);
  const kinds = inputs.map(({ operand }): ChainInput["kind"] => {
    if (shape.every((extent, i) => extent === 1 || operand.strides[i] === 0)) return "scalar";
    return shape.every((extent, i) => extent === 1 || operand.strides[i] === dense[i]) ? "dense" : "strided";
  });
  const strided = inputs.filter((_, i) => kinds[i] === "strided").map(({ operand }) => operand.strides);
  const dims: number[] = [];
  const axes: number[] = [];
  shape.forEach((extent, axis) => {
    if (extent === 1) return;
    const last = axes[axes.length - 1];
    const mergeable = last !== undefined && strided.every((strides) => strides[last] === (strides[axis] as number) * extent);
    if (mergeable) {
      dims[dims.length - 1] = (dims[dims.length - 1] as number) * extent;
      axes[axes.length - 1] = axis;
    } else {
      dims.push(extent);
      axes.push(axis);
    }
  });
  if (strided.length === 0)
    return {
      dims: [],
      inputs: inputs.map(({ operand, register }, i) => ({ operand, register, kind: kinds[i] as ChainInput["kind"], strides: [] })),
    };
  return {
    dims,
    inputs: inputs.map(({ operand, register }, i) => ({
      operand,
      register,
      kind: kinds[i] as ChainInput["kind"],
      strides: axes.map((axis) => operand.strides[axis] as number),
    })),
  };
}
