/**
 * Units of formulas. Those that the theory states are given; those of names without one are inferred, as in A. Kennedy, Relational
 * parametricity and units of measure, POPL 1997: sums need equal units, exp and sin pure numbers. What cannot hold is refused.
 * Numbers are never converted: adding km to Mpc is as wrong as adding km to s, since the formula adds the plain numbers.
 */

import { evaluateOperation, type OperationName } from "../expression/operations.js";
import { type CallNode, type Expression, formatExpression, type SolutionNode, type StateNode, statesIn } from "../expression/tree.js";
import { formatUnit, inSi, isPure, PURE, times, toPower, type Unit, unitOf } from "./unit.js";

/** What contradicts what, for the caller to show in the text. */
export class UnitMismatch extends Error {
  constructor(
    message: string,
    /** The part of the formula that is at fault. */
    readonly node: Expression,
    readonly hint?: string,
  ) {
    super(message);
  }
}

const SAME: ReadonlySet<OperationName> = new Set<OperationName>(["add", "subtract", "min", "max"]);
const VERBS: Partial<Record<OperationName, string>> = {
  add: "added to",
  subtract: "subtracted from",
  min: "compared with",
  max: "compared with",
};

export class UnitChecker {
  readonly #names = new Map<string, Unit>();
  /** What unknown units have turned out to be. */
  readonly #solved = new Map<string, Unit>();
  readonly #units = new Map<Expression, Unit>();
  #fresh = 0;

  /**
   * What a name is in from here on. Data sets may have columns of one name in different units, so what was known of formulas is forgotten.
   * @param unit undefined for a name whose unit the formulas have to tell
   * @returns the unit, to declare the name by it again
   */
  declare(name: string, unit: Unit | undefined): Unit {
    const own = unit ?? this.#unknown(name);
    this.#names.set(name, own);
    this.#units.clear();
    return own;
  }

  /** What is known of a name's unit by now; undefined while it is open. */
  known(name: string): Unit | undefined {
    const unit = this.#resolved(this.#named(name));
    return [...unit.powers.keys()].some((symbol) => symbol.startsWith("?")) ? undefined : unit;
  }

  /** @throws UnitMismatch where the units contradict one another */
  of(node: Expression): Unit {
    const known = this.#units.get(node);
    if (known !== undefined) return known;
    const unit = this.#infer(node);
    this.#units.set(node, unit);
    return unit;
  }

  /** Demands that an expression be in a unit. @throws UnitMismatch */
  require(node: Expression, unit: Unit, what: string): void {
    if (isZero(node) || this.#unify(this.of(node), unit)) return;
    throw new UnitMismatch(
      `${what} is in ${this.#text(this.of(node))}, not in ${formatUnit(unit)}`,
      node,
      this.#factorHint(this.of(node), unit),
    );
  }

  #named(name: string): Unit {
    let unit = this.#names.get(name);
    if (unit === undefined) {
      unit = this.#unknown(name);
      this.#names.set(name, unit);
    }
    return unit;
  }

