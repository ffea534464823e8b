/** Words that say little of what a text is about, for counts and TF-IDF alone; never taken from what a model reads. Lists of the library `stopword`. */
import { didYouMean, listed, TetradError } from "@tetrad/engine";

/**
 * Stop words of a language, in lower case.
 * @param language by ISO 639-3: eng, deu, fra, rus, …
 * @throws TetradError ARGUMENT that lists the languages there are
 */
export async function stopWords(language: string): Promise<ReadonlySet<string>> {
  // Its lists by name are a CommonJS module's own, which not every bundler hands on.
  const { default: lists }: { readonly default: Readonly<Record<string, unknown>> } = await import("stopword");
  const words = lists[language];
  if (Array.isArray(words)) return new Set(words as string[]);
  const known = Object.keys(lists).filter((name) => /^[a-z]{3}$/.test(name));
  throw new TetradError("ARGUMENT", {
    op: "stop words",
    what: `there is no list for ${JSON.stringify(language)}`,
    expected: listed(known, 70),
    hint: didYouMean(language, known),
  });
}
