/** What may stand in a theory file, key by key. */

import * as z from "zod/mini";
import { ROBUST_LOSSES } from "./theory.js";
import type { Path, TheorySource } from "./theory-source.js";

const text = z.string("text");
const number = z.custom<number>((value) => typeof value === "number" && Number.isFinite(value), "a finite number");
const bound = z.custom<number>((value) => typeof value === "number" && !Number.isNaN(value), "a number, .inf or -.inf");
const formula = z.union([z.string(), number], "a formula");
const names = z.union([z.string(), z.array(z.string()).check(z.minLength(1))], "a column name or a list of column names");

const parameterSchema = z.strictObject(
  {
    start: number,
    bounds: z.optional(z.tuple([bound, bound], "two numbers, [low, high]")),
    prior: z.optional(z.union([z.literal("flat"), z.strictObject({ normal: z.tuple([number, number]) })], "flat or {normal: [mean, sd]}")),
    unit: z.optional(text),
    latex: z.optional(text),
    fixed: z.optional(z.boolean("true or false")),
  },
  "a block {start, bounds, prior, unit, latex, fixed}",
);
const dataSchema = z.strictObject(
  {
    x: names,
    y: text,
    error: z.optional(text),
    covariance: z.optional(text),
    file: z.optional(text),
    format: z.optional(z.enum(["table", "supernovae", "bao", "hz", "bandpowers"], "table, supernovae, bao, hz or bandpowers")),
    units: z.optional(z.record(z.string(), text, "a block of column: unit")),
  },
  "a block {x, y, error, covariance, file, format, units}",
);
const nuisance = z.enum(["offset", "scale"], "offset or scale");
const marginaliseSchema = z.union([nuisance, z.array(nuisance)], "offset, scale or both in a list");
const likelihoodSchema = z.union(
  [
    z.literal("gaussian"),
    z.literal("poisson"),
    z.strictObject({ student: number }),
    z.strictObject({ huber: number }),
    z.strictObject({ soft_l1: number }),
    z.strictObject({ cauchy: number }),
  ],
  "gaussian, poisson, {student: degrees of freedom}, {huber: scale}, {soft_l1: scale} or {cauchy: scale}",
);
const setSchema = z.strictObject(
  { model: formula, data: dataSchema, likelihood: z.optional(likelihoodSchema), marginalise: z.optional(marginaliseSchema) },
  "a block {model, data, likelihood, marginalise}",
);
const constantSchema = z.union([number, z.strictObject({ value: number, unit: text })], "a number, or {value, unit}");
const derivedSchema = z.union(
  [formula, z.strictObject({ expression: formula, unit: z.optional(text), latex: z.optional(text) })],
  "a formula, or {expression, unit, latex}",
);
const limitSchema = z.strictObject(
  {
    name: text,
    when: z.optional(z.record(z.string(), number, "a block of name: number")),
    formula: z.optional(formula),
    equals: formula,
    within: z.optional(number),
  },
  "a block {name, when, formula, equals, within}",
);
const theorySchema = z.strictObject(
  {
    name: text,
    title: z.optional(text),
    description: z.optional(text),
    use: z.optional(z.literal("cosmology", "cosmology")),
    model: z.optional(formula),
    models: z.optional(z.record(z.string(), formula, "a block of name: formula")),
    definitions: z.optional(z.record(z.string(), formula, "a block of name: formula or name(argument): formula")),
    data: z.optional(dataSchema),
    datasets: z.optional(z.record(z.string(), setSchema, "a block of name: {model, data, …}")),
    parameters: z.record(z.string(), parameterSchema, "a block of parameters"),
    constants: z.optional(z.record(z.string(), constantSchema, "a block of name: number")),
    derived: z.optional(z.record(z.string(), derivedSchema, "a block of name: formula")),
    constraints: z.optional(z.array(formula, "a list of comparisons")),
    limits: z.optional(z.array(limitSchema, "a list of {name, when, formula, equals, within}")),
    likelihood: z.optional(likelihoodSchema),
    marginalise: z.optional(marginaliseSchema),
  },
  "a block {name, model, data, parameters, …}",
);

export type TheoryYaml = z.infer<typeof theorySchema>;
export type DataYaml = z.infer<typeof dataSchema>;
export type SetYaml = z.infer<typeof setSchema>;

/** Laws of errors that have a number. */
const LAWS = ["student", ...ROBUST_LOSSES];

/** Keys that a place in the file may have, for "did you mean". */
function keysAt(path: Path): readonly string[] {
  const [first, , third] = path;
  const shapeOf = (schema: { readonly _zod: { readonly def: { readonly shape: object } } }): string[] => Object.keys(schema._zod.def.shape);
  if (path.length === 0) return shapeOf(theorySchema);
  if (first === "data" || third === "data") return shapeOf(dataSchema);
  if (first === "datasets") return third === "likelihood" ? LAWS : shapeOf(setSchema);
  if (first === "parameters") return path.length === 2 ? shapeOf(parameterSchema) : ["normal"];
  if (first === "limits") return shapeOf(limitSchema);
  if (first === "constants") return ["value", "unit"];
  if (first === "likelihood") return LAWS;
  return ["expression", "unit", "latex"];
}

/** @throws ARGUMENT with file and line for anything else than the schema admits */
export function readSchema(source: TheorySource): TheoryYaml {
  const result = theorySchema.safeParse(source.value);
  return result.success ? result.data : source.failSchema(result.error.issues, keysAt);
}
