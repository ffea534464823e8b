/** Theory files: YAML text into theories, with every mistake named by file and line. The format is described in docs/theories.md. */

import { TetradError } from "@tetrad/engine";
import * as z from "zod/mini";
import type { Covariance } from "./covariance.js";
import { type Definition, parseExpression } from "./expression/parse.js";
import { isUsableName } from "./expression/text.js";
import { type Expression, namesIn, TreeBuilder } from "./expression/tree.js";
import type { DataColumns, Derived, Parameter, Prior, Theory } from "./theory.js";
import { type Path, YamlSource } from "./yaml-source.js";

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
  { x: names, y: text, error: z.optional(text), covariance: z.optional(text) },
  "a block {x, y, error, covariance}",
);
const derivedSchema = z.union(
  [formula, z.strictObject({ expression: formula, unit: z.optional(text), latex: z.optional(text) })],
  "a formula, or {expression, unit, latex}",
);
const theorySchema = z.strictObject(
  {
    name: text,
    title: z.optional(text),
    description: z.optional(text),
    model: z.optional(formula),
    models: z.optional(z.record(z.string(), formula, "a block of name: formula")),
    definitions: z.optional(z.record(z.string(), formula, "a block of name: formula or name(argument): formula")),
    data: dataSchema,
    parameters: z.record(z.string(), parameterSchema, "a block of parameters"),
    constants: z.optional(z.record(z.string(), number, "a block of name: number")),
    derived: z.optional(z.record(z.string(), derivedSchema, "a block of name: formula")),
    marginalise: z.optional(z.literal("offset", "offset")),
  },
  "a block {name, model, data, parameters, …}",
);

type TheoryYaml = z.infer<typeof theorySchema>;

/** Keys that a place in the file may have, for "did you mean". */
function keysAt(path: Path): readonly string[] {
  if (path.length === 0) return Object.keys(theorySchema._zod.def.shape);
  if (path[0] === "data") return Object.keys(dataSchema._zod.def.shape);
  if (path[0] === "parameters") return path.length === 2 ? Object.keys(parameterSchema._zod.def.shape) : ["normal"];
  return ["expression", "unit", "latex"];
}

export interface TheoryFileOptions {
  /** File name for messages; "theory" unless told. */
  readonly source?: string;
  /** Contents of the covariance file that the theory names, parsed. */
  readonly covariance?: Covariance | undefined;
}

/** Name of the covariance file that a theory file asks for, if any; it is read by the caller, since this package's core knows no file system. */
export function covarianceFile(yaml: string, source = "theory"): string | undefined {
  return readSchema(new YamlSource(source, yaml)).data.covariance;
}

/**
 * The theories of one file: one for `model`, one for each entry of `models`.
 * @throws FORMAT for text that is not YAML; ARGUMENT for unknown or missing keys, bounds that exclude the start, names used twice, formulas that cannot be read; each with file and line
 */
export function parseTheories(yaml: string, options: TheoryFileOptions = {}): Theory[] {
  const source = new YamlSource(options.source ?? "theory", yaml);
  const file = readSchema(source);
  if (file.data.covariance !== undefined && options.covariance === undefined) {
    source.fail(["data", "covariance"], "the covariance file was not given", {
      expected: file.data.covariance,
      hint: "use loadTheories, which reads it, or pass parseCovariance's result",
    });
  }
  if ((file.model === undefined) === (file.models === undefined)) {
    source.fail(file.model === undefined ? [] : ["models"], file.model === undefined ? "no model" : "both model and models", {
      expected: "one of model and models",
    });
  }
  const formulas: [name: string, path: Path, formula: string | number][] =
    file.model !== undefined
      ? [[file.name, ["model"], file.model]]
      : Object.entries(file.models ?? {}).map(([name, model]) => [`${file.name}/${name}`, ["models", name], model]);
  if (formulas.length === 0) source.fail(["models"], "no model in models");
  const reader = new TheoryReader(source, file, options.covariance);
  return formulas.map(([name, path, model]) => reader.theory(name, path, String(model), file.models !== undefined));
}

/** The theory of a file that holds one. Throws as `parseTheories`, and ARGUMENT for a file with several models. */
export function parseTheory(yaml: string, options: TheoryFileOptions = {}): Theory {
  const [theory, ...others] = parseTheories(yaml, options);
  if (theory === undefined || others.length > 0) {
    throw new TetradError("ARGUMENT", {
      op: options.source ?? "theory",
      what: "the file holds several models",
      got: `${others.length + 1}`,
      expected: "one",
      hint: "use parseTheories",
    });
  }
  return theory;
}

function readSchema(source: YamlSource): TheoryYaml {
  const result = theorySchema.safeParse(source.value);
  return result.success ? result.data : source.failSchema(result.error.issues, keysAt);
}

class TheoryReader {
  readonly #builder = new TreeBuilder();
  readonly #x: readonly string[];
  readonly #definitions: readonly Definition[];

  constructor(
    readonly source: YamlSource,
    readonly file: TheoryYaml,
    readonly covariance: Covariance | undefined,
  ) {
    this.#x = typeof file.data.x === "string" ? [file.data.x] : file.data.x;
    this.#definitions = Object.entries(file.definitions ?? {}).map(([key, formula]) => this.#definition(key, formula));
    this.#checkNames();
    if (file.data.error === undefined && file.data.covariance === undefined) {
      source.fail(["data"], "the data have neither errors nor a covariance", {
        expected: "error: a column of standard deviations, or covariance: a file",
        hint: "without errors there is no likelihood",
      });
    }
  }

