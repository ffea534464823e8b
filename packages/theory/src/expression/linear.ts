/** Which formulas are linear in some names: their least squares have a closed solution. */

import { type Expression, everyNode, inOrder, type SolutionNode, statesIn } from "./tree.js";

export type Dependence = "none" | "linear" | "nonlinear";

/** How an expression depends on names: judged by its form alone, so that (a + b)² − (a − b)² − 4ab counts as nonlinear. */
export function dependenceOf(root: Expression, names: ReadonlySet<string>): Dependence {
  return dependence(root, (node) => node.kind === "name" && names.has(node.name));
}

/** True for a system dy/dx = A(x) y + b(x), none of whose moving parts are integrals or systems themselves. */
export function isLinearSystem({ slopes, states, x }: SolutionNode): boolean {
  const own = new Set<Expression>(states);
  const moves = (node: Expression): boolean => [...statesIn(node)].some((state) => state === x || own.has(state));
  return slopes.every(
    (slope) =>
      dependence(slope, (node) => own.has(node)) !== "nonlinear" &&
      everyNode(slope).every((node) => (node.kind !== "integral" && node.kind !== "solution") || !moves(node)),
  );
}

/** True for a system with b = 0, as its form shows: what is nothing stays nothing. */
export function isHomogeneous({ slopes, states }: SolutionNode): boolean {
  const own = new Set<Expression>(states);
  const vanishes = (node: Expression): boolean => {
    if (own.has(node) || (node.kind === "number" && node.value === 0)) return true;
    if (node.kind !== "call") return false;
    const [a, b] = node.args as [Expression, Expression];
    switch (node.operation) {
      case "add":
      case "subtract":
        return vanishes(a) && vanishes(b);
      case "multiply":
        return vanishes(a) || vanishes(b);
      case "divide":
      case "negate":
        return vanishes(a);
      default:
        return false;
    }
  };
  return slopes.every(vanishes);
}

function dependence(root: Expression, isFree: (node: Expression) => boolean): Dependence {
  const known = new Map<Expression, Dependence>();
  const at = (node: Expression): Dependence => known.get(node) as Dependence;
  const sum = (parts: readonly Dependence[]): Dependence =>
    parts.includes("nonlinear") ? "nonlinear" : parts.includes("linear") ? "linear" : "none";
  const constantOnly = (parts: readonly Dependence[]): Dependence => (parts.every((part) => part === "none") ? "none" : "nonlinear");
  const judge = (node: Expression): Dependence => {
    switch (node.kind) {
      case "number":
        return "none";
      case "state":
      case "name":
        return isFree(node) ? "linear" : "none";
      case "variable":
        return constantOnly([at(node.from), at(node.to)]);
      case "integral":
        return at(node.variable) === "none" ? at(node.body) : "nonlinear";
      case "solution":
        return everyNode(node).some(isFree) ? "nonlinear" : "none";
      case "call": {
        const parts = node.args.map(at);
        if (node.operation === "add" || node.operation === "subtract" || node.operation === "negate") return sum(parts);
        if (node.operation === "multiply") return parts.includes("none") ? sum(parts) : "nonlinear";
        if (node.operation === "divide") return parts[1] === "none" ? (parts[0] as Dependence) : "nonlinear";
        return constantOnly(parts);
      }
    }
  };
  for (const node of inOrder(root)) known.set(node, judge(node));
  return at(root);
}
