/**
 * Theory text into a tree: admits arithmetic, listed functions, known names and the theory's own definitions, and refuses
 * everything else that the grammar of text.ts lets through, by name and place. Nothing is ever evaluated as code.
 */

import { didYouMean } from "@tetrad/engine";
import { type UnitChecker, UnitMismatch } from "../units/checker.js";
import { isPure, type Unit } from "../units/unit.js";
import { ArrayNode, ConstantNode, FunctionNode, OperatorNode, ParenthesisNode, SymbolNode, type SyntaxNode } from "./grammar.js";
import { arityOf, FUNCTION_NAMES, functionNamed, type OperationName } from "./operations.js";
import { simplified } from "./simplify.js";
import { BUILT_IN, type ExpressionText, isUsableName, type Parsed, parseText, plural, refuse, span } from "./text.js";
import { type Expression, type StateNode, TreeBuilder } from "./tree.js";

/** A named sub-expression, optionally with arguments: E(x) = … */
export interface Definition extends ExpressionText {
  readonly name: string;
  readonly args: readonly string[];
  /** Of the value, checked; a number gets it. */
  readonly unit?: Unit | undefined;
}

export interface Scope {
  /** Parameters, constants and columns; any name is admitted when undefined. */
  readonly names?: Iterable<string> | undefined;
  readonly definitions?: Iterable<Definition> | undefined;
  /** Definitions to be had for the asking: the names and definitions above go before them, inside them too. */
  readonly library?: Iterable<Definition> | undefined;
  /** Checks the units of everything that is read. */
  readonly units?: UnitChecker | undefined;
  /** Pass one builder to expressions that will be evaluated together. */
  readonly builder?: TreeBuilder | undefined;
}

/** Gauss–Legendre nodes of `integrate` unless a fifth argument says otherwise: distances to z = 10 err by 1e-15 in ΛCDM, 2e-13 for w = −1.4. */
export const DEFAULT_NODES = 32;
const MOST_NODES = 1024;

/** Steps of `solve` unless an eighth argument says otherwise: smooth solutions over ten e-folds err by about 1e-9. */
export const DEFAULT_STEPS = 64;
const MOST_STEPS = 4096;

const OPERATORS: Readonly<Record<string, OperationName>> = {
  add: "add",
  subtract: "subtract",
  multiply: "multiply",
  divide: "divide",
  pow: "pow",
  unaryMinus: "negate",
};

/**
 * @param source a string, or text with its place in a file
 * @throws ARGUMENT with the position for a syntax error, an unknown name ("did you mean"), a wrong number of arguments, or anything outside the language
 */
export function parseExpression(source: string | ExpressionText, scope: Scope = {}): Expression {
  const text: ExpressionText = typeof source === "string" ? { text: source, field: "expression" } : source;
  return new Converter(scope).convert(text);
}

interface Frame {
  readonly parsed: Parsed;
  /** Arguments of the definition being expanded, and integration variables. */
  readonly locals: ReadonlyMap<string, Expression>;
  readonly level: number;
  /** Systems of differential equations around this place. */
  readonly systems: number;
  /** Definitions being expanded, outermost first. */
  readonly stack: readonly string[];
  /** Inside the library, whose formulas are general: what a theory leaves out has to vanish from them. */
  readonly library: boolean;
}

class Converter {
  readonly #names: ReadonlySet<string> | undefined;
  readonly #definitions: ReadonlyMap<string, Definition>;
  readonly #library: ReadonlyMap<string, Definition>;
  readonly #parsed = new Map<Definition, Parsed>();
  readonly #expanded = new Map<Definition, Map<string, Expression>>();
  readonly #builder: TreeBuilder;
  readonly #units: UnitChecker | undefined;

  constructor(scope: Scope) {
    this.#names = scope.names === undefined ? undefined : new Set(scope.names);
    this.#definitions = new Map(Array.from(scope.definitions ?? [], (definition) => [definition.name, definition]));
    this.#library = new Map(Array.from(scope.library ?? [], (definition) => [definition.name, definition]));
    this.#builder = scope.builder ?? new TreeBuilder();
    this.#units = scope.units;
  }

  convert(source: ExpressionText): Expression {
    const parsed = parseText(source);
    const root = this.#node(parsed.root, { parsed, locals: new Map(), level: 0, systems: 0, stack: [], library: false });
    return this.#checked(root, parsed.root, { parsed });
  }