  theory(name: string, path: Path, model: string, partial: boolean): Theory {
    const { file, source } = this;
    const fixedNames = [...Object.keys(file.parameters), ...Object.keys(file.constants ?? {})];
    const expression = this.#parse(model, path, [...this.#x, ...fixedNames]);
    const derived = Object.entries(file.derived ?? {}).map(([key, value]): Derived => {
      const block = typeof value === "object" ? value : { expression: value };
      return {
        name: key,
        expression: this.#parse(String(block.expression), ["derived", key], fixedNames),
        unit: block.unit,
        latex: block.latex,
      };
    });
    const used = namesIn(expression);
    const parameters: Parameter[] = [];
    for (const key of Object.keys(file.parameters)) {
      const parameter = this.#parameter(key);
      if (used.has(key) || parameter.fixed) parameters.push(parameter);
      else if (!partial) {
        source.fail(["parameters", key], "the model does not use this parameter", {
          hint: "no data could determine it: use it, remove it, or set fixed: true",
        });
      }
    }
    const known = new Set([...parameters.map((parameter) => parameter.name), ...Object.keys(file.constants ?? {})]);
    const data: DataColumns = { x: this.#x, y: file.data.y, error: file.data.error, covariance: this.covariance };
    return {
      name,
      title: file.title === undefined ? name : partial ? `${file.title}: ${path[1]}` : file.title,
      description: file.description,
      source: source.source,
      modelText: model.trim(),
      model: expression,
      data,
      parameters,
      constants: { ...file.constants },
      derived: derived.filter((one) => [...namesIn(one.expression)].every((key) => known.has(key))),
      marginaliseOffset: file.marginalise === "offset",
      at: source.at(path),
    };
  }

  #parse(formula: string, path: Path, known: readonly string[]): Expression {
    return parseExpression(
      { text: formula, field: path.join("."), at: this.source.at(path) },
      { names: known, definitions: this.#definitions, builder: this.#builder },
    );
  }

  #parameter(name: string): Parameter {
    const { source } = this;
    const path = ["parameters", name];
    const { start, bounds, prior, fixed, unit, latex } = this.file.parameters[name] as NonNullable<TheoryYaml["parameters"][string]>;
    const [lower, upper] = bounds ?? [-Infinity, Infinity];
    if (!(lower < upper))
      source.fail([...path, "bounds"], "the bounds hold no interval", { got: `[${lower}, ${upper}]`, expected: "low < high" });
    if (start < lower || start > upper) {
      source.fail([...path, "start"], "the bounds exclude the start", {
        got: `${start}`,
        expected: `a number in [${lower}, ${upper}]`,
        hint: "move the start or widen the bounds",
      });
    }
    let belief: Prior = { kind: "flat" };
    if (typeof prior === "object") {
      const [mean, sd] = prior.normal;
      if (!(sd > 0)) source.fail([...path, "prior"], "a normal prior needs a positive standard deviation", { got: `${sd}` });
      belief = { kind: "normal", mean, sd };
    }
    return { name, start, lower, upper, prior: belief, fixed: fixed ?? false, unit, latex, at: source.at(path) };
  }

  #definition(key: string, formula: string | number): Definition {
    const path = ["definitions", key];
    const match = /^\s*([^\s(),]+)\s*(?:\(([^()]*)\))?\s*$/u.exec(key);
    const args = match?.[2] === undefined ? [] : match[2].split(",").map((arg) => arg.trim());
    const name = match?.[1];
    const wrong = [name, ...args].find((one) => one === undefined || !isUsableName(one));
    if (name === undefined || match === null || wrong !== undefined || new Set(args).size !== args.length) {
      this.source.fail(path, "not a name, or a name with arguments", {
        got: key,
        expected: "E or E(z)",
        hint: "names are letters, digits and _; functions, pi and words such as in and to are taken",
      });
    }
    return { name, args, text: String(formula), field: path.join("."), at: this.source.at(path) };
  }

  /** Every name means one thing, and the parser can read it. */
  #checkNames(): void {
    const { file, source } = this;
    const taken = new Map<string, string>();
    const claim = (name: string, path: Path, what: string): void => {
      if (!isUsableName(name)) {
        source.fail(path, `"${name}" cannot be a ${what}'s name in a formula`, {
          hint: "use letters, digits and _; functions, pi and words such as in and to are taken",
        });
      }
      const owner = taken.get(name);
      if (owner !== undefined)
        source.fail(path, `the name ${name} is used twice`, { got: `a ${owner} and a ${what}`, hint: "rename one of them" });
      taken.set(name, what);
    };
    for (const name of this.#x) claim(name, ["data", "x"], "column");
    for (const name of Object.keys(file.parameters)) claim(name, ["parameters", name], "parameter");
    for (const name of Object.keys(file.constants ?? {})) claim(name, ["constants", name], "constant");
    for (const [i, key] of Object.keys(file.definitions ?? {}).entries())
      claim((this.#definitions[i] as Definition).name, ["definitions", key], "definition");
    for (const name of Object.keys(file.derived ?? {})) claim(name, ["derived", name], "derived quantity");
    if (Object.keys(file.parameters).length === 0) source.fail(["parameters"], "no parameters");
  }
}
