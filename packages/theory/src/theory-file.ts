/** Theory files: YAML text into theories, with every mistake named by file and line. The format is described in docs/theories.md. */

import { TetradError } from "@tetrad/engine";
import type { Covariance } from "./covariance.js";
import type { Theory } from "./theory.js";
import { type NamedSet, TheoryReader } from "./theory-reader.js";
import { readSchema } from "./theory-schema.js";
import { YamlSource } from "./yaml-source.js";

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
  const theories: Theory[] = [];
  for (const [variant, model] of models) {
    const name = `${file.name}/${variant}`;
    const set: NamedSet = { name, path: [], modelPath: ["models", variant], model, ...shared, columns: theories[0]?.data };
    theories.push(new TheoryReader(source, file, options).theory(name, [set], variant));
  }
  return theories;
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
