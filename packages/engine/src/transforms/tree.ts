/** Tensors in nested arrays and records: what transformed functions take and return. */

import { TetradError } from "../errors.js";
import { Tensor } from "../tensor.js";

/** A tensor, or an array or record of trees. Numbers and undefined are not touched by any transform: neither differentiated nor mapped. */
export type Tree = Tensor | number | undefined | readonly Tree[] | { readonly [name: string]: Tree };

/** The tensors of a tree: arrays in order, records by their own order of keys. */
export function leaves(tree: Tree): Tensor[] {
  if (tree === undefined || typeof tree === "number") return [];
  if (tree instanceof Tensor) return [tree];
  if (typeof tree !== "object" || tree === null) {
    throw new TetradError("ARGUMENT", {
      op: "transform",
      what: "arguments and results must be tensors, arrays or records of tensors",
      got: typeof tree,
    });
  }
  return (Array.isArray(tree) ? (tree as readonly Tree[]) : Object.values(tree)).flatMap(leaves);
}

/** The same tree with `f` of each tensor; `index` counts them in the order of `leaves`. */
export function mapTree<T extends Tree>(tree: T, f: (x: Tensor, index: number) => Tensor): T {
  let index = 0;
  const visit = (part: Tree): Tree => {
    if (part === undefined || typeof part === "number") return part;
    if (part instanceof Tensor) return f(part, index++);
    if (Array.isArray(part)) return (part as readonly Tree[]).map(visit);
    return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, visit(value)]));
  };
  leaves(tree); // refuses what is no tree before any part of it is mapped
  return visit(tree) as T;
}

/** The same tree with `values` in the places of its tensors. */
export function withLeaves<T extends Tree>(tree: T, values: readonly Tensor[]): T {
  return mapTree(tree, (_, index) => values[index] as Tensor);
}

/** How a tree is built, as text: equal for trees that hold their tensors in the same places. */
export function structureOf(tree: Tree): string {
  if (tree === undefined || typeof tree === "number") return `${tree}`;
  if (tree instanceof Tensor) return "tensor";
  if (Array.isArray(tree)) return `[${(tree as readonly Tree[]).map(structureOf).join(", ")}]`;
  return `{${Object.entries(tree)
    .map(([name, value]) => `${name}: ${structureOf(value)}`)
    .join(", ")}}`;
}

/** The first tensor among several trees; throws ARGUMENT when there is none. */
export function firstLeaf(op: string, trees: readonly Tree[]): Tensor {
  const [first] = trees.flatMap(leaves);
  if (first === undefined) throw new TetradError("ARGUMENT", { op, what: "no tensor among the arguments", expected: "at least one" });
  return first;
}
