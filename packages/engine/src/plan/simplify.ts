/** What the planner leaves out before lowering: nodes nobody reads, equal nodes, and arithmetic with 0 and 1. */

import { neededFor } from "../backends/reference.js";
import { ndFrom } from "../nd.js";
import { barrierOp } from "../ops/checkpoint.js";
import { sameShape } from "../shape.js";
import type { Graph, Node, Tensor } from "../tensor.js";

export interface Simplified {
  /** Nodes to lower, in order. */
  readonly nodes: readonly Node[];
  /** The value that stands for a tensor. */
  resolve(tensor: Tensor): Tensor;
  /** Whether a kept node or the caller reads a value. */
  isRead(tensor: Tensor): boolean;
}

/** Ops whose result is one of their inputs when the other is a neutral constant: [neutral value, which side may be neutral]. */
const NEUTRAL: Readonly<Record<string, readonly [number, "right" | "either"]>> = {
  add: [0, "either"],
  sub: [0, "right"],
  mul: [1, "either"],
  div: [1, "right"],
};

/** @param keep what stands behind a checkpoint's barrier is the value before it, so that nothing is computed a second time */
export function simplify(graph: Graph, roots: readonly Tensor[], keep = false): Simplified {
  const needed = neededFor(graph, roots);
  const same = new Map<Tensor, Tensor>();
  const resolve = (tensor: Tensor): Tensor => same.get(tensor) ?? tensor;
  const seen = new Map<string, Node>();
  const scalars = new Map<Tensor, number>();
  for (const [tensor, data] of graph.constants) if (data.length === 1) scalars.set(tensor, data[0] as number);
  const kept: Node[] = [];
  for (const node of graph.nodes) {
    if (!node.outputs.some((y) => needed.has(y))) continue;
    const inputs = node.inputs.map(resolve);
    const y = node.outputs[0] as Tensor;
    const [a, b] = inputs;
    // Views of one constant are that constant to arithmetic.
    if (node.op.lowering.kind === "view" && a !== undefined && scalars.has(a)) scalars.set(y, scalars.get(a) as number);
    if (keep && node.op === barrierOp && a !== undefined) {
      same.set(y, a);
      continue;
    }
    const folded = foldConstant(node, inputs, scalars, graph);
    if (folded !== undefined) {
      same.set(y, folded);
      continue;
    }
    const rule = NEUTRAL[node.op.name];
    if (rule !== undefined && a !== undefined && b !== undefined) {
      const stands = scalars.get(b) === rule[0] ? a : rule[1] === "either" && scalars.get(a) === rule[0] ? b : undefined;
      if (stands !== undefined && sameShape(stands.shape, y.shape) && stands.dtype === y.dtype) {
        same.set(y, resolve(stands));
        continue;
      }
    }
    const key = `${node.op.name}(${inputs.map((x) => x.id).join(",")})${JSON.stringify(node.attrs, keyReplacer)}`;
    const twin = node.op.lowering.kind === "scan" ? undefined : seen.get(key);
    if (twin !== undefined && twin.op === node.op) {
      node.outputs.forEach((output, i) => same.set(output, twin.outputs[i] as Tensor));
      continue;
    }
    seen.set(key, node);
    kept.push(node);
  }
  const read = new Set<Tensor>(roots.map(resolve));
  return { nodes: dropUnread(kept, read, resolve), resolve, isRead: (tensor) => read.has(tensor) };
}

/** An element-wise op on known numbers is a number; it is computed in float64 and rounded to its type, as the kernel would store it. */
function foldConstant(node: Node, inputs: readonly Tensor[], scalars: Map<Tensor, number>, graph: Graph): Tensor | undefined {
  const [y] = node.outputs as readonly [Tensor];
  const known = inputs.map((x) => scalars.get(x));
  if (node.op.lowering.kind !== "elementwise" || inputs.length === 0 || y.shape.length > 0 || !known.every((value) => value !== undefined))
    return undefined;
  const operands = inputs.map((x, i) => ndFrom([], x.dtype, [known[i] as number]));
  const [result] = node.op.reference(operands, node.attrs, node.outputs);
  const value = result?.data[0] as number;
  const rounded = y.dtype === "f32" ? Math.fround(value) : value;
  const constant = graph.constant(Float64Array.of(rounded), { shape: [], dtype: y.dtype });
  scalars.set(constant, rounded);
  return constant;
}

/** Simplification orphans nodes: one more sweep from the roots, which collects all that is read. */
function dropUnread(nodes: readonly Node[], read: Set<Tensor>, resolve: (tensor: Tensor) => Tensor): Node[] {
  const kept: Node[] = [];
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as Node;
    if (!node.outputs.some((y) => read.has(y))) continue;
    for (const x of node.inputs.slice(0, node.op.valueInputs)) read.add(resolve(x));
    kept.push(node);
  }
  return kept.reverse();
}

function keyReplacer(_key: string, value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>);
  if (typeof value === "number" && !Number.isFinite(value)) return `#${value}`;
  return Object.is(value, -0) ? "#-0" : value;
}
