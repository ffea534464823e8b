/** Reads a preprocessing back from a model's config.json, which may have been edited or damaged. */
import { TetradError } from "../errors.js";
import type { Preprocessing } from "./preprocess.js";

/**
 * @param source file name for messages
 * @throws TetradError FORMAT naming the field that is wrong
 */
export function parsePreprocessing(json: unknown, source: string): Preprocessing {
  const fail = (field: string, expected: string): never => {
    throw new TetradError("FORMAT", {
      op: source,
      what: `preprocessing.${field} is wrong`,
      expected,
      hint: "the file was edited or written by another version; train the model again",
    });
  };
  const object = (value: unknown, field: string): Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : fail(field, "an object");
  const check = (condition: boolean, field: string, expected: string): void => {
    if (!condition) fail(field, expected);
  };
  const standardised = (value: Record<string, unknown>, field: string): void => {
    check(Number.isFinite(value["mean"]), `${field}.mean`, "a number");
    check(Number.isFinite(value["scale"]) && (value["scale"] as number) > 0, `${field}.scale`, "a number above 0");
  };
  const texts = (value: unknown, field: string): void =>
    check(
      Array.isArray(value) && value.every((text) => typeof text === "string") && new Set(value).size === value.length,
      field,
      "different texts",
    );

  const root = object(json, "");
  check(root["version"] === 1, "version", "1");
  check(["error", "drop", "impute"].includes(root["missing"] as string), "missing", "error, drop or impute");
  check(["error", "zeros"].includes(root["unseen"] as string), "unseen", "error or zeros");
  const inputs = root["inputs"];
  if (!Array.isArray(inputs) || inputs.length === 0) return fail("inputs", "a list of at least one input");
  for (const [i, value] of inputs.entries()) {
    const field = `inputs[${i}]`;
    const input = object(value, field);
    check(typeof input["name"] === "string", `${field}.name`, "a text");
    if (input["kind"] === "number") standardised(input, field);
    else if (input["kind"] === "category") {
      texts(input["categories"], `${field}.categories`);
      check(typeof input["mostFrequent"] === "string", `${field}.mostFrequent`, "a text");
    } else fail(`${field}.kind`, "number or category");
  }
  const target = object(root["target"], "target");
  check(typeof target["name"] === "string", "target.name", "a text");
  if (target["kind"] === "number") standardised(target, "target");
  else if (target["kind"] === "label") texts(target["labels"], "target.labels");
  else fail("target.kind", "number or label");
  return json as Preprocessing;
}
