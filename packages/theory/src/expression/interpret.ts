/** One walk over a theory's tree for every way of computing it: float64 arrays here, graph tensors in graph.ts. */

import type { OperationName } from "./operations.js";
import { gaussLegendre, type Rule } from "./quadrature.js";
import { childrenOf, type Expression, inOrder, type NameNode } from "./tree.js";

/** What the values are made of. Axis 0 belongs to the data, axis 1 + level to the integral of that level. */
export interface Algebra<V> {
  number(value: number): V;
  name(node: NameNode): V;
  operation(name: OperationName, args: readonly V[]): V;
  /** Nodes of a rule between two limits, along an integral's axis. */
  nodes(from: V, to: V, level: number, rule: Rule): V;
  /** Weighted sum of `body` over that axis. */
  integrate(body: V, from: V, to: V, level: number, rule: Rule): V;
  /** Sees every value after it was made. */
  readonly observe?: (node: Expression, value: V, args: readonly V[]) => void;
}

export interface InterpretOptions {
  /** Multiplies the node count of every integral: comparing 1 and 2 shows whether integrals have converged. */
  readonly refine?: number;
}

export function interpret<V>(root: Expression, algebra: Algebra<V>, options: InterpretOptions = {}): V {
  const values = new Map<Expression, V>();
  const rules = new Map<number, Rule>();
  const at = (node: Expression): V => values.get(node) as V;
  const ruleOf = (count: number): Rule => {
    const wanted = Math.round(count * (options.refine ?? 1));
    let rule = rules.get(wanted);
    if (rule === undefined) {
      rule = gaussLegendre(wanted);
      rules.set(wanted, rule);
    }
    return rule;
  };
  const compute = (node: Expression): V => {
    switch (node.kind) {
      case "number":
        return algebra.number(node.value);
      case "name":
        return algebra.name(node);
      case "variable":
        return algebra.nodes(at(node.from), at(node.to), node.level, ruleOf(node.nodes));
      case "integral": {
        const { variable, body } = node;
        return algebra.integrate(at(body), at(variable.from), at(variable.to), variable.level, ruleOf(variable.nodes));
      }
      case "call":
        return algebra.operation(node.operation, node.args.map(at));
    }
  };
  for (const node of inOrder(root)) {
    const value = compute(node);
    values.set(node, value);
    algebra.observe?.(node, value, childrenOf(node).map(at));
  }
  return at(root);
}