  #unknown(name: string): Unit {
    return unitOf(`?${name}#${this.#fresh++}`);
  }

  #infer(node: Expression): Unit {
    switch (node.kind) {
      case "number":
        return node.unit ?? PURE;
      case "name":
        return this.#named(node.name);
      case "state":
        return this.#unknown(node.name);
      case "variable":
        return this.#alike(node.from, node.to, node, "an integral's limits are in");
      case "integral":
        return times(this.of(node.body), this.of(node.variable));
      case "solution":
        return this.#solution(node);
      case "call":
        return this.#call(node);
    }
  }

  #call(node: CallNode): Unit {
    const { operation } = node;
    const [a, b] = node.args as [Expression, Expression];
    if (SAME.has(operation)) return this.#alike(a, b, node, undefined);
    if (operation === "multiply") return times(this.of(a), this.of(b));
    if (operation === "divide") return times(this.of(a), this.of(b), -1);
    if (operation === "negate" || operation === "abs") return this.of(a);
    if (operation === "sqrt") return toPower(this.of(a), 0.5);
    if (operation === "pow") {
      this.#pure(b, node, "an exponent");
      const exponent = constantOf(b);
      if (exponent !== undefined) return toPower(this.of(a), exponent);
      this.#pure(a, node, "the base of a power whose exponent varies");
      return PURE;
    }
    for (const arg of node.args) this.#pure(arg, node, `the argument of ${operation}`);
    return PURE;
  }

  /** Systems side by side share the nodes of states that have one name, but not their units: each is looked at by itself. */
  begin(states: readonly StateNode[]): void {
    for (const node of this.#units.keys()) if (states.some((state) => statesIn(node).has(state))) this.#units.delete(node);
  }

  #solution(node: SolutionNode): Unit {
    for (const start of node.starts) this.of(start); // a system of their own may have states of the same name
    const x = this.#alike(node.from, node.to, node, "a system's limits are in");
    this.begin([node.x, ...node.states]);
    this.#demand(this.of(node.x), x, node, "the variable of the system");
    node.states.forEach((state, i) => {
      const [start, slope] = [node.starts[i] as Expression, node.slopes[i] as Expression];
      if (!isZero(start)) this.#demand(this.of(state), this.of(start), node, `the start of ${state.name}`);
      if (!isZero(slope)) this.#demand(times(this.of(slope), x), this.of(state), node, `the slope of ${state.name}`);
    });
    return this.of(node.result);
  }

  #alike(a: Expression, b: Expression, node: Expression, what: string | undefined): Unit {
    // 0 and infinity are the same in every unit.
    if (isZero(a)) return this.of(b);
    if (isZero(b)) return this.of(a);
    const [left, right] = [this.of(a), this.of(b)];
    if (this.#unify(left, right)) return left;
    const [one, other] = [this.#text(left), this.#text(right)];
    const verb = node.kind === "call" ? (VERBS[node.operation] ?? "combined with") : undefined;
    const subtraction = node.kind === "call" && node.operation === "subtract";
    throw new UnitMismatch(
      what !== undefined
        ? `${what} ${one} and ${other}`
        : subtraction
          ? `${other} (${formatExpression(b, 40)}) cannot be ${verb} ${one} (${formatExpression(a, 40)})`
          : `${one} (${formatExpression(a, 40)}) cannot be ${verb} ${other} (${formatExpression(b, 40)})`,
      node,
      this.#factorHint(left, right),
    );
  }

  #pure(arg: Expression, node: Expression, what: string): void {
    if (this.#unify(this.of(arg), PURE)) return;
    throw new UnitMismatch(
      `${what} must be a pure number, and ${formatExpression(arg, 40)} is in ${this.#text(this.of(arg))}`,
      node,
      "divide it by a constant of that unit",
    );
  }

  #demand(a: Unit, b: Unit, node: Expression, what: string): void {
    if (!this.#unify(a, b)) throw new UnitMismatch(`${what} is in ${this.#text(a)}, which should be ${this.#text(b)}`, node);
  }

  /** Makes two units equal if they can be. */
  #unify(a: Unit, b: Unit): boolean {
    const ratio = this.#resolved(times(a, b, -1));
    const open = [...ratio.powers].find(([symbol]) => symbol.startsWith("?"));
    if (open === undefined) return isPure(ratio);
    const [name, power] = open;
    this.#solved.set(name, toPower(times(ratio, unitOf(name), -power), -1 / power));
    return true;
  }

  #resolved(unit: Unit): Unit {
    let result = unit;
    for (;;) {
      const next = [...result.powers].find(([symbol]) => this.#solved.has(symbol));
      if (next === undefined) return result;
      const [name, power] = next;
      result = times(times(result, unitOf(name), -power), this.#solved.get(name) as Unit, power);
    }
  }

  #text(unit: Unit): string {
    return formatUnit(this.#resolved(unit));
  }

  #factorHint(a: Unit, b: Unit): string {
    const ratio = inSi(this.#resolved(times(a, b, -1)));
    if (ratio.powers.size === 0) return `multiply by ${Number(ratio.factor.toPrecision(12))}, as a constant with a unit, to convert`;
    return "give every constant its unit: {value: 299792.458, unit: km/s}";
  }
}

function isZero(node: Expression): boolean {
  return node.kind === "number" && (node.value === 0 || !Number.isFinite(node.value));
}

/** The value of operations on numbers alone, such as 1/3. */
function constantOf(node: Expression): number | undefined {
  if (node.kind === "number") return node.value;
  if (node.kind !== "call") return undefined;
  const args = node.args.map(constantOf);
  return args.every((arg) => arg !== undefined) ? evaluateOperation(node.operation, args) : undefined;
}
