/** One theory out of a file that has been read: names, units, formulas and data sets checked against one another. */

import { didYouMean, type Table, TetradError } from "@tetrad/engine";
import { marginOf, sidesOf } from "./constraints.js";
import { COSMOLOGY_UNITS, cosmologyLibrary } from "./cosmology/library.js";
import { parseCovariance } from "./covariance.js";
import { type Definition, parseExpression } from "./expression/parse.js";
import { type Expression, namesIn, TreeBuilder } from "./expression/tree.js";
import type { TheoryFileOptions } from "./read-theories.js";
import type { DataFormat } from "./readers.js";
import type { Constraint, DataColumns, DataSet, Derived, Limit, Noise, Parameter, Prior, RobustLoss, Theory } from "./theory.js";
import { checkNames, readDefinition } from "./theory-names.js";
import type { DataYaml, SetYaml, TheoryYaml } from "./theory-schema.js";
import type { Path, TheorySource } from "./theory-source.js";
import { UnitChecker, UnitMismatch } from "./units/checker.js";
import { formatUnit, parseUnit, type Unit } from "./units/unit.js";

/** A data set as the file has it. */
export interface NamedSet extends SetYaml {
  readonly name: string;
  /** Where its keys stand; the model may stand elsewhere. */
  readonly path: Path;
  readonly modelPath?: Path;
  /** The data as another model of the file has read them already. */
  readonly columns?: DataColumns | undefined;
}

/** The text of a data file into a table, `readDataText`: an argument, so that who passes tables loads no readers. */
export type ReadData = (text: string, source: string, format: DataFormat) => Table;

export class TheoryReader {
  readonly #builder = new TreeBuilder();
  readonly #units = new UnitChecker();
  /** Of each data set's columns, whose names others may have in other units. */
  readonly #columnUnits: ReadonlyMap<string, Unit>[] = [];
  readonly #definitions: readonly Definition[];
  readonly #library: readonly Definition[];
  readonly #constants: Readonly<Record<string, number>>;

