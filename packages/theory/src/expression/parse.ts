/**
 * Theory text into a tree: admits arithmetic, listed functions, known names and the theory's own definitions, and refuses
 * everything else that the grammar of text.ts lets through, by name and place. Nothing is ever evaluated as code.
 */

import { didYouMean } from "@tetrad/engine";
import type { ConstantNode, FunctionNode, MathNode, OperatorNode, ParenthesisNode, SymbolNode } from "mathjs/number";
import { arityOf, FUNCTION_NAMES, functionNamed, type OperationName } from "./operations.js";
import { BUILT_IN, type ExpressionText, isUsableName, type Parsed, parseText, plural, refuse } from "./text.js";
import { type Expression, TreeBuilder } from "./tree.js";

/** A named sub-expression, optionally with arguments: E(x) = … */
export interface Definition extends ExpressionText {
  readonly name: string;
  readonly args: readonly string[];
}

export interface Scope {
  /** Parameters, constants and columns; any name is admitted when undefined. */
  readonly names?: Iterable<string> | undefined;
  readonly definitions?: Iterable<Definition> | undefined;
  /** Pass one builder to expressions that will be evaluated together. */
  readonly builder?: TreeBuilder | undefined;
}

/** Gauss–Legendre nodes of `integrate` unless a fifth argument says otherwise: distances to z = 10 err by 1e-15 in ΛCDM, 2e-13 for w = −1.4. */
export const DEFAULT_NODES = 32;
const MOST_NODES = 1024;

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
  /** Definitions being expanded, outermost first. */
  readonly stack: readonly string[];
}

class Converter {
  readonly #names: ReadonlySet<string> | undefined;
  readonly #definitions: ReadonlyMap<string, Definition>;
  readonly #parsed = new Map<Definition, Parsed>();
  readonly #builder: TreeBuilder;

  constructor(scope: Scope) {
    this.#names = scope.names === undefined ? undefined : new Set(scope.names);
    this.#definitions = new Map(Array.from(scope.definitions ?? [], (definition) => [definition.name, definition]));
    this.#builder = scope.builder ?? new TreeBuilder();
  }

  convert(source: ExpressionText): Expression {
    const parsed = parseText(source);
    return this.#node(parsed.root, { parsed, locals: new Map(), level: 0, stack: [] });
  }

  #node(node: MathNode, frame: Frame): Expression {
    const builder = this.#builder;
    switch (node.type as string) {
      case "ParenthesisNode":
        return this.#node((node as ParenthesisNode).content, frame);
      case "ConstantNode": {
        const value: unknown = (node as ConstantNode).value;
        if (typeof value === "number" && Number.isFinite(value)) return builder.number(value);
        return refuse(
          frame.parsed,
          value === undefined
            ? "the expression is empty"
            : `${typeof value === "string" ? JSON.stringify(value) : String(value)} is not a finite number`,
        );
      }
      case "SymbolNode":
        return this.#symbol(node as SymbolNode, frame);
      case "OperatorNode":
        return this.#operator(node as OperatorNode, frame);
      case "FunctionNode":
        return this.#function(node as FunctionNode, frame);
      default:
        return refuse(
          frame.parsed,
          `${OUTSIDE[node.type] ?? node.type} cannot be part of a theory`,
          undefined,
          "use + - * / ^, parentheses and functions",
        );
    }
  }

  #symbol(node: SymbolNode, frame: Frame): Expression {
    const { name } = node;
    const place = frame.parsed.places.get(node);
    const local = frame.locals.get(name);
    if (local !== undefined) return local;
    const definition = this.#definitions.get(name);
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
      didYouMean(name, [...this.#names, ...this.#definitions.keys(), ...frame.locals.keys(), ...Object.keys(BUILT_IN)]) ??
        `known names: ${[...this.#names].join(", ")}`,
    );
  }

  #operator(node: OperatorNode, frame: Frame): Expression {
    const { fn, args } = node as unknown as { fn: string; args: MathNode[] };
    if ((node as unknown as { implicit: boolean }).implicit) {
      return refuse(
        frame.parsed,
        `two factors without an operator: ${node.toString()}`,
        undefined,
        "write * between factors; 1/2 x would be ambiguous",
      );
    }
    if ((node as unknown as { isPercentage: boolean }).isPercentage)
      return refuse(frame.parsed, "% cannot be part of a theory", undefined, "write the fraction");
    if (fn === "unaryPlus") return this.#node(args[0] as MathNode, frame);
    const operation = Object.hasOwn(OPERATORS, fn) ? OPERATORS[fn] : undefined;
    if (operation === undefined)
      return refuse(frame.parsed, `the operator ${node.op} cannot be part of a theory`, undefined, "use + - * / ^");
    return this.#builder.call(
      operation,
      args.map((arg) => this.#node(arg, frame)),
    );
  }

  #function(node: FunctionNode, frame: Frame): Expression {
    const { args } = node;
    const callee = node.fn as unknown as MathNode;
    if (callee.type !== "SymbolNode") return refuse(frame.parsed, `${callee.toString()} is not a function`);
    const { name } = callee as SymbolNode;
    const place = frame.parsed.places.get(callee);
    if (name === "integrate") return this.#integral(args, frame, place);
    const definition = this.#definitions.get(name);
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
        didYouMean(name, [...FUNCTION_NAMES, ...this.#definitions.keys()]) ?? `known functions: ${FUNCTION_NAMES.join(", ")}`,
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
    if (arity !== Infinity) return this.#builder.call(operation, converted);
    return converted.reduce((left, right) => this.#builder.call(operation, [left, right]));
  }

  #integral(args: readonly MathNode[], frame: Frame, place: number | undefined): Expression {
    const usage = "write integrate(expression, variable, from, to) or integrate(expression, variable, from, to, nodes)";
    const [body, variable, from, to, count] = args;
    if (body === undefined || variable === undefined || from === undefined || to === undefined || args.length > 5) {
      return refuse(frame.parsed, `integrate takes 4 or 5 arguments, not ${args.length}`, [place, "integrate"], usage);
    }
    if (variable.type !== "SymbolNode")
      return refuse(frame.parsed, `integrate needs a name as its variable, not ${variable.toString()}`, [place, "integrate"], usage);
    const { name } = variable as SymbolNode;
    if (frame.locals.has(name) || this.#names?.has(name) === true || this.#definitions.has(name) || !isUsableName(name)) {
      refuse(
        frame.parsed,
        `the integration variable ${name} already means something else`,
        [frame.parsed.places.get(variable), name],
        "choose another letter for it",
      );
    }
    const nodes = count === undefined ? DEFAULT_NODES : Number((count as ConstantNode).value);
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

  #expand(definition: Definition, args: readonly Expression[], frame: Frame, place: number | undefined): Expression {
    if (frame.stack.includes(definition.name)) {
      refuse(
        frame.parsed,
        `the definition of ${definition.name} uses itself`,
        [place, definition.name],
        `${[...frame.stack, definition.name].join(" → ")} must end somewhere`,
      );
    }
    let parsed = this.#parsed.get(definition);
    if (parsed === undefined) {
      parsed = parseText(definition);
      this.#parsed.set(definition, parsed);
    }
    const locals = new Map(definition.args.map((name, i) => [name, args[i] as Expression]));
    return this.#node(parsed.root, { parsed, locals, level: frame.level, stack: [...frame.stack, definition.name] });
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
