/**
 * What a theory's text becomes: a tree of numbers, names, operations and integrals. Equal subtrees are one object, so that
 * `(1+z)` written three times is computed once, and a definition used often cannot blow the tree up.
 */

import { TetradError } from "@tetrad/engine";
import { formatUnit, type Unit } from "../units/unit.js";
import type { OperationName } from "./operations.js";

export interface NumberNode {
  readonly kind: "number";
  readonly id: number;
  readonly value: number;
  /** Of a constant of nature; numbers in formulas are pure. */
  readonly unit?: Unit | undefined;
}

/** A parameter, constant or column of the data. */
export interface NameNode {
  readonly kind: "name";
  readonly id: number;
  readonly name: string;
}

/** The Gauss–Legendre nodes between two limits, along the axis of this nesting level. Integrals over the same limits share it. */
export interface VariableNode {
  readonly kind: "variable";
  readonly id: number;
  readonly name: string;
  readonly level: number;
  readonly from: Expression;
  readonly to: Expression;
  readonly nodes: number;
}

export interface CallNode {
  readonly kind: "call";
  readonly id: number;
  readonly operation: OperationName;
  readonly args: readonly Expression[];
}

/** ∫ body d(variable). */
export interface IntegralNode {
  readonly kind: "integral";
  readonly id: number;
  readonly variable: VariableNode;
  readonly body: Expression;
}

/** An unknown function of a system of differential equations, or its independent variable, inside the system's own formulas. */
export interface StateNode {
  readonly kind: "state";
  readonly id: number;
  readonly name: string;
}

/** A formula of the states that a system dy/dx = f(x, y) has at the end of an interval. */
export interface SolutionNode {
  readonly kind: "solution";
  readonly id: number;
  readonly result: Expression;
  /** f, one for each state. */
  readonly slopes: readonly Expression[];
  readonly states: readonly StateNode[];
  readonly starts: readonly Expression[];
  readonly x: StateNode;
  readonly from: Expression;
  readonly to: Expression;
  readonly steps: number;
}

export type Expression = NumberNode | NameNode | VariableNode | CallNode | IntegralNode | StateNode | SolutionNode;

/** A theory of a thousand operations is a mistake or an attack; the largest of the textbooks have fifty. */
const MOST_NODES = 5000;

type Without<T> = T extends Expression ? Omit<T, "id"> : never;

/** Makes nodes, each distinct one once. Trees of different builders must not be mixed. */
export class TreeBuilder {
  readonly #known = new Map<string, Expression>();

  number(value: number, unit?: Unit): NumberNode {
    const key = `n${Object.is(value, -0) ? "-0" : value}${unit === undefined ? "" : formatUnit(unit)}`;
    return this.#intern(key, { kind: "number", value, unit }) as NumberNode;
  }

  name(name: string): NameNode {
    return this.#intern(`s${name}`, { kind: "name", name }) as NameNode;
  }

  variable(name: string, level: number, from: Expression, to: Expression, nodes: number): VariableNode {
    return this.#intern(`v${level},${from.id},${to.id},${nodes}`, { kind: "variable", name, level, from, to, nodes }) as VariableNode;
  }

  call(operation: OperationName, args: readonly Expression[]): CallNode {
    return this.#intern(`${operation}(${args.map((arg) => arg.id)})`, { kind: "call", operation, args }) as CallNode;
  }

  integral(variable: VariableNode, body: Expression): IntegralNode {
    return this.#intern(`i${variable.id},${body.id}`, { kind: "integral", variable, body }) as IntegralNode;
  }

  /** @param depth of systems around this one: those side by side may share their symbols */
  state(name: string, depth: number): StateNode {
    return this.#intern(`y${depth},${name}`, { kind: "state", name }) as StateNode;
  }

  solution(system: Omit<SolutionNode, "id" | "kind">): SolutionNode {
    const ids = (nodes: readonly Expression[]): string => nodes.map((node) => node.id).join(",");
    const { result, slopes, states, starts, x, from, to, steps } = system;
    const key = `o${ids([result, x, from, to])};${ids(slopes)};${ids(states)};${ids(starts)};${steps}`;
    return this.#intern(key, { kind: "solution", ...system }) as SolutionNode;
  }

  #intern(key: string, node: Without<Expression>): Expression {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= MOST_NODES) {
      throw new TetradError("ARGUMENT", {
        op: "theory",
        what: "the expressions are too large",
        expected: `at most ${MOST_NODES} different operations`,
        hint: "simplify the theory",
      });
    }
    const fresh = { ...node, id: this.#known.size } as Expression;
    this.#known.set(key, fresh);
    return fresh;
  }
}

/** What must have been computed before a node; of a system's formulas that is what does not change from step to step. */
export function childrenOf(node: Expression): readonly Expression[] {
  if (node.kind === "call") return node.args;
  if (node.kind === "integral") return [node.variable, node.body];
  if (node.kind === "variable") return [node.from, node.to];
  if (node.kind === "solution") return [node.from, node.to, ...node.starts, ...steadyParts(node)];
  return [];
}

/** Every node once, children before parents. A system's own formulas are no part of it: they are computed step by step. */
export function inOrder(...roots: readonly Expression[]): Expression[] {
  return postOrder(roots, childrenOf);
}

function postOrder(roots: readonly Expression[], children: (node: Expression) => readonly Expression[]): Expression[] {
  const seen = new Set<Expression>();
  const order: Expression[] = [];
  const visit = (node: Expression): void => {
    if (seen.has(node)) return;
    seen.add(node);
    for (const child of children(node)) visit(child);
    order.push(node);
  };
  for (const root of roots) visit(root);
  return order;
}

