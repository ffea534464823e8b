/** Examples to learn from, to watch the training by, and to measure the model on. */
import { basename } from "node:path";
import { splitRows, TetradError } from "@tetrad/engine";
import { checkKnown } from "@tetrad/language";
import type { TrainingFlags } from "./training.js";

export interface Parts<T> {
  readonly train: readonly T[];
  /** Undefined where nothing is evaluated in training */
  readonly evaluation: { readonly evaluation?: readonly T[] };
  readonly test: readonly T[];
  readonly measuredOn: string;
}

/**
 * Tests are those of `--test`, or some that are kept back, so that a number is never of examples that were learned; so are those that the training is watched by.
 * Of what is kept back none has a label that nothing else has: what cannot be learned cannot be measured, and is learned.
 * @param read reads a file of examples
 * @throws TetradError DATA, before anything is trained, for labels that only the tests have, and where nothing is left to measure on
 */
export async function partsOf<T>(
  flags: TrainingFlags,
  read: (path: string) => Promise<readonly T[]>,
  labelsOf: (example: T) => readonly string[] = () => [],
): Promise<Parts<T>> {
  const all = await read(flags.train);
  const { evalStrategy = "no" } = flags;
  const first = flags.test === undefined ? held(all, flags.testShare, flags.seed, labelsOf) : { rest: all, kept: await read(flags.test) };
  const measuredOn = flags.test ?? `${basename(flags.train)}, kept back`;
  if (first.kept.length === 0) {
    throw new TetradError("DATA", {
      op: measuredOn,
      what: "there is nothing to measure on",
      hint: "is every label there only once? Else name a file by --test, or keep back more by --test-share",
    });
  }
  const known = [...new Set(first.rest.flatMap(labelsOf))];
  checkKnown(known, first.kept.flatMap(labelsOf), measuredOn);
  if (evalStrategy === "no") return { train: first.rest, evaluation: {}, test: first.kept, measuredOn };
  if (flags.validation !== undefined) {
    const evaluation = await read(flags.validation);
    checkKnown(known, evaluation.flatMap(labelsOf), flags.validation);
    return { train: first.rest, evaluation: { evaluation }, test: first.kept, measuredOn };
  }
  // Another seed: the same one would keep back the same places again.
  const second = held(first.rest, flags.validationShare, flags.seed + 1, labelsOf);
  return { train: second.rest, evaluation: { evaluation: second.kept }, test: first.kept, measuredOn };
}

function held<T>(examples: readonly T[], share: number, seed: number, labelsOf: (example: T) => readonly string[]) {
  const numbers = Int32Array.from({ length: examples.length }, (_, i) => i);
  const split = splitRows(numbers, { validation: 0, test: share }, seed);
  const pick = (part: Int32Array) => Array.from(part, (i) => examples[i] as T);
  const [rest, kept] = [pick(split.train), pick(split.test)];
  const known = new Set(rest.flatMap(labelsOf));
  const isKnown = (example: T) => labelsOf(example).every((label) => known.has(label));
  return { rest: [...rest, ...kept.filter((example) => !isKnown(example))], kept: kept.filter(isKnown) };
}