  constructor(
    readonly source: TheorySource,
    readonly file: TheoryYaml,
    readonly options: TheoryFileOptions,
    readonly readData: ReadData | undefined,
  ) {
    this.#definitions = Object.entries(file.definitions ?? {}).map(([key, formula]) => readDefinition(source, key, formula));
    this.#constants = Object.fromEntries(
      Object.entries(file.constants ?? {}).map(([name, constant]) => [name, typeof constant === "number" ? constant : constant.value]),
    );
    checkNames(
      source,
      file,
      this.#definitions.map(({ name }) => name),
    );
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
      constraints: this.#demands(fixedNames).filter(({ margin }) => [...namesIn(margin)].every((key) => known.has(key))),
      limits: this.#limits(sets, fixedNames).filter((one) =>
        [...namesIn(one.formula), ...namesIn(one.equals), ...Object.keys(one.when)].every((key) => known.has(key) || isColumn(sets, key)),
      ),
      derived: derived.filter((one) => [...namesIn(one.expression)].every((key) => known.has(key))),
      sets,
    };
  }

  #set(
    { name, path, modelPath = [...path, "model"], model, data, columns, likelihood, marginalise }: NamedSet,
    fixedNames: readonly string[],
  ): DataSet {
    const { source } = this;
    const dataPath = [...path, "data"];
    const x = typeof data.x === "string" ? [data.x] : data.x;
    for (const column of Object.keys(data.units ?? {})) {
      if (column !== data.y && !x.includes(column))
        source.fail([...dataPath, "units", column], "no column of this name is used", { expected: [...x, data.y].join(", ") });
    }
    this.#columnUnits.push(
      new Map(x.map((column) => [column, this.#declare(column, [...dataPath, "units", column], data.units?.[column])])),
    );
    const noise = noiseOf(likelihood);
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
      data: { ...(columns ?? this.#columns(x, data, dataPath)), units: data.units },
      noise,
      marginaliseOffset: nuisances.includes("offset"),
      marginaliseScale: nuisances.includes("scale"),
      at: source.at(modelPath),
    };
  }

  #demands(fixedNames: readonly string[]): Constraint[] {
    const { file, source } = this;
    const starts = { ...this.#constants, ...Object.fromEntries(Object.entries(file.parameters).map(([name, { start }]) => [name, start])) };
    return (file.constraints ?? []).map((given, i): Constraint => {
      const text = String(given);
      const path: Path = ["constraints", i];
      const sides = sidesOf(text);
      if (sides === undefined)
        return source.fail(path, "not one comparison of two formulas", {
          got: text,
          expected: "Om + Ode <= 1, say, or a formula that is not negative",
        });
      const [larger, smaller] = sides.map((side) => this.#parse(side, path, fixedNames)) as [Expression, Expression];
      this.#require(smaller, this.#units.of(larger), path, "the smaller side");
      const margin = smaller.kind === "number" && smaller.value === 0 ? larger : this.#builder.call("subtract", [larger, smaller]);
      if (![...namesIn(margin)].some((name) => file.parameters[name] !== undefined && file.parameters[name].fixed !== true))
        source.fail(path, "the constraint depends on no free parameter", { got: text });
      const constraint = { text, margin, at: source.at(path) };
      const start = marginOf(constraint, starts);
      if (!(start >= 0))
        source.fail(path, "the starts break the constraint", { got: `${text} by ${-start}`, hint: "move the starts of its parameters" });
      return constraint;
    });
  }

  #limits(sets: readonly DataSet[], fixedNames: readonly string[]): Limit[] {
    const { file, source } = this;
    const columns = [...new Set(sets.flatMap(({ data }) => data.x))];
    return (file.limits ?? []).map(({ name, when = {}, formula, equals, within = 1e-9 }, i): Limit => {
      const path: Path = ["limits", i];
      for (const key of Object.keys(when)) {
        if (fixedNames.includes(key) || columns.includes(key)) continue;
        const known = [...fixedNames, ...columns];
        source.fail([...path, "when", key], `${key} is neither a parameter nor a constant nor a column`, {
          expected: known.join(", "),
          hint: didYouMean(key, known),
        });
      }
      if (!(within >= 0)) source.fail([...path, "within"], "a difference is not negative", { got: `${within}` });
      if (formula === undefined && sets.length > 1)
        source.fail(path, "several data sets have several models", { expected: "formula: what is meant, and equals: what it becomes" });
      // Which set's columns are meant, and with them their units, is only known once the names are.
      const sides = (checked: boolean): readonly [Expression, Expression] => {
        const parse = (text: string | number, key: string): Expression =>
          this.#parse(String(text), [...path, key], [...columns, ...fixedNames], checked);
        return [formula === undefined ? (sets[0] as DataSet).model : parse(formula, "formula"), parse(equals, "equals")];
      };
      const named = new Set(sides(false).flatMap((side) => [...namesIn(side)]));
      const open = columns.filter((column) => !Object.hasOwn(when, column) && named.has(column));
      const set = open.length === 0 ? undefined : sets.findIndex(({ data }) => open.every((column) => data.x.includes(column)));
      if (set === -1)
        source.fail(path, "no data set has all columns that the limit uses", {
          got: open.join(", "),
          hint: "give numbers for some of them under when",
        });
      const meant = this.#columnUnits.find((units) => columns.every((column) => !named.has(column) || units.has(column)));
      for (const [column, unit] of meant ?? []) this.#units.declare(column, unit);
      const [left, right] = sides(true);
      this.#require(right, this.#units.of(left), [...path, "equals"], "the right side");
      return {
        name,
        when,
        formula: left,
        formulaText: formula === undefined ? "model" : String(formula),
        equals: right,
        equalsText: String(equals),
        within,
        set,
        at: source.at(path),
      };
    });
  }

  #checkNoise(noise: Noise, data: DataYaml, nuisances: readonly string[], path: Path): void {
    const { source } = this;
    const at = [...path, "likelihood"];
    if (noise.kind === "student" && !(noise.degrees > 0))
      source.fail(at, "Student's t needs positive degrees of freedom", { got: `${noise.degrees}` });
    if ("scale" in noise && !(noise.scale > 0))
      source.fail(at, "a loss needs a positive scale, in units of the errors", { got: `${noise.scale}` });
    if (noise.kind === "cauchy" && !(noise.scale > 1)) {
      source.fail(at, "no density has this loss", {
        got: `cauchy: ${noise.scale}`,
        expected: "a scale above 1",
        hint: "the Cauchy distribution itself is {student: 1}",
      });
    }
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
      table: data.file === undefined ? undefined : this.readData?.(content(data.file, "file"), data.file, data.format ?? "table"),
    };
  }

  #parse(formula: string, path: Path, known: readonly string[], checked = true): Expression {
    return parseExpression(
      { text: formula, field: path.join("."), at: this.source.at(path) },
      {
        names: known,
        definitions: this.#definitions,
        library: this.#library,
        builder: this.#builder,
        units: checked ? this.#units : undefined,
      },
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

  #declare(name: string, path: Path, text: string | undefined): Unit {
    return this.#units.declare(name, text === undefined ? undefined : this.#unit(text, path));
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
}

function noiseOf(likelihood: SetYaml["likelihood"]): Noise {
  if (likelihood === undefined || typeof likelihood === "string") return { kind: likelihood ?? "gaussian" };
  if ("student" in likelihood) return { kind: "student", degrees: likelihood.student };
  const [[kind, scale]] = Object.entries(likelihood) as [[RobustLoss, number]];
  return { kind, scale };
}

function isColumn(sets: readonly DataSet[], name: string): boolean {
  return sets.some(({ data }) => data.x.includes(name));
}
