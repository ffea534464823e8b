/**
 * Theory text into a tree. The grammar is mathjs's (number subset, parser only); this file admits arithmetic, listed functions,
 * known names and the theory's own definitions, and refuses everything else by name and place. Nothing is ever evaluated as code.
 */

import { closest, TetradError } from "@tetrad/engine";
import { type ConstantNode, create, type FactoryFunctionMap, type FunctionNode, type MathNode, type OperatorNode, type ParenthesisNode, parseDependencies, type SymbolNode } from "mathjs/number";
import { arityOf, FUNCTION_NAMES, functionNamed, type OperationName } from "./operations.js";
import { type Expression, TreeBuilder } from "./tree.js";

/** One expression's text and where it stands, for messages. */
export interface ExpressionText {
  readonly text: string;
  /** What it is: "model", "derived.age". */
  readonly field: string;
  /** `file:line`. */
  readonly at?: string | undefined;
}

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
/** A page of formula; the parser's recursion stays far from the stack's end. */
const LONGEST_TEXT = 10_000;

/** Numbers that every theory knows. */
export const BUILT_IN: Readonly<Record<string, number>> = { pi: Math.PI };

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

/** Words that mathjs reads as operators, and the one key that a plain object cannot hold. */
const RESERVED: readonly string[] = ["and", "or", "xor", "not", "mod", "to", "in", "end", "__proto__"];

/** True for a name that mathjs reads as one symbol and that no function or constant has taken. */
export function isUsableName(name: string): boolean {
  if (FUNCTION_NAMES.includes(name) || Object.hasOwn(BUILT_IN, name) || RESERVED.includes(name)) return false;
  if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) return false;
  try {
    const node = mathjsParser()(`(${name}) + 1`) as OperatorNode;
    const inner = node.args[0] as ParenthesisNode;
    return inner.content.type === "SymbolNode" && (inner.content as SymbolNode).name === name;
  } catch {
    return false;
  }
}

let parser: ((text: string) => MathNode) | undefined;

/** mathjs's parser, made on first use (2 ms): importing this package runs nothing. */
function mathjsParser(): (text: string) => MathNode {
  // The declared type admits undefined only for factories of other entry points.
  parser ??= create(parseDependencies as FactoryFunctionMap).parse as (text: string) => MathNode;
  return parser;
}

