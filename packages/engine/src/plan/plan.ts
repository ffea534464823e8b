/** The plan: launches in order, where each value lives, and a stable text of both that tests can hold on to. */

import type { FloatDType } from "../dtype.js";
import { byteSize } from "../dtype.js";
import type { Count, Immediate, Operand, Scalar } from "../op.js";
import { formatShape, sizeOf } from "../shape.js";
import type { Node, Tensor } from "../tensor.js";

/** An input of a fused chain as its kernel reads it. */
export interface ChainInput {
  readonly operand: Operand;
  /** `dense`: element i of the iteration is element i of storage; `scalar`: one value; `strided`: anything else. */
  readonly kind: "dense" | "scalar" | "strided";
  readonly register: number;
  /** Strides over the chain's collapsed `dims`. */
  readonly strides: readonly number[];
}

export interface ChainOp {
  readonly strip: string;
  readonly dst: number;
  readonly args: readonly number[];
  readonly immediates: readonly Immediate[];
  readonly node: Node;
}

export interface ChainOutput {
  readonly tensor: Tensor;
  readonly register: number;
  /** The register may live in the output's own storage: nothing that is still to be read lies there. */
  readonly direct: boolean;
}

/** A run of element-wise ops over one iteration space, executed strip by strip. */
export interface Chain {
  readonly dtype: FloatDType;
  readonly count: Count;
  readonly dims: readonly number[];
  readonly inputs: readonly ChainInput[];
  readonly ops: readonly ChainOp[];
  readonly outputs: readonly ChainOutput[];
}

/** What a loop launch repeats, with its own arena inside a value of the surrounding plan. */
export interface LoopBody {
  readonly launches: readonly Launch[];
  readonly placement: Placement;
  readonly constants: ReadonlyMap<Tensor, Float64Array>;
  /** The surrounding value that holds the body's arena. */
  readonly arena: Tensor;
  /** The body's leaves that are values of the surrounding plan. */
  readonly bindings: ReadonlyMap<Tensor, Operand>;
}

export interface Launch {
  /** Kernel with its dtype suffix, as the kernel package exports it. */
  readonly kernel: string;
  readonly outputs: readonly Tensor[];
  readonly inputs: readonly Operand[];
  readonly scalars: readonly Scalar[];
  /** The launch itself when the kernel is the element-wise interpreter, else the epilogue run on what it has written. */
  readonly chain?: Chain;
  readonly body?: LoopBody;
  readonly nodes: readonly Node[];
  readonly flops: number;
  /** Bytes read and written, each operand once. */
  readonly bytes: number;
}

/** Bytes from the start of the arena. */
export interface Placement {
  readonly offsets: ReadonlyMap<Tensor, number>;
  readonly bytes: number;
  /** The most bytes alive at once: what no placement can go below. */
  readonly lowerBound: number;
}

export interface Plan {
  readonly launches: readonly Launch[];
  readonly placement: Placement;
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** Constants that the launches read. */
  readonly constants: ReadonlyMap<Tensor, Float64Array>;
  /** Bytes that the arena would take if checkpoints were kept instead of computed again; undefined where there are none. */
  readonly bytesKept?: number;
}

export function tensorBytes(tensor: Tensor): number {
  return sizeOf(tensor.shape) * byteSize(tensor.dtype);
}

/** Bytes an operand touches: broadcast axes are read once. */
export function operandBytes(operand: Operand): number {
  let elements = 1;
  operand.shape.forEach((extent, i) => {
    if (operand.strides[i] !== 0) elements *= extent;
  });
  return elements * byteSize(operand.base.dtype);
}

/** Names values by order of appearance, so that equal plans have equal texts whatever ids tracing gave. */
export class ValueNames {
  readonly #names = new Map<Tensor, string>();

  constructor(private readonly constants: ReadonlyMap<Tensor, Float64Array>) {}

  of(tensor: Tensor): string {
    const known = this.#names.get(tensor);
    if (known !== undefined) return known;
    const constant = this.constants.get(tensor);
    const name =
      constant !== undefined && constant.length === 1
        ? `${constant[0]}`
        : tensor.label !== undefined
          ? tensor.label
          : `%${[...this.#names.values()].filter((n) => n.startsWith("%")).length}`;
    this.#names.set(tensor, name);
    return name;
  }
}

function viewText(operand: Operand): string {
  const dense = operand.strides.every((stride, i) => operand.shape[i] === 1 || stride === sizeOf(operand.shape.slice(i + 1)));
  return dense && operand.offset === 0 ? "" : `{${operand.offset}; ${operand.strides.join(", ")}}`;
}

function scalarText(scalar: Scalar): string {
  if (typeof scalar !== "object") return `${scalar}`;
  if ("f64" in scalar) return `${scalar.f64}`;
  return `${scalar.times}·${scalar.live.name}`;
}

/** A few words for one launch: kernel, and the ops it fuses. */
export function launchTitle(launch: Launch): string {
  const fused = launch.chain?.ops.map((op) => op.strip).join(" → ");
  if (launch.kernel.startsWith("ew_")) return `${launch.kernel} ${fused}`;
  return fused === undefined ? launch.kernel : `${launch.kernel} → ${fused}`;
}

/** The plan as stable text: one launch a line, then memory. */
export function planText(plan: Plan): string {
  const names = new ValueNames(plan.constants);
  const line = (launch: Launch, i: number | string, placement = plan.placement): string => {
    const inputs = [...launch.inputs, ...(launch.chain?.inputs.map((input) => input.operand) ?? [])].filter(
      (x) => !launch.outputs.includes(x.base),
    );
    const reads = inputs.map((x) => `${names.of(x.base)}${formatShape(x.shape)}${viewText(x)}`).join(", ");
    const writes = launch.outputs
      .map((y) => {
        const at = placement.offsets.get(y);
        return `${names.of(y)} ${y.dtype}${formatShape(y.shape)}${at === undefined ? "" : ` @${at}`}`;
      })
      .join(", ");
    const scalars = launch.scalars.length > 0 ? ` (${launch.scalars.map(scalarText).join(" ")})` : "";
    const own = `${String(i).padStart(3)} ${launchTitle(launch)}${scalars}: ${writes} <- ${reads}`;
    const { body } = launch;
    return body === undefined ? own : [own, ...body.launches.map((inner, k) => line(inner, `${i}.${k}`, body.placement))].join("\n");
  };
  const lines = plan.launches.map((launch, i) => line(launch, i));
  const outputs = [...plan.outputs].map(([name, tensor]) => `${name} = ${names.of(tensor)}`).join(", ");
  return [...lines, `outputs: ${outputs}`, `arena: ${plan.placement.bytes} bytes (alive at once: ${plan.placement.lowerBound})`].join("\n");
}
