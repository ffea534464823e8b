/** A JSON schema as an expression over the bytes of the documents that it holds of, written on one line. */

import { didYouMean, type Json, type JsonObject, TetradError } from "@tetrad/engine";
import { anyCharacter } from "./characters.js";
import type { Expression, Expressions } from "./expression.js";
import { patternOf } from "./pattern.js";

/** Keywords that say nothing of a document. */
const NOTES = ["title", "description", "default", "examples", "$schema", "$id", "$comment", "deprecated", "readOnly", "writeOnly"];

/** Keywords of each type; what only forbids what is never written, is true anyway. */
const KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  object: ["properties", "required", "additionalProperties"],
  array: ["items", "minItems", "maxItems"],
  string: ["minLength", "maxLength", "pattern"],
  integer: [],
  number: [],
  boolean: [],
  null: [],
};

/** Digits of a whole number: a float64 holds any of so many. */
const DIGITS = 15;

/** @throws TetradError UNSUPPORTED for keywords that are not built, by their names; DATA for a schema that is none, or that nothing fulfils */
export function compileSchema(make: Expressions, schema: Json): Expression {
  const document = new Compiler(make).value(schema, "#");
  if (document === make.none) throw new TetradError("DATA", { op: "schema", what: "no document fulfils this schema" });
  return make.sequence(make.optional(make.text(" ")), document);
}

class Compiler {
  readonly #character: Expression;
  readonly #space: Expression;

  constructor(private readonly make: Expressions) {
    this.#character = anyCharacter(make);
    this.#space = make.optional(make.text(" "));
  }

  /** @param at where in the schema it stands, as a JSON pointer */
  value(json: Json | undefined, at: string): Expression {
    if (typeof json !== "object" || json === null || Array.isArray(json))
      return refuse("DATA", at, "this is no schema", `${JSON.stringify(json)}`);
    const schema = json as JsonObject;
    for (const alone of ["const", "enum", "anyOf"]) if (alone in schema) return this.#choice(schema, alone, at);
    const types = [schema["type"]].flat() as readonly unknown[];
    const unknown = types.find((type) => typeof type !== "string" || !(type in KEYWORDS));
    if (unknown !== undefined || types[0] === undefined)
      return refuse(
        "UNSUPPORTED",
        at,
        "a schema must say the type of what it describes",
        `${JSON.stringify(unknown)}`,
        Object.keys(KEYWORDS),
      );
    checkKeywords(schema, ["type", ...types.flatMap((type) => KEYWORDS[type as string] as readonly string[])], at);
    return this.make.either(...types.map((type) => this.#typed(type as string, schema, at)));
  }

  #choice(schema: JsonObject, keyword: string, at: string): Expression {
    // A type beside values says what they show.
    checkKeywords(schema, keyword === "anyOf" ? [keyword] : [keyword, "type"], at);
    const value = schema[keyword] as Json;
    if (keyword === "const") return this.make.text(JSON.stringify(value));
    if (!Array.isArray(value)) return refuse("DATA", `${at}/${keyword}`, "this is no list", JSON.stringify(value));
    const options = value as readonly Json[];
    return this.make.either(
      ...options.map((option, i) => (keyword === "enum" ? this.make.text(JSON.stringify(option)) : this.value(option, `${at}/anyOf/${i}`))),
    );
  }

  #typed(type: string, schema: JsonObject, at: string): Expression {
    const { make } = this;
    switch (type) {
      case "object":
        return this.#object(schema, at);
      case "array":
        return this.#array(schema, at);
      case "string":
        return this.#string(schema, at);
      case "boolean":
        return make.either(make.text("true"), make.text("false"));
      case "null":
        return make.text("null");
      default:
        return this.#number(type === "integer");
    }
  }