interface Parsed {
  readonly source: ExpressionText;
  readonly root: MathNode;
  /** Where each name stands in the text; mathjs does not keep it. */
  readonly places: ReadonlyMap<MathNode, number>;
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
        return refuse(frame.parsed, value === undefined ? "the expression is empty" : `${typeof value === "string" ? JSON.stringify(value) : String(value)} is not a finite number`);
      }
      case "SymbolNode":
        return this.#symbol(node as SymbolNode, frame);
      case "OperatorNode":
        return this.#operator(node as OperatorNode, frame);
      case "FunctionNode":
        return this.#function(node as FunctionNode, frame);
      default:
        return refuse(frame.parsed, `${OUTSIDE[node.type] ?? node.type} cannot be part of a theory`, undefined, "use + - * / ^, parentheses and functions");
    }
  }

  #symbol(node: SymbolNode, frame: Frame): Expression {
    const { name } = node;
    const place = frame.parsed.places.get(node);
    const local = frame.locals.get(name);
    if (local !== undefined) return local;
    const definition = this.#definitions.get(name);
    if (definition !== undefined) {
      if (definition.args.length > 0) refuse(frame.parsed, `${name} needs ${plural(definition.args.length, "argument")}`, [place, name], `write ${name}(${definition.args.join(", ")})`);
      return this.#expand(definition, [], frame, place);
    }
    if (Object.hasOwn(BUILT_IN, name)) return this.#builder.number(BUILT_IN[name] as number);
    if (this.#names === undefined || this.#names.has(name)) return this.#builder.name(name);
    if (FUNCTION_NAMES.includes(name)) return refuse(frame.parsed, `the function ${name} has no arguments`, [place, name], `write ${name}(…)`);
    if (name === "e") return refuse(frame.parsed, `unknown name "e"`, [place, name], "write exp(x) for powers of Euler's number");
    const near = closest(name, [...this.#names, ...this.#definitions.keys(), ...frame.locals.keys(), ...Object.keys(BUILT_IN)]);
    return refuse(frame.parsed, `unknown name "${name}"`, [place, name], near === undefined ? `known names: ${[...this.#names].join(", ")}` : `did you mean "${near}"?`);
  }

  #operator(node: OperatorNode, frame: Frame): Expression {
    const { fn, args } = node as unknown as { fn: string; args: MathNode[] };
    if ((node as unknown as { implicit: boolean }).implicit) {
      return refuse(frame.parsed, `two factors without an operator: ${node.toString()}`, undefined, "write * between factors; 1/2 x would be ambiguous");
    }
    if ((node as unknown as { isPercentage: boolean }).isPercentage) return refuse(frame.parsed, "% cannot be part of a theory", undefined, "write the fraction");
    if (fn === "unaryPlus") return this.#node(args[0] as MathNode, frame);
    const operation = Object.hasOwn(OPERATORS, fn) ? OPERATORS[fn] : undefined;
    if (operation === undefined) return refuse(frame.parsed, `the operator ${node.op} cannot be part of a theory`, undefined, "use + - * / ^");
    return this.#builder.call(operation, args.map((arg) => this.#node(arg, frame)));
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
      return this.#expand(definition, args.map((arg) => this.#node(arg, frame)), frame, place);
    }
    const operation = functionNamed(name);
    if (operation === undefined) {
      if (this.#names?.has(name) === true || frame.locals.has(name)) {
        return refuse(frame.parsed, `${name} is not a function`, [place, name], `write ${name}*(…) to multiply`);
      }
      const near = closest(name, [...FUNCTION_NAMES, ...this.#definitions.keys()]);
      return refuse(frame.parsed, `unknown function "${name}"`, [place, name], near === undefined ? `known functions: ${FUNCTION_NAMES.join(", ")}` : `did you mean "${near}"?`);
    }
    const arity = arityOf(operation);
    if (arity === Infinity ? args.length < 2 : args.length !== arity) {
      refuse(frame.parsed, `${name} takes ${arity === Infinity ? "two or more arguments" : plural(arity, "argument")}, not ${args.length}`, [place, name]);
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
    if (variable.type !== "SymbolNode") return refuse(frame.parsed, `integrate needs a name as its variable, not ${variable.toString()}`, [place, "integrate"], usage);
    const { name } = variable as SymbolNode;
    if (frame.locals.has(name) || this.#names?.has(name) === true || this.#definitions.has(name) || !isUsableName(name)) {
      refuse(frame.parsed, `the integration variable ${name} already means something else`, [frame.parsed.places.get(variable), name], "choose another letter for it");
    }
    const nodes = count === undefined ? DEFAULT_NODES : Number((count as ConstantNode).value);
    if (!Number.isInteger(nodes) || nodes < 2 || nodes > MOST_NODES) {
      refuse(frame.parsed, `integrate cannot use ${count?.toString()} nodes`, [place, "integrate"], `give a whole number from 2 to ${MOST_NODES}`);
    }
    const bound = this.#builder.variable(name, frame.level, this.#node(from, frame), this.#node(to, frame), nodes);
    const inner: Frame = { ...frame, locals: new Map([...frame.locals, [name, bound]]), level: frame.level + 1 };
    return this.#builder.integral(bound, this.#node(body, inner));
  }

  #expand(definition: Definition, args: readonly Expression[], frame: Frame, place: number | undefined): Expression {
    if (frame.stack.includes(definition.name)) {
      refuse(frame.parsed, `the definition of ${definition.name} uses itself`, [place, definition.name], `${[...frame.stack, definition.name].join(" → ")} must end somewhere`);
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

function parseText(source: ExpressionText): Parsed {
  // Line breaks separate statements in mathjs; in a theory they are only layout.
  const text = source.text.replace(/[\r\n\t]/g, " ");
  const clean = { ...source, text };
  const unplaced: Parsed = { source: clean, root: undefined as unknown as MathNode, places: new Map() };
  if (text.length > LONGEST_TEXT) refuse({ ...unplaced, source: { ...clean, text: "" } }, `the expression has ${text.length} characters`, undefined, `write at most ${LONGEST_TEXT}`);
  const comment = text.indexOf("#");
  if (comment >= 0) refuse(unplaced, "# cannot be part of a theory", [comment, "#"]);
  let root: MathNode;
  try {
    root = mathjsParser()(text);
  } catch (error) {
    const { char, message } = error as { char?: number; message: string };
    if (error instanceof RangeError) return refuse({ ...unplaced, source: { ...clean, text: "" } }, "the expression is nested too deeply");
    if (char === undefined) throw error;
    return refuse(unplaced, `syntax error: ${message.replace(/ \(char \d+\)$/, "").toLowerCase()}`, [Math.min(char - 1, text.length), ""]);
  }
  return { source: clean, root, places: placesOf(root, text) };
}

/** Pairs the names of the tree, in reading order, with the names in the text. */
function placesOf(root: MathNode, text: string): Map<MathNode, number> {
  const tokens = [...text.matchAll(/[\p{L}_$][\p{L}\p{N}_$]*/gu)];
  const places = new Map<MathNode, number>();
  let next = 0;
  root.traverse((node) => {
    if (node.type !== "SymbolNode") return;
    const { name } = node as SymbolNode;
    // A number's exponent (1e5) is a token that is no name, hence the search instead of a plain step.
    while (next < tokens.length && tokens[next]?.[0] !== name) next++;
    const token = tokens[next++];
    if (token !== undefined) places.set(node, token.index);
  });
  return places;
}

/** Throws ARGUMENT showing the text with the place marked, on one line. */
function refuse({ source }: Parsed, what: string, mark?: readonly [place: number | undefined, name: string], hint?: string): never {
  const [place, name] = mark ?? [undefined, ""];
  const { text, field, at } = source;
  const shown = place === undefined ? cut(text) : marked(text, place, name.length);
  throw new TetradError("ARGUMENT", {
    op: field,
    what: place === undefined ? what : `${what} at character ${place + 1}`,
    ...(text !== "" && { got: shown }),
    at,
    hint,
  });
}

function cut(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}

/** The neighbourhood of a place with the place itself between ▸ and ◂: a caret on a line of its own would not survive a log. */
function marked(text: string, place: number, length: number): string {
  const from = Math.max(0, place - 30);
  const to = Math.min(text.length, place + length + 30);
  return `${from > 0 ? "…" : ""}${text.slice(from, place)}▸${text.slice(place, place + length)}◂${text.slice(place + length, to)}${to < text.length ? "…" : ""}`;
}

function plural(count: number, noun: string): string {
  return count === 0 ? `no ${noun}s` : `${count} ${noun}${count === 1 ? "" : "s"}`;
}
