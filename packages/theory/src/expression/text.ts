/** The text side of theories: mathjs's grammar of numbers, where names stand, and errors that show the place. */

import { TetradError } from "@tetrad/engine";
import { OperatorNode, ParenthesisNode, parseGrammar, SymbolNode, type SyntaxNode } from "./grammar.js";
import { FUNCTION_NAMES } from "./operations.js";

/** One expression's text and where it stands, for messages. */
export interface ExpressionText {
  readonly text: string;
  /** What it is: "model", "derived.age". */
  readonly field: string;
  /** `file:line`. */
  readonly at?: string | undefined;
}

/** Numbers that every theory knows. */
export const BUILT_IN: Readonly<Record<string, number>> = { pi: Math.PI };

/** A page of formula; the parser's recursion stays far from the stack's end. */
const LONGEST_TEXT = 10_000;

/** Words that mathjs reads as operators, and the one key that a plain object cannot hold. */
const RESERVED: readonly string[] = ["and", "or", "xor", "not", "mod", "to", "in", "end", "__proto__"];

/** True for a name that mathjs reads as one symbol and that no function or constant has taken. */
export function isUsableName(name: string): boolean {
  if (FUNCTION_NAMES.includes(name) || Object.hasOwn(BUILT_IN, name) || RESERVED.includes(name)) return false;
  if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) return false;
  try {
    const node = parseGrammar(`(${name}) + 1`);
    const inner = node instanceof OperatorNode ? node.args[0] : undefined;
    return inner instanceof ParenthesisNode && inner.content instanceof SymbolNode && inner.content.name === name;
  } catch {
    return false;
  }
}

export interface Parsed {
  readonly source: ExpressionText;
  readonly root: SyntaxNode;
  /** Where each name stands in the text; mathjs does not keep it. */
  readonly places: ReadonlyMap<SyntaxNode, number>;
}

export function parseText(source: ExpressionText): Parsed {
  // Line breaks separate statements in mathjs; in a theory they are only layout.
  const text = source.text.replace(/[\r\n\t]/g, " ");
  const clean = { ...source, text };
  const unplaced: Parsed = { source: clean, root: undefined as unknown as SyntaxNode, places: new Map() };
  if (text.length > LONGEST_TEXT)
    refuse(
      { ...unplaced, source: { ...clean, text: "" } },
      `the expression has ${text.length} characters`,
      undefined,
      `write at most ${LONGEST_TEXT}`,
    );
  const comment = text.indexOf("#");
  if (comment >= 0) refuse(unplaced, "# cannot be part of a theory", [comment, "#"]);
  let root: SyntaxNode;
  try {
    root = parseGrammar(text);
  } catch (error) {
    const { char, message } = error as { char?: number; message: string };
    if (error instanceof RangeError) return refuse({ ...unplaced, source: { ...clean, text: "" } }, "the expression is nested too deeply");
    if (char === undefined) throw error;
    return refuse(unplaced, `syntax error: ${message.replace(/ \(char \d+\)$/, "").toLowerCase()}`, [Math.min(char - 1, text.length), ""]);
  }
  return { source: clean, root, places: placesOf(root, text) };
}

/** Pairs the names of the tree, in reading order, with the names in the text. */
function placesOf(root: SyntaxNode, text: string): Map<SyntaxNode, number> {
  const tokens = [...text.matchAll(/[\p{L}_$][\p{L}\p{N}_$]*/gu)];
  const places = new Map<SyntaxNode, number>();
  let next = 0;
  root.traverse((node) => {
    if (!(node instanceof SymbolNode)) return;
    const { name } = node;
    // A number's exponent (1e5) is a token that is no name, hence the search instead of a plain step.
    while (next < tokens.length && tokens[next]?.[0] !== name) next++;
    const token = tokens[next++];
    if (token !== undefined) places.set(node, token.index);
  });
  return places;
}

/** Throws ARGUMENT showing the text with the place marked, on one line. */
export function refuse({ source }: Parsed, what: string, mark?: readonly [place: number | undefined, name: string], hint?: string): never {
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

/** Where a part of the text stands, from its first name to its last; undefined for a part without names. */
export function span({ source, places }: Parsed, part: SyntaxNode): readonly [place: number, text: string] | undefined {
  let [from, to] = [Infinity, -Infinity];
  part.traverse((node) => {
    const place = places.get(node);
    if (place === undefined) return;
    from = Math.min(from, place);
    to = Math.max(to, place + (node as SymbolNode).name.length);
  });
  return from < to ? [from, source.text.slice(from, to)] : undefined;
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

export function plural(count: number, noun: string): string {
  return count === 0 ? `no ${noun}s` : `${count} ${noun}${count === 1 ? "" : "s"}`;
}
