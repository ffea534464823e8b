/** config.json as Hugging Face writes it, read field by field, so that a missing or misshaped one is named. */

import { closest, type Json, type JsonObject, TetradError } from "@tetrad/engine";

export class ConfigFields {
  constructor(
    readonly json: JsonObject,
    /** The file, for messages. */
    readonly source = "config.json",
  ) {}

  /** A whole number above 0. @throws TetradError FORMAT */
  whole(name: string, fallback?: number): number {
    return this.#field(name, fallback, "a whole number above 0", (value) => Number.isInteger(value) && (value as number) > 0) as number;
  }

  /** @throws TetradError FORMAT */
  real(name: string, fallback?: number): number {
    return this.#field(name, fallback, "a number", (value) => typeof value === "number" && Number.isFinite(value)) as number;
  }

  /** @throws TetradError FORMAT */
  text(name: string, fallback?: string): string {
    return this.#field(name, fallback, "a string", (value) => typeof value === "string") as string;
  }

  /** @throws TetradError FORMAT */
  flag(name: string, fallback: boolean): boolean {
    return this.#field(name, fallback, "true or false", (value) => typeof value === "boolean") as boolean;
  }

  /** A token's number; undefined where the model has none. @throws TetradError FORMAT */
  token(name: string): number | undefined {
    const value = this.json[name];
    if (value === undefined || value === null) return undefined;
    return this.#field(name, undefined, "a token's number", (id) => Number.isInteger(id) && (id as number) >= 0) as number;
  }

  /** A nested object; undefined where there is none. */
  part(name: string): ConfigFields | undefined {
    const value = this.json[name];
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? new ConfigFields(value as JsonObject, `${this.source}, ${name}`) : undefined;
  }

  /** Only one value of a field is built. @throws TetradError UNSUPPORTED for another */
  only(name: string, ...values: readonly Json[]): void {
    const value = this.json[name];
    if (value === undefined || value === null || values.includes(value)) return;
    throw new TetradError("UNSUPPORTED", {
      op: this.source,
      what: `${name} has a value that is not built`,
      got: JSON.stringify(value),
      expected: values.map((known) => JSON.stringify(known)).join(" or "),
    });
  }

  #field(name: string, fallback: Json | undefined, expected: string, valid: (value: Json) => boolean): Json {
    const value = this.json[name] ?? fallback;
    if (value !== undefined && valid(value)) return value;
    const near = value === undefined ? closest(name, Object.keys(this.json)) : undefined;
    throw new TetradError("FORMAT", {
      op: this.source,
      what: value === undefined ? `"${name}" is missing` : `"${name}" has a value of the wrong kind`,
      ...(value !== undefined && { got: JSON.stringify(value).slice(0, 60) }),
      expected,
      hint: near === undefined ? "is this a model's config.json?" : `the file has "${near}"`,
    });
  }
}
