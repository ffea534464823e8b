/** Examples with labels, to learn from and to measure on. */
import { held, type TrainingFlags } from "./training.js";

/**
 * Those of `--test`, or some that are kept back; of the latter none has a label that no text of the others has: what cannot be learned cannot be measured, and is learned.
 * @param read reads a file of examples
 */
export async function labelledParts<T>(
  flags: TrainingFlags,
  read: (path: string) => Promise<T[]>,
  labelsOf: (example: T) => readonly string[],
) {
  const all = await read(flags.train);
  if (flags.test !== undefined) return { train: all, test: await read(flags.test), measuredOn: flags.test };
  const { train, test, measuredOn } = held(all, flags);
  const known = new Set(train.flatMap(labelsOf));
  const isKnown = (example: T) => labelsOf(example).every((label) => known.has(label));
  return { train: [...train, ...test.filter((example) => !isKnown(example))], test: test.filter(isKnown), measuredOn };
}
