/** JSON files, whose damage has a name and a place. */
import { TetradError } from "../errors.js";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** @throws TetradError FORMAT, with `hint`, unless the bytes are JSON */
export function parseJson(bytes: Uint8Array, source: string, hint?: string): Json {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as Json;
  } catch (error) {
    throw new TetradError("FORMAT", { op: source, what: "this is not valid JSON", got: (error as Error).message, hint });
  }
}

/**
 * @param what the bytes are, for messages: "configuration"
 * @throws TetradError FORMAT, with `hint`, unless they are a JSON object
 */
export function parseJsonObject(
  bytes: Uint8Array,
  source: string,
  { what = "file", hint }: { what?: string; hint?: string } = {},
): JsonObject {
  const value = parseJson(bytes, source, hint);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new TetradError("FORMAT", { op: source, what: `the ${what} is not an object`, got: JSON.stringify(value).slice(0, 40), hint });
}
