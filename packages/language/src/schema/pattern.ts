/** `pattern`: a part of JavaScript's regular expressions as an expression over the bytes of a JSON string. */

import { TetradError } from "@tetrad/engine";
import { anyCharacter, character, oneOfCharacters } from "./characters.js";
import type { Expression, Expressions } from "./expression.js";

const codesOf = (text: string): number[] => [...text].map((c) => c.charCodeAt(0));
const range = (from: string, to: string) =>
  Array.from({ length: to.charCodeAt(0) - from.charCodeAt(0) + 1 }, (_, i) => from.charCodeAt(0) + i);
/** Characters that a string can have and that are ASCII */
const ASCII = [...codesOf("\b\f\n\r\t"), ...range(" ", "~")];
const CLASSES: Readonly<Record<string, readonly number[]>> = {
  d: range("0", "9"),
  w: [...range("0", "9"), ...range("A", "Z"), ...range("a", "z"), ...codesOf("_")],
  s: codesOf("\t\n\f\r "),
};
const CONTROLS: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", f: "\f" };

/**
 * Characters, `.`, `\d \w \s` and their opposites, sets, groups, `|`, `? * +` and `{m,n}`; `^` at the beginning and `$` at the end, without which anything may stand there.
 * @param at where the schema has it
 * @throws TetradError UNSUPPORTED for anything else
 */
export function patternOf(make: Expressions, source: string, at: string): Expression {
  return new Reader(make, source, at).whole();
}

class Reader {
  #at = 0;

  constructor(
    private readonly make: Expressions,
    private readonly source: string,
    private readonly place: string,
  ) {}

  whole(): Expression {
    const anything = this.make.repeat(anyCharacter(this.make), 0, Number.POSITIVE_INFINITY);
    const before = this.#take("^") ? this.make.empty : anything;
    const middle = this.#options();
    const after = this.#take("$") ? this.make.empty : anything;
    if (this.#at < this.source.length) this.#refuse();
    // ^a|b$ would anchor only one side of each.
    if ((before === this.make.empty || after === this.make.empty) && this.#topLevelBar)
      this.#refuse("put what | separates into a group: ^(a|b)$");
    return this.make.sequence(before, middle, after);
  }

  #topLevelBar = false;
  #depth = 0;

  #options(): Expression {
    const options = [this.#sequence()];
    while (this.#take("|")) {
      this.#topLevelBar ||= this.#depth === 0;
      options.push(this.#sequence());
    }
    return this.make.either(...options);
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    while (this.#at < this.source.length && !"|)$".includes(this.source[this.#at] as string)) parts.push(this.#counted(this.#atom()));
    return this.make.sequence(...parts);
  }

  #counted(part: Expression): Expression {
    const many = Number.POSITIVE_INFINITY;
    if (this.#take("?")) return this.make.optional(part);
    if (this.#take("*")) return this.make.repeat(part, 0, many);
    if (this.#take("+")) return this.make.repeat(part, 1, many);
    const [whole, min, comma, max] = /^\{(\d+)(,?)(\d*)\}/.exec(this.source.slice(this.#at)) ?? [];
    if (whole === undefined) return part;
    this.#at += whole.length;
    return this.make.repeat(part, Number(min), comma === "" ? Number(min) : max === "" ? many : Number(max));
  }

  #atom(): Expression {
    if (this.#take("(")) {
      if (this.#take("?") && !this.#take(":")) this.#refuse();
      this.#depth += 1;
      const inner = this.#options();
      this.#depth -= 1;
      if (!this.#take(")")) this.#refuse();
      return inner;
    }
    if (this.#take("[")) return this.#set();
    if (this.#take(".")) return oneOfCharacters(this.make, new Set(ASCII.filter((code) => code !== 10 && code !== 13)), true);
    if (this.source[this.#at] === "\\") {
      const { codes, beyond } = this.#escape();
      return oneOfCharacters(this.make, new Set(codes), beyond);
    }
    const c = String.fromCodePoint(this.source.codePointAt(this.#at) as number);
    if ("^*+?{}])".includes(c)) this.#refuse();
    this.#at += c.length;
    return character(this.make, c);
  }

  /** What stands behind a backslash */
  #escape(): { readonly codes: readonly number[]; readonly beyond: boolean } {
    this.#at += 1;
    const c = this.source[this.#at] ?? "";
    this.#at += 1;
    const named = CLASSES[c.toLowerCase()];
    if (named !== undefined) {
      return c === c.toLowerCase()
        ? { codes: named, beyond: false }
        : { codes: ASCII.filter((code) => !named.includes(code)), beyond: true };
    }
    const control = CONTROLS[c];
    if (control !== undefined) return { codes: codesOf(control), beyond: false };
    if (!/[^A-Za-z0-9]/.test(c)) {
      this.#at -= 2;
      this.#refuse();
    }
    return { codes: codesOf(c), beyond: false };
  }

  #set(): Expression {
    const not = this.#take("^");
    const codes = new Set<number>();
    let beyond = false;
    while (!this.#take("]")) {
      const from = this.#member();
      if (from.codes.length === 1 && this.source[this.#at] === "-" && this.source[this.#at + 1] !== "]") {
        this.#at += 1;
        const to = this.#member();
        if (to.codes.length !== 1) this.#refuse();
        for (let code = from.codes[0] as number; code <= (to.codes[0] as number); code++) codes.add(code);
        continue;
      }
      for (const code of from.codes) codes.add(code);
      beyond ||= from.beyond;
    }
    return not
      ? oneOfCharacters(this.make, new Set(ASCII.filter((code) => !codes.has(code))), !beyond)
      : oneOfCharacters(this.make, new Set(ASCII.filter((code) => codes.has(code))), beyond);
  }

  #member(): { readonly codes: readonly number[]; readonly beyond: boolean } {
    const c = this.source[this.#at];
    if (c === "\\") return this.#escape();
    // Sets of letters beyond ASCII are left out.
    if (c === undefined || c.charCodeAt(0) > 0x7e) this.#refuse();
    this.#at += 1;
    return { codes: codesOf(c as string), beyond: false };
  }

  #take(c: string): boolean {
    if (this.source[this.#at] !== c) return false;
    this.#at += 1;
    return true;
  }

  #refuse(hint?: string): never {
    throw new TetradError("UNSUPPORTED", {
      op: "schema",
      what: `this pattern is not built, from character ${this.#at + 1} on`,
      got: `${JSON.stringify(this.source)} at ${this.place}`,
      expected: String.raw`characters, . \d \w \s, [sets], (groups), |, ? * + {m,n}, ^ at the beginning and $ at the end`,
      hint,
    });
  }
}
