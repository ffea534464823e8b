/** YAML with line numbers: every complaint about a theory file names the line to change. */

import { TetradError } from "@tetrad/engine";
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument, visit } from "yaml";
import { type Path, TheorySource } from "./theory-source.js";

/** Files of this size are no theories; refusing them early keeps hostile YAML cheap. */
const LONGEST = 1_000_000;

export class YamlSource extends TheorySource {
  readonly #document: Document;
  readonly #lines = new LineCounter();
  readonly value: unknown;

  /** @throws FORMAT for text that is not YAML, with the line */
  constructor(source: string, text: string) {
    super(source);
    if (text.length > LONGEST)
      throw new TetradError("FORMAT", {
        op: source,
        what: "the file is too large for a theory",
        got: `${text.length} characters`,
        expected: `at most ${LONGEST}`,
      });
    this.#document = parseDocument(text.replace(/^\uFEFF/, ""), { lineCounter: this.#lines, prettyErrors: false });
    const [error] = this.#document.errors;
    if (error !== undefined) this.#refuse(error.message, error.pos[0]);
    visit(this.#document, {
      // A plain object takes this key as its prototype, so it would vanish without a word.
      Pair: (_, { key }) => {
        if (isScalar(key) && key.value === "__proto__") this.#refuse('"__proto__" cannot be a key', key.range?.[0] ?? 0);
      },
    });
    try {
      this.value = this.#document.toJS({ maxAliasCount: 100 });
    } catch (cause) {
      throw new TetradError(
        "FORMAT",
        {
          op: source,
          what: `not readable as YAML: ${(cause as Error).message}`,
          hint: "write values out instead of repeating them by aliases",
        },
        { cause },
      );
    }
  }

  /** `file:line` of the value at `path`, or of its key; of the nearest parent where it does not exist. */
  at(path: Path, which: "key" | "value" = "key"): string {
    for (let length = path.length; length >= 0; length--) {
      const offset = this.#offset(path.slice(0, length), length < path.length ? "value" : which);
      if (offset !== undefined) return `${this.source}:${this.#lines.linePos(offset).line}`;
    }
    return this.source;
  }

  #offset(path: Path, which: "key" | "value"): number | undefined {
    const parent: unknown = path.length === 0 ? this.#document.contents : this.#document.getIn(path.slice(0, -1), true);
    if (path.length === 0) return isNode(parent) ? parent.range?.[0] : undefined;
    const last = path[path.length - 1];
    if (which === "key" && isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === last);
      if (pair !== undefined && isNode(pair.key)) return pair.key.range?.[0];
      return undefined;
    }
    const node: unknown = this.#document.getIn(path, true);
    return isNode(node) ? node.range?.[0] : undefined;
  }

  #refuse(message: string, offset: number): never {
    const { line, col } = this.#lines.linePos(offset);
    throw new TetradError("FORMAT", {
      op: this.source,
      what: `not readable as YAML: ${(message.split("\n")[0] as string).replace(/[.:]$/, "")}`,
      at: `${this.source}:${line}`,
      hint: `look at column ${col} and at the indentation above it`,
    });
  }
}
