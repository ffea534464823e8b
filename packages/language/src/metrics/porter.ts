/**
 * Stems of English words by the algorithm of M. Porter (1980, Program 14, 130) with the extensions of NLTK's default mode, which rouge-score stems by.
 */

/** Words that the rules would take apart wrongly. */
const IRREGULAR: Readonly<Record<string, string>> = {
  sky: "sky",
  skies: "sky",
  dying: "die",
  lying: "lie",
  tying: "tie",
  news: "news",
  innings: "inning",
  inning: "inning",
  outings: "outing",
  outing: "outing",
  cannings: "canning",
  canning: "canning",
  howe: "howe",
  proceed: "proceed",
  exceed: "exceed",
  succeed: "succeed",
};

/** `c` for each consonant and `v` for each vowel; y is a vowel after a consonant. */
function letters(word: string): string {
  let kinds = "";
  for (const letter of word) kinds += "aeiou".includes(letter) || (letter === "y" && kinds.endsWith("c")) ? "v" : "c";
  return kinds;
}

/** Porter's m: how many runs of vowels are followed by consonants. */
const measure = (stem: string): number => letters(stem).split("vc").length - 1;

const endsInDouble = (word: string): boolean => word.length >= 2 && word.at(-1) === word.at(-2) && letters(word).endsWith("c");

/** Consonant, vowel, consonant other than w, x and y; or just vowel and consonant. */
function endsShort(word: string): boolean {
  const kinds = letters(word);
  return (kinds.endsWith("cvc") && !/[wxy]$/.test(word)) || kinds === "vc";
}

/** What a suffix becomes where the stem before it allows that. */
type Rule = readonly [suffix: string, replacement: string];

/** Applies the first rule whose suffix the word has, if its stem is long enough, and no other. */
function apply(word: string, rules: readonly Rule[], longEnough: (stem: string, suffix: string) => boolean): string {
  const rule = rules.find(([suffix]) => word.endsWith(suffix));
  if (rule === undefined) return word;
  const [suffix, replacement] = rule;
  const stem = word.slice(0, -suffix.length);
  return longEnough(stem, suffix) ? stem + replacement : word;
}

/** Plurals. */
function step1a(word: string): string {
  if (word.endsWith("ies")) return word.slice(0, word.length === 4 ? -1 : -2);
  if (word.endsWith("sses")) return word.slice(0, -2);
  return word.endsWith("s") && !word.endsWith("ss") ? word.slice(0, -1) : word;
}

/** Past tenses and participles. */
function step1b(word: string): string {
  if (word.endsWith("ied")) return word.slice(0, word.length === 4 ? -1 : -2);
  if (word.endsWith("eed")) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
  const stem = /^(.*)(?:ed|ing)$/.exec(word)?.[1];
  if (stem === undefined || !letters(stem).includes("v")) return word;
  if (/(?:at|bl|iz)$/.test(stem)) return `${stem}e`;
  if (endsInDouble(stem)) return /[lsz]$/.test(stem) ? stem : stem.slice(0, -1);
  return measure(stem) === 1 && endsShort(stem) ? `${stem}e` : stem;
}

function step1c(word: string): string {
  return apply(word, [["y", "i"]], (stem) => stem.length > 1 && letters(stem).endsWith("c"));
}

const STEP_2: readonly Rule[] = [
  ["ational", "ate"],
  ["tional", "tion"],
  ["enci", "ence"],
  ["anci", "ance"],
  ["izer", "ize"],
  ["bli", "ble"],
  ["alli", "al"],
  ["entli", "ent"],
  ["eli", "e"],
  ["ousli", "ous"],
  ["ization", "ize"],
  ["ation", "ate"],
  ["ator", "ate"],
  ["alism", "al"],
  ["iveness", "ive"],
  ["fulness", "ful"],
  ["ousness", "ous"],
  ["aliti", "al"],
  ["iviti", "ive"],
  ["biliti", "ble"],
  ["fulli", "ful"],
  ["logi", "log"],
];

function step2(word: string): string {
  if (word.endsWith("alli") && measure(word.slice(0, -4)) > 0) return step2(word.slice(0, -2));
  // The l of logi counts to the stem, so that geologi becomes geolog as archaeologi does.
  return apply(word, STEP_2, (stem, suffix) => measure(suffix === "logi" ? `${stem}l` : stem) > 0);
}

const STEP_3: readonly Rule[] = [
  ["icate", "ic"],
  ["ative", ""],
  ["alize", "al"],
  ["iciti", "ic"],
  ["ical", "ic"],
  ["ful", ""],
  ["ness", ""],
];

const STEP_4: readonly Rule[] = [
  ..."al ance ence er ic able ible ant ement ment ent ion ou ism ate iti ous ive ize".split(" ").map((suffix): Rule => [suffix, ""]),
];

/** A last e, and one l of two. */
function step5(word: string): string {
  const stem = word.endsWith("e") ? word.slice(0, -1) : undefined;
  const shorter = stem !== undefined && (measure(stem) > 1 || (measure(stem) === 1 && !endsShort(stem))) ? stem : word;
  return shorter.endsWith("ll") && measure(shorter.slice(0, -1)) > 1 ? shorter.slice(0, -1) : shorter;
}

/** @param word in lower case */
export function porterStem(word: string): string {
  const irregular = Object.hasOwn(IRREGULAR, word) ? IRREGULAR[word] : undefined;
  if (irregular !== undefined) return irregular;
  if (word.length <= 2) return word;
  const inflected = step1c(step1b(step1a(word)));
  const derived = apply(step2(inflected), STEP_3, (stem) => measure(stem) > 0);
  return step5(apply(derived, STEP_4, (stem, suffix) => measure(stem) > 1 && (suffix !== "ion" || /[st]$/.test(stem))));
}
