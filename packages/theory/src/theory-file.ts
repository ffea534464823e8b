/** Theory files: YAML text into theories, with every mistake named by file and line. The format is described in docs/theories.md. */

import { TetradError } from "@tetrad/engine";
import { COSMOLOGY_UNITS, cosmologyLibrary } from "./cosmology/library.js";
import { type Covariance, parseCovariance } from "./covariance.js";
import { type Definition, parseExpression } from "./expression/parse.js";
import { isUsableName } from "./expression/text.js";
import { type Expression, namesIn, TreeBuilder } from "./expression/tree.js";
import { readDataText } from "./readers.js";
import type { DataColumns, DataSet, Derived, Noise, Parameter, Prior, Theory } from "./theory.js";
import { type DataYaml, readSchema, type SetYaml, type TheoryYaml } from "./theory-schema.js";
import { UnitChecker, UnitMismatch } from "./units/checker.js";
import { formatUnit, parseUnit, type Unit } from "./units/unit.js";
import { type Path, YamlSource } from "./yaml-source.js";

export interface TheoryFileOptions {
  /** File name for messages; "theory" unless told. */
  readonly source?: string;
  /** Contents of the covariance file that the theory names, parsed; `files` may hold it as text instead. */
  readonly covariance?: Covariance | undefined;
  /** Texts of the files that the theory names, by the names it gives them. */
  readonly files?: Readonly<Record<string, string>> | undefined;
}

/** A file that a theory names. */
export interface NamedFile {
  readonly name: string;
  /** What it holds. */
  readonly role: "covariance" | "data";
}

/** The files that a theory file asks for: read by the caller, since this package's core knows no file system. */
export function namedFiles(yaml: string, source = "theory"): NamedFile[] {
  const file = readSchema(new YamlSource(source, yaml));
  const blocks = [...(file.data === undefined ? [] : [file.data]), ...Object.values(file.datasets ?? {}).map(({ data }) => data)];
  return blocks.flatMap(({ covariance, file: data }): NamedFile[] => [
    ...(covariance === undefined ? [] : [{ name: covariance, role: "covariance" as const }]),
    ...(data === undefined ? [] : [{ name: data, role: "data" as const }]),
  ]);
}

/** Name of the first covariance file that a theory file asks for, if any. */
export function covarianceFile(yaml: string, source = "theory"): string | undefined {
  return namedFiles(yaml, source).find(({ role }) => role === "covariance")?.name;
}

/**
 * The theories of one file: one for `model` or `datasets`, one for each entry of `models`.
 * @throws FORMAT for text that is not YAML; ARGUMENT for unknown or missing keys, bounds that exclude the start, names used twice, formulas that cannot be read, units that do not match; each with file and line
 */