const timely = new WeakMap<SolutionNode, readonly Expression[]>();

/** The largest parts of a system's slopes that depend on its variable, but on no state. */
export function timelyParts(system: SolutionNode): readonly Expression[] {
  const before = timely.get(system);
  if (before !== undefined) return before;
  const bound = (node: Expression): boolean => [...statesIn(node)].every((state) => state === system.x || statesIn(system).has(state));
  const parts = postOrder(system.slopes, (node) => (bound(node) ? [] : partsOf(node))).filter(
    (node) => bound(node) && statesIn(node).has(system.x),
  );
  timely.set(system, parts);
  return parts;
}

/** Every node once, those of systems' formulas too; the descent ends at nodes for which `stop` holds. */
export function everyNode(root: Expression, stop?: (node: Expression) => boolean): Expression[] {
  return postOrder([root], (node) => (stop?.(node) === true ? [] : partsOf(node)));
}

function partsOf(node: Expression): readonly Expression[] {
  return node.kind === "solution" ? [node.from, node.to, ...node.starts, ...node.slopes, node.result] : childrenOf(node);
}

const freeStates = new WeakMap<Expression, ReadonlySet<StateNode>>();

/** States and independent variables of systems around an expression that it depends on. */
export function statesIn(node: Expression): ReadonlySet<StateNode> {
  const known = freeStates.get(node);
  if (known !== undefined) return known;
  const own = node.kind === "solution" ? new Set([node.x, ...node.states]) : undefined;
  const inner = node.kind === "solution" ? [...node.slopes, node.result] : [];
  const free = new Set<StateNode>(node.kind === "state" ? [node] : []);
  for (const part of node.kind === "solution" ? [node.from, node.to, ...node.starts] : childrenOf(node))
    for (const state of statesIn(part)) free.add(state);
  for (const part of inner) for (const state of statesIn(part)) if (!own?.has(state)) free.add(state);
  freeStates.set(node, free);
  return free;
}

const steady = new WeakMap<SolutionNode, readonly Expression[]>();

/** The largest parts of a system's formulas that depend on neither its states nor its variable. */
function steadyParts(system: SolutionNode): readonly Expression[] {
  const before = steady.get(system);
  if (before !== undefined) return before;
  const own = new Set<StateNode>([system.x, ...system.states]);
  const moves = (node: Expression): boolean => [...statesIn(node)].some((state) => own.has(state));
  // What depends on a system inside this one belongs to that one's steps.
  const known = (node: Expression): boolean => [...statesIn(node)].every((state) => statesIn(system).has(state));
  const parts = postOrder([...system.slopes, system.result], (node) => (moves(node) ? partsOf(node) : [])).filter(known);
  steady.set(system, parts);
  return parts;
}

/** Names of parameters, constants and columns that an expression depends on. */
export function namesIn(root: Expression): Set<string> {
  return new Set(everyNode(root).flatMap((node) => (node.kind === "name" ? [node.name] : [])));
}

/** How many integrals are nested at most: the axes that evaluation needs beside the data's own. */
export function integralDepth(root: Expression): number {
  return everyNode(root).reduce((deepest, node) => (node.kind === "integral" ? Math.max(deepest, node.variable.level + 1) : deepest), 0);
}

const INFIX: Partial<Record<OperationName, readonly [symbol: string, precedence: number]>> = {
  add: ["+", 1],
  subtract: ["-", 1],
  multiply: ["*", 2],
  divide: ["/", 2],
  pow: ["^", 4],
};

/** The tree as text again, for messages; long texts are cut in the middle. */
export function formatExpression(root: Expression, longest = 60): string {
  const text = format(root, 0, 12);
  return text.length <= longest ? text : `${text.slice(0, longest - 12)} … ${text.slice(-8)}`;
}

function format(node: Expression, outer: number, depth: number): string {
  if (depth === 0) return "…"; // a definition used within itself many times over would print as millions of characters
  switch (node.kind) {
    case "number":
      return String(node.value);
    case "name":
    case "variable":
    case "state":
      return node.name;
    case "solution": {
      const list = (nodes: readonly Expression[]): string => `[${nodes.map((part) => format(part, 0, depth - 1)).join(", ")}]`;
      const ends = [node.x, node.from, node.to].map((part) => format(part, 0, depth - 1)).join(", ");
      return `solve(${format(node.result, 0, depth - 1)}, ${list(node.slopes)}, ${list(node.states)}, ${list(node.starts)}, ${ends})`;
    }
    case "integral":
      return `integrate(${[node.body, node.variable, node.variable.from, node.variable.to].map((part) => format(part, 0, depth - 1)).join(", ")})`;
    case "call": {
      const [a, b] = node.args as [Expression, Expression];
      const infix = INFIX[node.operation];
      if (node.operation === "negate") return wrap(`-${format(a, 3, depth - 1)}`, 3, outer);
      if (infix === undefined) return `${node.operation}(${node.args.map((arg) => format(arg, 0, depth - 1)).join(", ")})`;
      const [symbol, precedence] = infix;
      const left = format(a, symbol === "^" ? precedence + 1 : precedence, depth - 1);
      const right = format(b, symbol === "-" || symbol === "/" ? precedence + 1 : precedence, depth - 1);
      return wrap(precedence === 1 ? `${left} ${symbol} ${right}` : `${left}${symbol}${right}`, precedence, outer);
    }
  }
}

function wrap(text: string, precedence: number, outer: number): string {
  return precedence < outer ? `(${text})` : text;
}
