/** Whether a value fulfils a JSON schema whose objects have no other properties: as much of JSON Schema 2020-12 as texts are guided by, written apart from what guides them. */

import type { Json, JsonObject } from "@tetrad/engine";

const typeOf = (value: Json): string => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value);

export function fulfils(value: Json, given: Json): boolean {
  const schema = given as {
    readonly type?: string | readonly string[];
    readonly const?: Json;
    readonly enum?: readonly Json[];
    readonly anyOf?: readonly Json[];
    readonly properties?: JsonObject;
    readonly required?: readonly string[];
    readonly items?: Json;
    readonly minItems?: number;
    readonly maxItems?: number;
    readonly minLength?: number;
    readonly maxLength?: number;
    readonly pattern?: string;
  };
  const equal = (other: Json) => JSON.stringify(other) === JSON.stringify(value);
  if (schema.const !== undefined && !equal(schema.const)) return false;
  if (schema.enum !== undefined && !schema.enum.some(equal)) return false;
  if (schema.anyOf !== undefined && !schema.anyOf.some((option) => fulfils(value, option))) return false;
  const types = [schema.type ?? []].flat();
  const isType = (type: string) => (type === "integer" ? Number.isInteger(value) : type === typeOf(value));
  if (types.length > 0 && !types.some(isType)) return false;
  if (typeof value === "string") {
    const length = [...value].length;
    const fits = length >= (schema.minLength ?? 0) && length <= (schema.maxLength ?? Number.POSITIVE_INFINITY);
    return fits && (schema.pattern === undefined || new RegExp(schema.pattern, "u").test(value));
  }
  if (Array.isArray(value)) {
    const fits = value.length >= (schema.minItems ?? 0) && value.length <= (schema.maxItems ?? Number.POSITIVE_INFINITY);
    return fits && (schema.items === undefined || value.every((item) => fulfils(item, schema.items as Json)));
  }
  if (types.includes("object") && typeOf(value) === "object") {
    const own = value as JsonObject;
    const { properties = {}, required = [] } = schema;
    return (
      required.every((name) => Object.hasOwn(own, name)) &&
      Object.entries(own).every(([name, part]) => properties[name] !== undefined && fulfils(part, properties[name] as Json))
    );
  }
  return true;
}
