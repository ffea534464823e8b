/** Which tokens may come next so that a text becomes a document of a schema, and is one before its tokens are used up. */

import { type Json, TetradError } from "@tetrad/engine";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import { compileSchema } from "./compile.js";
import { type Expression, Expressions } from "./expression.js";

/** Tokens by their bytes, those with a beginning in common below one node */
interface Node {
  readonly children: Map<number, Node>;
  readonly ids: number[];
}

interface Vocabulary {
  readonly root: Node;
  readonly bytes: readonly (Uint8Array | undefined)[];
}

const vocabularies = new WeakMap<Tokenizer, Vocabulary>();

function vocabularyOf(tokenizer: Tokenizer): Vocabulary {
  const known = vocabularies.get(tokenizer);
  if (known !== undefined) return known;
  const bytes = tokenizer.bytes();
  const root: Node = { children: new Map(), ids: [] };
  bytes.forEach((own, id) => {
    if (own === undefined || own.length === 0) return;
    let node = root;
    for (const byte of own) {
      const next = node.children.get(byte) ?? { children: new Map(), ids: [] };
      node.children.set(byte, next);
      node = next;
    }
    node.ids.push(id);
  });
  // The shortest way to an end goes byte by byte.
  const lacking = Array.from({ length: 0x5f }, (_, i) => 0x20 + i).find((byte) => (root.children.get(byte)?.ids.length ?? 0) === 0);
  if (lacking !== undefined) {
    throw new TetradError("UNSUPPORTED", {
      op: "schema",
      what: "this tokenizer has no token for a character of its own",
      got: String.fromCharCode(lacking),
      expected: "a byte-level BPE, or one that falls back to bytes",
    });
  }
  const vocabulary = { root, bytes };
  vocabularies.set(tokenizer, vocabulary);
  return vocabulary;
}

/** States whose tokens are remembered: each takes two bytes a token of the vocabulary */
const REMEMBERED = 128;

/** What stands for a token that may not come, in the place of how many must follow it at most */
const NEVER = 0xffff;

/** A schema ready to guide texts by a tokenizer. */
export class SchemaGuide {
  readonly #make = new Expressions();
  readonly #vocabulary: Vocabulary;
  /** Of states: for each token how many bytes the shortest end after it has */
  readonly #needs = new Map<Expression, Uint16Array>();
  readonly start: Expression;

  /** @throws TetradError UNSUPPORTED, DATA for schemas and tokenizers that this cannot be done with */
  constructor(tokenizer: Tokenizer, schema: Json) {
    this.start = compileSchema(this.#make, schema);
    this.#vocabulary = vocabularyOf(tokenizer);
  }

  /** Whether nothing can follow */
  isOver(state: Expression): boolean {
    return state === this.#make.empty;
  }

  after(state: Expression, id: number): Expression {
    let now = state;
    for (const byte of this.#vocabulary.bytes[id] ?? []) now = this.#make.after(now, byte);
    return now;
  }

  /**
   * @param left tokens that may come, this one among them
   * @param ends tokens that end an answer, which may come once the document is whole
   * @returns (V), 1 for each token that may come
   */
  allowed(state: Expression, left: number, ends: ReadonlySet<number>, vocabulary: number): Uint8Array {
    const needs = this.#needsOf(state);
    const allowed = new Uint8Array(vocabulary);
    for (let id = 0; id < needs.length; id++) if ((needs[id] as number) < left) allowed[id] = 1;
    if (state.nullable) for (const id of ends) allowed[id] = 1;
    return allowed;
  }

  #needsOf(state: Expression): Uint16Array {
    const known = this.#needs.get(state);
    if (known !== undefined) return known;
    const needs = new Uint16Array(this.#vocabulary.bytes.length).fill(NEVER);
    const walk = ({ children, ids }: Node, now: Expression) => {
      for (const id of ids) needs[id] = Math.min(now.least, NEVER);
      for (const [byte, child] of children) {
        const next = this.#make.after(now, byte);
        if (next !== this.#make.none) walk(child, next);
      }
    };
    walk(this.#vocabulary.root, state);
    const [oldest] = this.#needs.keys();
    if (this.#needs.size === REMEMBERED && oldest !== undefined) this.#needs.delete(oldest);
    this.#needs.set(state, needs);
    return needs;
  }
}
