/** Theories as objects of the same keys as theory files: for programs that write theories, and pages that need no YAML. */

import { readTheories, type TheoryFileOptions } from "./read-theories.js";
import type { Theory } from "./theory.js";
import { TheorySource } from "./theory-source.js";

class ObjectSource extends TheorySource {
  constructor(
    source: string,
    readonly value: unknown,
  ) {
    super(source);
  }

  /** An object has no lines: complaints name the path already. */
  at(): string {
    return this.source;
  }
}

/**
 * The theories of an object: `{ name, model, data, parameters, … }`, docs/theories.md. Data files that it names are not read: tables are passed where it is fitted.
 * @throws ARGUMENT as `parseTheories`, with the key instead of a line
 */
export function theoriesOf(value: unknown, options: TheoryFileOptions = {}): Theory[] {
  return readTheories(new ObjectSource(options.source ?? "theory", value), options);
}