  /** The node itself, once its units are known to agree. */
  #checked<E extends Expression>(made: E, node: SyntaxNode, { parsed }: Pick<Frame, "parsed">): E {
    this.#checking(node, parsed, (units) => units.of(made));
    return made;
  }

  #checking(node: SyntaxNode, parsed: Parsed, check: (units: UnitChecker) => void): void {
    if (this.#units === undefined) return;
    try {
      check(this.#units);
    } catch (error) {
      if (!(error instanceof UnitMismatch)) throw error;
      refuse(parsed, `units do not match: ${error.message}`, span(parsed, node), error.hint);
    }
  }

  #call(operation: OperationName, args: readonly Expression[], node: SyntaxNode, frame: Frame): Expression {
    const made = frame.library ? simplified(this.#builder, operation, args) : this.#builder.call(operation, args);
    return this.#checked(made, node, frame);
  }

  /** A name outside the theory's own. */
  #libraryDefinition(name: string): Definition | undefined {
    return this.#names?.has(name) === true || this.#definitions.has(name) ? undefined : this.#library.get(name);
  }

  #node(node: SyntaxNode, frame: Frame): Expression {
    const builder = this.#builder;
    if (node instanceof ParenthesisNode) return this.#node(node.content, frame);
    if (node instanceof ConstantNode) {
      const { value } = node;
      if (typeof value === "number" && Number.isFinite(value)) return builder.number(value);
      return refuse(frame.parsed, value === undefined ? "the expression is empty" : `${node} is not a finite number`);
    }
    if (node instanceof SymbolNode) return this.#symbol(node, frame);
    if (node instanceof OperatorNode) return this.#operator(node, frame);
    if (node instanceof FunctionNode) return this.#function(node, frame);
    return refuse(
      frame.parsed,
      `${OUTSIDE[node.type] ?? node.type} cannot be part of a theory`,
      undefined,
      "use + - * / ^, parentheses and functions",
    );
  }

  #symbol(node: SymbolNode, frame: Frame): Expression {
    const { name } = node;
    const place = frame.parsed.places.get(node);
    const local = frame.locals.get(name);
    if (local !== undefined) return local;
    const definition = this.#definitions.get(name) ?? this.#libraryDefinition(name);
    if (definition !== undefined) {
      if (definition.args.length > 0)
        refuse(
          frame.parsed,
          `${name} needs ${plural(definition.args.length, "argument")}`,
          [place, name],
          `write ${name}(${definition.args.join(", ")})`,
        );
      return this.#expand(definition, [], frame, place);
    }
    if (Object.hasOwn(BUILT_IN, name)) return this.#builder.number(BUILT_IN[name] as number);
    if (this.#names === undefined || this.#names.has(name)) return this.#builder.name(name);
    if (FUNCTION_NAMES.includes(name))
      return refuse(frame.parsed, `the function ${name} has no arguments`, [place, name], `write ${name}(…)`);
    if (name === "e") return refuse(frame.parsed, `unknown name "e"`, [place, name], "write exp(x) for powers of Euler's number");
    return refuse(
      frame.parsed,
      `unknown name "${name}"`,
      [place, name],
      frame.library
        ? `${frame.stack[0]} needs it: give it as a parameter, a constant or a definition`
        : (didYouMean(name, [...this.#names, ...this.#definitions.keys(), ...frame.locals.keys(), ...Object.keys(BUILT_IN)]) ??
            `known names: ${[...this.#names].join(", ")}`),
    );
  }

  #operator(node: OperatorNode, frame: Frame): Expression {
    const { fn, args } = node;
    if (node.implicit) {
      return refuse(
        frame.parsed,
        `two factors without an operator: ${node.toString()}`,
        undefined,
        "write * between factors; 1/2 x would be ambiguous",
      );
    }
    if (node.isPercentage) return refuse(frame.parsed, "% cannot be part of a theory", undefined, "write the fraction");
    if (fn === "unaryPlus") return this.#node(args[0] as SyntaxNode, frame);
    const operation = Object.hasOwn(OPERATORS, fn) ? OPERATORS[fn] : undefined;
    if (operation === undefined)
      return refuse(frame.parsed, `the operator ${node.op} cannot be part of a theory`, undefined, "use + - * / ^");
    return this.#call(
      operation,
      args.map((arg) => this.#node(arg, frame)),
      node,
      frame,
    );
  }

  #function(node: FunctionNode, frame: Frame): Expression {
    const { args } = node;
    const callee = node.fn;
    if (!(callee instanceof SymbolNode)) return refuse(frame.parsed, `${callee.toString()} is not a function`);
    const { name } = callee;
    const place = frame.parsed.places.get(callee);
    if (name === "integrate") return this.#checked(this.#integral(args, frame, place), node, frame);
    if (name === "solve") return this.#checked(this.#solution(args, frame, place), node, frame);
    const definition = this.#definitions.get(name) ?? this.#libraryDefinition(name);
    if (definition !== undefined) {
      if (args.length !== definition.args.length) {
        const usage = definition.args.length === 0 ? `write ${name} without parentheses` : `write ${name}(${definition.args.join(", ")})`;
        refuse(frame.parsed, `${name} takes ${plural(definition.args.length, "argument")}, not ${args.length}`, [place, name], usage);
      }
      return this.#expand(
        definition,
        args.map((arg) => this.#node(arg, frame)),
        frame,
        place,
      );
    }
    const operation = functionNamed(name);
    if (operation === undefined) {
      if (this.#names?.has(name) === true || frame.locals.has(name)) {
        return refuse(frame.parsed, `${name} is not a function`, [place, name], `write ${name}*(…) to multiply`);
      }
      return refuse(
        frame.parsed,
        `unknown function "${name}"`,
        [place, name],
        didYouMean(name, [...FUNCTION_NAMES, ...this.#definitions.keys(), ...this.#publicLibrary()]) ??
          `known functions: ${FUNCTION_NAMES.join(", ")}`,
      );
    }
    const arity = arityOf(operation);
    if (arity === Infinity ? args.length < 2 : args.length !== arity) {
      refuse(
        frame.parsed,
        `${name} takes ${arity === Infinity ? "two or more arguments" : plural(arity, "argument")}, not ${args.length}`,
        [place, name],
      );
    }
    const converted = args.map((arg) => this.#node(arg, frame));
    if (arity !== Infinity) return this.#call(operation, converted, node, frame);
    return converted.reduce((left, right) => this.#call(operation, [left, right], node, frame));
  }

  #publicLibrary(): string[] {
    return [...this.#library.keys()].filter((name) => !name.startsWith("_"));
  }

  #integral(args: readonly SyntaxNode[], frame: Frame, place: number | undefined): Expression {
    const usage = "write integrate(expression, variable, from, to) or integrate(expression, variable, from, to, nodes)";
    const [body, variable, from, to, count] = args;
    if (body === undefined || variable === undefined || from === undefined || to === undefined || args.length > 5) {
      return refuse(frame.parsed, `integrate takes 4 or 5 arguments, not ${args.length}`, [place, "integrate"], usage);
    }
    if (!(variable instanceof SymbolNode))
      return refuse(frame.parsed, `integrate needs a name as its variable, not ${variable.toString()}`, [place, "integrate"], usage);
    const { name } = variable;
    this.#claimLocal("integration variable", variable, frame);
    const nodes = count === undefined ? DEFAULT_NODES : count instanceof ConstantNode ? Number(count.value) : Number.NaN;
    if (!Number.isInteger(nodes) || nodes < 2 || nodes > MOST_NODES) {
      refuse(
        frame.parsed,
        `integrate cannot use ${count?.toString()} nodes`,
        [place, "integrate"],
        `give a whole number from 2 to ${MOST_NODES}`,
      );
    }
    const bound = this.#builder.variable(name, frame.level, this.#node(from, frame), this.#node(to, frame), nodes);
    const inner: Frame = { ...frame, locals: new Map([...frame.locals, [name, bound]]), level: frame.level + 1 };
    return this.#builder.integral(bound, this.#node(body, inner));
  }

  /** A name that is only known inside one integral or system. Those of the library hide whatever the theory calls the same. */
  #claimLocal(what: string, variable: SymbolNode, frame: Frame): void {
    const { name } = variable;
    const taken = !frame.library && (this.#names?.has(name) === true || this.#definitions.has(name) || !isUsableName(name));
    if (taken || frame.locals.has(name)) {
      refuse(
        frame.parsed,
        `the ${what} ${name} already means something else`,
        [frame.parsed.places.get(variable), name],
        "choose another letter for it",
      );
    }
  }

  #solution(args: readonly SyntaxNode[], frame: Frame, place: number | undefined): Expression {
    const usage =
      "write solve(result, [slope, …], [state, …], [start, …], x, from, to) or add the number of steps: solve(y, [-y], [y], [1], t, 0, 1)";
    const wrong = (what: string): never => refuse(frame.parsed, what, [place, "solve"], usage);
    if (args.length < 7 || args.length > 8) return wrong(`solve takes 7 or 8 arguments, not ${args.length}`);
    const [result, slopes, states, starts, variable, from, to, count] = args as [SyntaxNode, ...SyntaxNode[]] as SyntaxNode[];
    const list = (node: SyntaxNode | undefined): readonly SyntaxNode[] =>
      node instanceof ArrayNode ? node.items : wrong("solve needs slopes, states and starts in brackets");
    const [rates, unknowns, initial] = [list(slopes), list(states), list(starts)];
    if (rates.length === 0 || rates.length !== unknowns.length || rates.length !== initial.length)
      return wrong(
        `solve has ${plural(rates.length, "slope")}, ${plural(unknowns.length, "state")} and ${plural(initial.length, "start")}`,
      );
    const symbols = [...unknowns, variable as SyntaxNode].map((node) =>
      node instanceof SymbolNode ? node : wrong(`solve needs names as its states and variable, not ${node.toString()}`),
    );
    for (const symbol of symbols) this.#claimLocal("name", symbol, frame);
    if (new Set(symbols.map(({ name }) => name)).size !== symbols.length) return wrong("solve uses a name twice");
    const steps = count === undefined ? DEFAULT_STEPS : count instanceof ConstantNode ? Number(count.value) : Number.NaN;
    if (!Number.isInteger(steps) || steps < 1 || steps > MOST_STEPS)
      return wrong(`solve cannot take ${count?.toString()} steps: give a whole number from 1 to ${MOST_STEPS}`);
    const nodes = symbols.map(({ name }) => this.#builder.state(name, frame.systems));
    this.#units?.begin(nodes);
    const inner: Frame = {
      ...frame,
      locals: new Map([...frame.locals, ...symbols.map(({ name }, i): [string, Expression] => [name, nodes[i] as Expression])]),
      systems: frame.systems + 1,
    };
    return this.#builder.solution({
      result: this.#node(result as SyntaxNode, inner),
      slopes: rates.map((slope) => this.#node(slope, inner)),
      states: nodes.slice(0, -1),
      starts: initial.map((start) => this.#node(start, frame)),
      x: nodes.at(-1) as StateNode,
      from: this.#node(from as SyntaxNode, frame),
      to: this.#node(to as SyntaxNode, frame),
      steps,
    });
  }

  #expand(definition: Definition, args: readonly Expression[], frame: Frame, place: number | undefined): Expression {
    if (frame.stack.includes(definition.name)) {
      refuse(
        frame.parsed,
        `the definition of ${definition.name} uses itself`,
        [place, definition.name],
        `${[...frame.stack, definition.name].join(" → ")} must end somewhere`,
      );
    }
    const key = `${frame.level},${frame.systems};${args.map((arg) => arg.id).join(",")}`;
    const expansions = this.#expanded.get(definition) ?? new Map<string, Expression>();
    this.#expanded.set(definition, expansions);
    let value = expansions.get(key);
    if (value === undefined) {
      value = this.#expansion(definition, args, frame);
      expansions.set(key, value);
    }
    return value;
  }

  #expansion(definition: Definition, args: readonly Expression[], frame: Frame): Expression {
    let parsed = this.#parsed.get(definition);
    if (parsed === undefined) {
      parsed = parseText(definition);
      this.#parsed.set(definition, parsed);
    }
    const locals = new Map(definition.args.map((name, i) => [name, args[i] as Expression]));
    const value = this.#node(parsed.root, {
      parsed,
      locals,
      level: frame.level,
      systems: frame.systems,
      stack: [...frame.stack, definition.name],
      library: this.#library.get(definition.name) === definition,
    });
    const { unit } = definition;
    if (unit === undefined) return this.#checked(value, parsed.root, { parsed });
    if (value.kind === "number" && value.unit === undefined) return isPure(unit) ? value : this.#builder.number(value.value, unit);
    this.#checking(parsed.root, parsed, (units) => units.require(value, unit, definition.name));
    return value;
  }
}

const OUTSIDE: Readonly<Record<string, string>> = {
  AccessorNode: "a property or index",
  ArrayNode: "a list",
  AssignmentNode: "an assignment",
  BlockNode: "a second statement",
  ConditionalNode: "a condition",
  FunctionAssignmentNode: "a function definition",
  IndexNode: "an index",
  ObjectNode: "an object",
  RangeNode: "a range",
  RelationalNode: "a comparison",
};
