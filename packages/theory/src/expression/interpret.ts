/** One walk over a theory's tree for every way of computing it: float64 arrays here, graph tensors in graph.ts. */

import { isHomogeneous, isLinearSystem } from "./linear.js";
import type { OperationName } from "./operations.js";
import { gaussLegendre, type Rule } from "./quadrature.js";
import {
  childrenOf,
  type Expression,
  everyNode,
  inOrder,
  type NameNode,
  type SolutionNode,
  statesIn,
  timelyParts,
  type VariableNode,
} from "./tree.js";

/** What the values are made of. Axis 0 belongs to the data, axis 1 + level to the integral of that level. */
export interface Algebra<V> {
  number(value: number): V;
  name(node: NameNode): V;
  operation(name: OperationName, args: readonly V[]): V;
  /** Nodes of a rule between two limits, along an integral's axis. */
  nodes(from: V, to: V, rule: Rule, variable: VariableNode): V;
  /** Weighted sum of `body` over that axis. */
  integrate(body: V, from: V, to: V, rule: Rule, variable: VariableNode): V;
  /** The states at the end of an interval, in `steps` steps of equal length. */
  solve(system: System<V>): readonly V[];
  /** Sees every value after it was made. */
  readonly observe?: (node: Expression, value: V, args: readonly V[]) => void;
}

/** A system dy/dx = f(x, y) as an algebra sees it. */
export interface System<V> {
  readonly slopes: (x: V, y: readonly V[]) => readonly V[];
  readonly starts: readonly V[];
  readonly from: V;
  readonly to: V;
  readonly steps: number;
  /** Everything but `to` is the same in every row: one path leads to all ends. */
  readonly shared: boolean;
  readonly linear: boolean;
  /** Linear without a part that does not depend on the states. */
  readonly homogeneous: boolean;
}

export interface InterpretOptions {
  /** Tells names that have one value in all rows; unless told, every row is computed for itself. */
  readonly isOneValue?: ((name: string) => boolean) | undefined;
  /** Multiplies the node count of every integral and the steps of every system: comparing 1 and 2 shows whether they have converged. */
  readonly refine?: number;
}

export function interpret<V>(root: Expression, algebra: Algebra<V>, options: InterpretOptions = {}): V {
  const refine = options.refine ?? 1;
  const rules = new Map<number, Rule>();
  const ruleOf = (count: number): Rule => {
    const wanted = Math.round(count * refine);
    let rule = rules.get(wanted);
    if (rule === undefined) {
      rule = gaussLegendre(wanted);
      rules.set(wanted, rule);
    }
    return rule;
  };
  const solve = (node: SolutionNode, outer: Values<V>): V => {
    // What depends on x alone is computed once for all states tried there.
    const timely = timelyParts(node);
    let last: { readonly x: V; readonly values: Values<V> } | undefined;
    const recent = new Map<V, Values<V>>();
    const valuesAt = (x: V): Values<V> => {
      if (last?.x === x) return last.values;
      let values = typeof x === "number" ? undefined : recent.get(x);
      if (values === undefined) {
        values = new Values(outer);
        values.set(node.x, x);
        run(timely, values);
        if (typeof x !== "number" && system.linear) recent.set(x, values);
      }
      last = { x, values };
      return values;
    };
    const inside = (x: V, y: readonly V[], roots: readonly Expression[]): V[] => {
      const values = new Values(valuesAt(x));
      node.states.forEach((state, i) => {
        values.set(state, y[i] as V);
      });
      run(roots, values);
      return roots.map((one) => values.get(one));
    };
    const system: System<V> = {
      slopes: (x, y) => inside(x, y, node.slopes),
      starts: node.starts.map((start) => outer.get(start)),
      from: outer.get(node.from),
      to: outer.get(node.to),
      steps: Math.round(node.steps * refine),
      shared: isShared(node, options.isOneValue),
      linear: isLinearSystem(node),
      homogeneous: isHomogeneous(node),
    };
    // Formulas of one system's end, such as a growth factor and its rate, share the way there.
    const key = systemKey(node);
    const states = outer.ends.get(key) ?? algebra.solve(system);
    outer.ends.set(key, states);
    return inside(system.to, states, [node.result])[0] as V;
  };
  const compute = (node: Expression, values: Values<V>): V => {
    switch (node.kind) {
      case "number":
        return algebra.number(node.value);
      case "name":
        return algebra.name(node);
      case "variable":
        return algebra.nodes(values.get(node.from), values.get(node.to), ruleOf(node.nodes), node);
      case "integral": {
        const { variable, body } = node;
        return algebra.integrate(values.get(body), values.get(variable.from), values.get(variable.to), ruleOf(variable.nodes), variable);
      }
      case "call":
        return algebra.operation(
          node.operation,
          node.args.map((arg) => values.get(arg)),
        );
      case "solution":
        return solve(node, values);
      case "state":
        throw new TypeError(`${node.name} outside its system`);
    }
  };
  const run = (roots: readonly Expression[], values: Values<V>): void => {
    for (const node of inOrder(...roots)) {
      if (values.has(node)) continue;
      const value = compute(node, values);
      values.set(node, value);
      algebra.observe?.(
        node,
        value,
        childrenOf(node).map((child) => values.get(child)),
      );
    }
  };
  const values = new Values<V>();
  run([root], values);
  return values.get(root);
}

function systemKey({ slopes, states, starts, x, from, to, steps }: SolutionNode): string {
  const ids = (nodes: readonly Expression[]): string => nodes.map(({ id }) => id).join(",");
  return `${ids(slopes)};${ids(states)};${ids(starts)};${x.id},${from.id},${to.id};${steps}`;
}

function isShared(node: SolutionNode, isOneValue: ((name: string) => boolean) | undefined): boolean {
  if (isOneValue === undefined) return false;
  const own = new Set<Expression>([node.x, ...node.states]);
  const same = (root: Expression): boolean =>
    everyNode(root).every((part) => part.kind !== "variable" && (part.kind !== "name" || isOneValue(part.name))) &&
    [...statesIn(root)].every((state) => own.has(state));
  return [node.from, ...node.starts, ...node.slopes].every(same);
}

/** What has been computed; in a step of a system on top of what does not change in it. */
class Values<V> {
  readonly #own = new Map<Expression, V>();
  /** States at the end of each system solved so far. */
  readonly ends = new Map<string, readonly V[]>();

  constructor(readonly outer?: Values<V>) {}

  has(node: Expression): boolean {
    return this.#own.has(node) || this.outer?.has(node) === true;
  }

  get(node: Expression): V {
    return this.#own.has(node) || this.outer === undefined ? (this.#own.get(node) as V) : this.outer.get(node);
  }

  set(node: Expression, value: V): void {
    this.#own.set(node, value);
  }
}
