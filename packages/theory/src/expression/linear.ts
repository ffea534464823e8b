/** Which formulas are linear in some names: their least squares have a closed solution. */

import { type Expression, everyNode, inOrder } from "./tree.js";

export type Dependence = "none" | "linear" | "nonlinear";

/** How an expression depends on names: judged by its form alone, so that (a + b)² − (a − b)² − 4ab counts as nonlinear. */
export function dependenceOf(root: Expression, names: ReadonlySet<string>): Dependence {
  const known = new Map<Expression, Dependence>();
  const at = (node: Expression): Dependence => known.get(node) as Dependence;
  const sum = (parts: readonly Dependence[]): Dependence =>
    parts.includes("nonlinear") ? "nonlinear" : parts.includes("linear") ? "linear" : "none";
  const constantOnly = (parts: readonly Dependence[]): Dependence => (parts.every((part) => part === "none") ? "none" : "nonlinear");
  const judge = (node: Expression): Dependence => {
    switch (node.kind) {
      case "number":
      case "state":
        return "none";
      case "name":
        return names.has(node.name) ? "linear" : "none";
      case "variable":
        return constantOnly([at(node.from), at(node.to)]);
      case "integral":
        return at(node.variable) === "none" ? at(node.body) : "nonlinear";
      case "solution":
        return everyNode(node).some((part) => part.kind === "name" && names.has(part.name)) ? "nonlinear" : "none";
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
