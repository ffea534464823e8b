/**
 * mathjs's grammar with nodes of our own: its parser takes the classes of what it builds from outside. Its own nodes can also evaluate, compile and typeset,
 * and bring functions of every type with them: 33 of the 37 kB (gzipped) that a page would load for its parser.
 */

import * as mathjs from "mathjs/number";

/** A part of a formula, as far as this package reads them. */
export interface SyntaxNode {
  readonly type: string;
  /** As one would write it, for messages. */
  toString(): string;
  /** This and all parts in the order of the text, as far as formulas may hold them. */
  traverse(visit: (node: SyntaxNode) => void): void;
}

abstract class Base implements SyntaxNode {
  abstract readonly type: string;

  /** What the parser asks to know a node of its own. */
  get isNode(): boolean {
    return true;
  }

  protected get parts(): readonly SyntaxNode[] {
    return [];
  }

  toString(): string {
    return this.type;
  }

  traverse(visit: (node: SyntaxNode) => void): void {
    visit(this);
    for (const part of this.parts) part.traverse(visit);
  }
}

export class ConstantNode extends Base {
  readonly type = "ConstantNode";
  readonly isConstantNode = true;

  /** @param value a number, a text, true, false, null, or undefined for no formula at all */
  constructor(readonly value: unknown) {
    super();
  }

  override toString(): string {
    return typeof this.value === "string" ? JSON.stringify(this.value) : String(this.value);
  }
}

export class SymbolNode extends Base {
  readonly type = "SymbolNode";
  readonly isSymbolNode = true;

  constructor(readonly name: string) {
    super();
  }

  override toString(): string {
    return this.name;
  }
}

export class OperatorNode extends Base {
  readonly type = "OperatorNode";
  readonly isOperatorNode = true;

  constructor(
    /** As it is written. */
    readonly op: string,
    /** By name, such as `add`. */
    readonly fn: string,
    readonly args: readonly SyntaxNode[],
    /** A product without a sign. */
    readonly implicit = false,
    readonly isPercentage = false,
  ) {
    super();
  }

  protected override get parts(): readonly SyntaxNode[] {
    return this.args;
  }

  override toString(): string {
    const [first, second] = this.args;
    if (second === undefined) return this.op === "!" || this.op === "'" ? `${first}${this.op}` : `${this.op}${first}`;
    return this.args.join(this.implicit ? " " : ` ${this.op} `);
  }
}

export class FunctionNode extends Base {
  readonly type = "FunctionNode";
  readonly isFunctionNode = true;

  constructor(
    readonly fn: SyntaxNode,
    readonly args: readonly SyntaxNode[],
  ) {
    super();
  }

  /** By which the parser knows what `f(x) = …` defines. */
  get name(): string {
    return this.fn.toString();
  }

  protected override get parts(): readonly SyntaxNode[] {
    return [this.fn, ...this.args];
  }

  override toString(): string {
    return `${this.fn}(${this.args.join(", ")})`;
  }
}

export class ParenthesisNode extends Base {
  readonly type = "ParenthesisNode";

  constructor(readonly content: SyntaxNode) {
    super();
  }

  protected override get parts(): readonly SyntaxNode[] {
    return [this.content];
  }

  override toString(): string {
    return `(${this.content})`;
  }
}

export class ArrayNode extends Base {
  readonly type = "ArrayNode";

  constructor(readonly items: readonly SyntaxNode[]) {
    super();
  }

  protected override get parts(): readonly SyntaxNode[] {
    return this.items;
  }

  override toString(): string {
    return `[${this.items.join(", ")}]`;
  }
}

/** `a.b` and `a[i]`, which the parser looks into when they are assigned to or called. */
class AccessorNode extends Base {
  readonly type = "AccessorNode";
  readonly isAccessorNode = true;

  constructor(
    readonly object: SyntaxNode,
    readonly index: SyntaxNode,
    readonly optionalChaining = false,
  ) {
    super();
  }
}

/** What mathjs can read and a theory cannot hold; its parts are of no use to anyone. */
function refused(type: string): new () => SyntaxNode {
  return class extends Base {
    readonly type = type;
  };
}

const NODES = {
  AccessorNode,
  ArrayNode,
  AssignmentNode: refused("AssignmentNode"),
  BlockNode: refused("BlockNode"),
  ConditionalNode: refused("ConditionalNode"),
  ConstantNode,
  FunctionAssignmentNode: refused("FunctionAssignmentNode"),
  FunctionNode,
  IndexNode: refused("IndexNode"),
  ObjectNode: refused("ObjectNode"),
  OperatorNode,
  ParenthesisNode,
  RangeNode: refused("RangeNode"),
  RelationalNode: refused("RelationalNode"),
  SymbolNode,
};

type Parse = (text: string) => SyntaxNode;

/** A function of several types of arguments, of which only one is used here. */
const typed = Object.assign((_: string, signatures: { readonly string: Parse }): Parse => signatures.string, { addConversion: () => {} });

type CreateParse = (needs: object) => Parse;

let parser: Parse | undefined;

/** @throws SyntaxError with `char`, the place counted from 1 */
export function parseGrammar(text: string): SyntaxNode {
  // Made on first use: importing this package runs nothing.
  // Not in mathjs's types; named as a member, so that bundlers see that nothing else is used.
  parser ??= (mathjs as unknown as { readonly createParse: CreateParse }).createParse({
    ...NODES,
    typed,
    numeric: (digits: string) => Number(digits),
    config: { number: "number", numberFallback: "number" },
  });
  return parser(text);
}