  #number(whole: boolean): Expression {
    const { make } = this;
    const digit = make.byte([0x30, 0x39]);
    const integer = make.sequence(
      make.optional(make.text("-")),
      make.either(make.text("0"), make.sequence(make.byte([0x31, 0x39]), make.repeat(digit, 0, DIGITS - 1))),
    );
    if (whole) return integer;
    const fraction = make.sequence(make.text("."), make.repeat(digit, 1, DIGITS));
    const exponent = make.sequence(
      make.byte([0x45, 0x45], [0x65, 0x65]),
      make.optional(make.byte([0x2b, 0x2b], [0x2d, 0x2d])),
      make.repeat(digit, 1, 2),
    );
    return make.sequence(integer, make.optional(fraction), make.optional(exponent));
  }

  #string(schema: JsonObject, at: string): Expression {
    const { make } = this;
    const quote = make.text('"');
    const { pattern } = schema;
    if (pattern === undefined) {
      const [min, max] = limits(schema, "minLength", "maxLength", at);
      return make.sequence(quote, make.repeat(this.#character, min, max), quote);
    }
    if (typeof pattern !== "string") return refuse("DATA", `${at}/pattern`, "this is no pattern", JSON.stringify(pattern));
    if (schema["minLength"] !== undefined || schema["maxLength"] !== undefined)
      return refuse("UNSUPPORTED", at, "a pattern and limits of length together are not built", undefined, [
        "a pattern that counts: ^[a-z]{1,8}$",
      ]);
    return make.sequence(quote, patternOf(make, pattern, `${at}/pattern`), quote);
  }

  #array(schema: JsonObject, at: string): Expression {
    const { make } = this;
    const [min, max] = limits(schema, "minItems", "maxItems", at);
    const item = this.value(schema["items"], `${at}/items`);
    const more = make.repeat(make.sequence(make.text(","), this.#space, item), Math.max(0, min - 1), max - 1);
    const some = max === 0 ? make.empty : make.sequence(item, more);
    return make.sequence(make.text("["), min === 0 ? make.optional(some) : some, make.text("]"));
  }

  /** Properties in the schema's order, those that are not required present or not */
  #object(schema: JsonObject, at: string): Expression {
    const { make } = this;
    const { properties = {}, required = [] } = schema as { readonly properties?: JsonObject; readonly required?: readonly Json[] };
    const names = Object.keys(properties);
    const unknown = required.find((name) => !names.includes(name as string));
    if (unknown !== undefined)
      return refuse("UNSUPPORTED", `${at}/required`, "a required property must be described", JSON.stringify(unknown), names);
    let [first, later] = [make.empty, make.empty];
    for (const name of [...names].reverse()) {
      const value = this.value(properties[name], `${at}/properties/${name}`);
      const own = make.sequence(make.text(`${JSON.stringify(name)}:`), this.#space, value);
      const begun = make.sequence(own, later);
      const followed = make.sequence(make.text(","), this.#space, own, later);
      [first, later] = required.includes(name) ? [begun, followed] : [make.either(begun, first), make.either(followed, later)];
    }
    return make.sequence(make.text("{"), first, make.text("}"));
  }
}

function limits(schema: JsonObject, least: string, most: string, at: string): readonly [number, number] {
  const [min, max] = [schema[least] ?? 0, schema[most] ?? Number.POSITIVE_INFINITY] as const;
  const whole = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
  if (!whole(min) || (schema[most] !== undefined && !whole(max)) || (max as number) < (min as number))
    return refuse("DATA", at, `${least} and ${most} are no limits`, `${min} to ${max}`);
  return [min as number, max as number];
}

function checkKeywords(schema: JsonObject, built: readonly string[], at: string): void {
  const known = [...built, ...NOTES];
  const name = Object.keys(schema).find((keyword) => !known.includes(keyword));
  if (name === undefined) return;
  refuse("UNSUPPORTED", at, `the keyword "${name}" is not built here`, undefined, built, didYouMean(name, built));
}

function refuse(code: "UNSUPPORTED" | "DATA", at: string, what: string, got?: string, expected?: readonly string[], hint?: string): never {
  throw new TetradError(code, {
    op: `schema ${at}`,
    what,
    ...(got !== undefined && { got: got.slice(0, 60) }),
    ...(expected !== undefined && { expected: expected.join(", ") }),
    hint,
  });
}
