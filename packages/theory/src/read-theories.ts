/** The theories of one source, with every mistake named by its place. The format is described in docs/theories.md. */

import type { Covariance } from "./covariance.js";
import type { Theory } from "./theory.js";
import { type NamedSet, type ReadData, TheoryReader } from "./theory-reader.js";
import { readSchema } from "./theory-schema.js";
import type { TheorySource } from "./theory-source.js";

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

/** The files that a source asks for. */
export function filesOf(source: TheorySource): NamedFile[] {
  const file = readSchema(source);
  const blocks = [...(file.data === undefined ? [] : [file.data]), ...Object.values(file.datasets ?? {}).map(({ data }) => data)];
  return blocks.flatMap(({ covariance, file: data }): NamedFile[] => [
    ...(covariance === undefined ? [] : [{ name: covariance, role: "covariance" as const }]),
    ...(data === undefined ? [] : [{ name: data, role: "data" as const }]),
  ]);
}

/**
 * One theory for `model` or `datasets`, one for each entry of `models`.
 * @param readData for the files that data sets name; without it no file is read, and tables are passed where a theory is fitted
 * @throws ARGUMENT for unknown or missing keys, bounds that exclude the start, names used twice, formulas that cannot be read, units that do not match; each with its place
 */
export function readTheories(source: TheorySource, options: TheoryFileOptions, readData?: ReadData): Theory[] {
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
    return [new TheoryReader(source, file, options, readData).theory(file.name, sets, undefined)];
  }
  const { data } = file;
  if (data === undefined) return source.fail(["data"], "missing", { expected: "a block {x, y, error, covariance, file, format, units}" });
  const shared = { data, likelihood: file.likelihood, marginalise: file.marginalise };
  if (file.model !== undefined) {
    const set: NamedSet = { name: file.name, path: [], model: file.model, ...shared };
    return [new TheoryReader(source, file, options, readData).theory(file.name, [set], undefined)];
  }
  const models = Object.entries(file.models ?? {});
  if (models.length === 0) source.fail(["models"], "no model in models");
  const theories: Theory[] = [];
  for (const [variant, model] of models) {
    const name = `${file.name}/${variant}`;
    const set: NamedSet = { name, path: [], modelPath: ["models", variant], model, ...shared, columns: theories[0]?.data };
    theories.push(new TheoryReader(source, file, options, readData).theory(name, [set], variant));
  }
  return theories;
}
