/** Theory files: YAML text into theories, with every mistake named by file and line. The format is described in docs/theories.md. */

import { TetradError } from "@tetrad/engine";
import { filesOf, type NamedFile, readTheories, type TheoryFileOptions } from "./read-theories.js";
import { readDataText } from "./readers.js";
import type { Theory } from "./theory.js";
import { YamlSource } from "./yaml-source.js";

/** The files that a theory file asks for: read by the caller, since this package's core knows no file system. */
export function namedFiles(yaml: string, source = "theory"): NamedFile[] {
  return filesOf(new YamlSource(source, yaml));
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
  return readTheories(new YamlSource(options.source ?? "theory", yaml), options, readDataText);
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