export function parseTheories(yaml: string, options: TheoryFileOptions = {}): Theory[] {
  const source = new YamlSource(options.source ?? "theory", yaml);
  const file = readSchema(source);
  const forms = (["model", "models", "datasets"] as const).filter((key) => file[key] !== undefined);
  if (forms.length !== 1) {
    source.fail(forms.length === 0 ? [] : [forms[1] as string], forms.length === 0 ? "no model" : `both ${forms.join(" and ")}`, {
      expected: "one of model, models and datasets",
    });
  }
  if (file.datasets !== undefined) {
    for (const key of ["data", "marginalise", "likelihood"] as const)
      if (file[key] !== undefined) source.fail([key], "stands beside datasets", { hint: "move it into the data set that it belongs to" });
    const sets = Object.entries(file.datasets).map(([name, set]): NamedSet => ({ name, path: ["datasets", name], ...set }));
    if (sets.length === 0) source.fail(["datasets"], "no data set in datasets");
    return [new TheoryReader(source, file, options).theory(file.name, sets, undefined)];
  }
  const { data } = file;
  if (data === undefined) return source.fail(["data"], "missing", { expected: "a block {x, y, error, covariance, file, format, units}" });
  const shared = { data, likelihood: file.likelihood, marginalise: file.marginalise };
  if (file.model !== undefined) {
    const set: NamedSet = { name: file.name, path: [], model: file.model, ...shared };
    return [new TheoryReader(source, file, options).theory(file.name, [set], undefined)];
  }
  const models = Object.entries(file.models ?? {});
  if (models.length === 0) source.fail(["models"], "no model in models");
  return models.map(([name, model]) => {
    const set: NamedSet = { name: `${file.name}/${name}`, path: [], modelPath: ["models", name], model, ...shared };
    return new TheoryReader(source, file, options).theory(set.name, [set], name);
  });
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

interface NamedSet extends SetYaml {
  readonly name: string;
  /** Where its keys stand; the model may stand elsewhere. */
  readonly path: Path;
  readonly modelPath?: Path;
}

class TheoryReader {
  readonly #builder = new TreeBuilder();
  readonly #units = new UnitChecker();
  readonly #definitions: readonly Definition[];
  readonly #library: readonly Definition[];
  readonly #constants: Readonly<Record<string, number>>;

  constructor(
    readonly source: YamlSource,
    readonly file: TheoryYaml,
    readonly options: TheoryFileOptions,
  ) {
    this.#definitions = Object.entries(file.definitions ?? {}).map(([key, formula]) => this.#definition(key, formula));
    this.#constants = Object.fromEntries(
      Object.entries(file.constants ?? {}).map(([name, constant]) => [name, typeof constant === "number" ? constant : constant.value]),
    );
    this.#checkNames();
    for (const [name, { unit }] of Object.entries(file.parameters)) this.#declare(name, ["parameters", name], unit);
    for (const [name, constant] of Object.entries(file.constants ?? {}))
      this.#declare(name, ["constants", name], typeof constant === "number" ? undefined : constant.unit);
    this.#library = file.use === undefined ? [] : this.#cosmology();
  }

  /** @param variant name among several models, whose parameters need not all take part */
  theory(name: string, given: readonly NamedSet[], variant: string | undefined): Theory {
    const { file, source } = this;
    const fixedNames = [...Object.keys(file.parameters), ...Object.keys(this.#constants)];
    const sets = given.map((set) => this.#set(set, fixedNames));
    const derived = Object.entries(file.derived ?? {}).map(([key, value]): Derived => {
      const block = typeof value === "object" ? value : { expression: value };
      const path = ["derived", key];
      const expression = this.#parse(String(block.expression), path, fixedNames);
      const unit = block.unit === undefined ? undefined : this.#unit(block.unit, [...path, "unit"]);
      if (unit !== undefined) this.#require(expression, unit, path, key);
      return { name: key, expression, unit: block.unit, latex: block.latex };
    });
    const used = new Set(sets.flatMap(({ model }) => [...namesIn(model)]));
    const parameters: Parameter[] = [];
    for (const key of Object.keys(file.parameters)) {
      const parameter = this.#parameter(key);
      if (used.has(key) || parameter.fixed) parameters.push(parameter);
      else if (variant === undefined) {
        source.fail(["parameters", key], "the model does not use this parameter", {
          hint: "no data could determine it: use it, remove it, or set fixed: true",
        });
      }
    }
    const known = new Set([...parameters.map((parameter) => parameter.name), ...Object.keys(this.#constants)]);
    return {
      ...(sets[0] as DataSet),
      modelText: sets.length === 1 ? (sets[0] as DataSet).modelText : sets.map((set) => `${set.name}: ${set.modelText}`).join("; "),
      name,
      title: file.title === undefined ? name : variant !== undefined ? `${file.title}: ${variant}` : file.title,
      description: file.description,
      source: source.source,
      parameters,
      constants: this.#constants,
      derived: derived.filter((one) => [...namesIn(one.expression)].every((key) => known.has(key))),
      sets,
    };
  }

  #set(
    { name, path, modelPath = [...path, "model"], model, data, likelihood, marginalise }: NamedSet,
    fixedNames: readonly string[],
  ): DataSet {
    const { source } = this;
    const dataPath = [...path, "data"];
    const x = typeof data.x === "string" ? [data.x] : data.x;
    for (const [column, unit] of Object.entries(data.units ?? {})) {
      if (column !== data.y && !x.includes(column))
        source.fail([...dataPath, "units", column], "no column of this name is used", { expected: [...x, data.y].join(", ") });
      if (column !== data.y) this.#declare(column, [...dataPath, "units", column], unit);
    }
    const noise: Noise =
      likelihood === undefined || likelihood === "gaussian"
        ? { kind: "gaussian" }
        : likelihood === "poisson"
          ? { kind: "poisson" }
          : { kind: "student", degrees: likelihood.student };
    const nuisances = marginalise === undefined ? [] : typeof marginalise === "string" ? [marginalise] : marginalise;
    this.#checkNoise(noise, data, nuisances, path);
    const expression = this.#parse(String(model), modelPath, [...x, ...fixedNames]);
    const unit = data.units?.[data.y];
    if (unit !== undefined && !nuisances.includes("scale"))
      this.#require(expression, this.#unit(unit, [...dataPath, "units", data.y]), modelPath, "the model");
    return {
      name,
      modelText: String(model).trim(),
      model: expression,
      data: this.#columns(x, data, dataPath),
      noise,
      marginaliseOffset: nuisances.includes("offset"),
      marginaliseScale: nuisances.includes("scale"),
      at: source.at(modelPath),
    };
  }

  #checkNoise(noise: Noise, data: DataYaml, nuisances: readonly string[], path: Path): void {
    const { source } = this;
    const at = [...path, "likelihood"];
    if (noise.kind === "student" && !(noise.degrees > 0))
      source.fail(at, "Student's t needs positive degrees of freedom", { got: `${noise.degrees}` });
    if (noise.kind !== "gaussian") {
      if (data.covariance !== undefined)
        source.fail([...path, "data", "covariance"], `a ${noise.kind} likelihood takes no covariance`, { hint: "use gaussian" });
      if (nuisances.length > 0) source.fail([...path, "marginalise"], "only a gaussian likelihood is marginalised analytically");
    }
    if (noise.kind === "poisson") {
      if (data.error !== undefined) source.fail([...path, "data", "error"], "counts have no errors of their own", { hint: "remove it" });
    } else if (data.error === undefined && data.covariance === undefined) {
      source.fail([...path, "data"], "the data have neither errors nor a covariance", {
        expected: "error: a column of standard deviations, or covariance: a file",
        hint: "without errors there is no likelihood",
      });
    }
  }

  #columns(x: readonly string[], data: DataYaml, path: Path): DataColumns {
    const content = (name: string, key: string): string => {
      const text = this.options.files !== undefined && Object.hasOwn(this.options.files, name) ? this.options.files[name] : undefined;
      if (text !== undefined) return text;
      return this.source.fail([...path, key], `the ${key === "file" ? "data" : "covariance"} file was not given`, {
        expected: name,
        hint: "use loadTheories, which reads it, or pass its text in files",
      });
    };
    const named = data.covariance;
    return {
      x,
      y: data.y,
      error: data.error,
      covariance: named === undefined ? undefined : (this.options.covariance ?? parseCovariance(content(named, "covariance"), named)),
      format: data.format ?? "table",
      table: data.file === undefined ? undefined : readDataText(content(data.file, "file"), data.file, data.format ?? "table"),
    };
  }

  #parse(formula: string, path: Path, known: readonly string[]): Expression {
    return parseExpression(
      { text: formula, field: path.join("."), at: this.source.at(path) },
      { names: known, definitions: this.#definitions, library: this.#library, builder: this.#builder, units: this.#units },
    );
  }

  #unit(text: string, path: Path): Unit {
    return (
      parseUnit(text) ??
      this.source.fail(path, "not a unit", {
        got: JSON.stringify(text),
        expected: "products and powers of units, such as km/s/Mpc or (Mpc/h)^3",
      })
    );
  }

  #declare(name: string, path: Path, text: string | undefined): void {
    this.#units.declare(name, text === undefined ? undefined : this.#unit(text, path));
  }

  #require(expression: Expression, unit: Unit, path: Path, what: string): void {
    try {
      this.#units.require(expression, unit, what);
    } catch (error) {
      if (!(error instanceof UnitMismatch)) throw error;
      this.source.fail(path, `units do not match: ${error.message}`, { hint: error.hint });
    }
  }

  /** The library for what this theory gives, whose parameters have the units that the library expects. */
  #cosmology(): readonly Definition[] {
    const { file, source } = this;
    const values = [...Object.keys(file.parameters), ...Object.keys(this.#constants)];
    for (const name of values.filter((one) => Object.hasOwn(COSMOLOGY_UNITS, one))) {
      const expected = parseUnit(COSMOLOGY_UNITS[name] as string) as Unit;
      const path = [Object.hasOwn(file.parameters, name) ? "parameters" : "constants", name];
      const stated = this.#units.known(name);
      this.#require(this.#builder.name(name), expected, path, stated === undefined ? name : `${name}, in ${formatUnit(stated)},`);
    }
    const given = new Set([...values, ...this.#definitions.map(({ name }) => name)]);
    try {
      return cosmologyLibrary(given);
    } catch (error) {
      if (!(error instanceof TetradError)) throw error;
      return source.fail(["use"], error.parts?.what ?? error.message, { hint: error.parts?.hint });
    }
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

  /** Every name means one thing, and the parser can read it. Data sets may have columns of the same name. */
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
      if (owner !== undefined && !(owner === "column" && what === "column" && path[0] === "datasets"))
        source.fail(path, `the name ${name} is used twice`, { got: `a ${owner} and a ${what}`, hint: "rename one of them" });
      taken.set(name, what);
    };
    const columns: [Path, DataYaml][] = [
      ...(file.data === undefined ? [] : [[["data", "x"], file.data] as [Path, DataYaml]]),
      ...Object.entries(file.datasets ?? {}).map(([name, { data }]): [Path, DataYaml] => [["datasets", name, "data", "x"], data]),
    ];
    for (const [path, { x }] of columns) for (const name of typeof x === "string" ? [x] : x) claim(name, path, "column");
    for (const name of Object.keys(file.parameters)) claim(name, ["parameters", name], "parameter");
    for (const name of Object.keys(this.#constants)) claim(name, ["constants", name], "constant");
    for (const [i, key] of Object.keys(file.definitions ?? {}).entries())
      claim((this.#definitions[i] as Definition).name, ["definitions", key], "definition");
    for (const name of Object.keys(file.derived ?? {})) claim(name, ["derived", name], "derived quantity");
    if (Object.keys(file.parameters).length === 0) source.fail(["parameters"], "no parameters");
  }
}
