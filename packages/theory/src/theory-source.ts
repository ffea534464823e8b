/** What a theory is read from: its values, and where each of them stands, so that every complaint names the place to change. */

import { didYouMean, TetradError } from "@tetrad/engine";
import type { $ZodIssue } from "zod/v4/core";

export type Path = readonly (string | number)[];

export abstract class TheorySource {
  /** The document as plain values. */
  abstract readonly value: unknown;

  /** @param source its name, for messages */
  constructor(readonly source: string) {}

  /** Where the value at `path` stands, or its key; the nearest parent's place where it does not exist. */
  abstract at(path: Path, which?: "key" | "value"): string;

  /** Throws ARGUMENT at the place of `path`. */
  fail(path: Path, what: string, facts: { got?: string; expected?: string; hint?: string | undefined } = {}): never {
    throw new TetradError("ARGUMENT", { op: path.length === 0 ? this.source : path.join("."), what, ...facts, at: this.at(path) });
  }

  /** Throws the first of a schema's complaints as ARGUMENT; `keysAt` tells the keys that a place may have. */
  failSchema(issues: readonly $ZodIssue[], keysAt: (path: Path) => readonly string[]): never {
    // An unknown key is the likely cause of whatever else is missing.
    const issue = (issues.find((one) => one.code === "unrecognized_keys") ?? issues[0]) as $ZodIssue;
    const path = issue.path as Path;
    if (issue.code === "unrecognized_keys") {
      const key = issue.keys[0] as string;
      const known = keysAt(path);
      throw new TetradError("ARGUMENT", {
        op: path.length === 0 ? this.source : path.join("."),
        what: `unknown key "${key}"`,
        expected: known.join(", "),
        at: this.at([...path, key]),
        // In YAML, {expression: f(a, b)} is the key `b)` without a value: a formula cut at its comma.
        hint:
          didYouMean(key, known) ?? (this.valueAt([...path, key]) === null ? "put formulas with commas in quotes inside { }" : "remove it"),
      });
    }
    const value = this.valueAt(path);
    const expected =
      issue.code === "invalid_union"
        ? issue.message
        : issue.code === "invalid_type" && issue.message === "Invalid input"
          ? `a ${issue.expected}`
          : issue.message;
    if (value === undefined) this.fail(path, "missing", { expected });
    this.fail(path, "wrong kind of value", { got: describe(value), expected });
  }

  private valueAt(path: Path): unknown {
    return path.reduce<unknown>(
      (part, key) => (part === null || typeof part !== "object" ? undefined : (part as Record<string, unknown>)[key]),
      this.value,
    );
  }
}

function describe(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}
