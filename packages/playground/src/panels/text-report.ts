/** What a trained classifier makes of texts: on those that were kept back, and on the user's own. */
import { element } from "../dom.js";
import type { Guess, Mistake, Report } from "../text/calls.js";

/** Classes of a matrix that a screen has room for; of more the likeliest confusions are listed. */
const MOST_CLASSES = 12;
const MOST_PAIRS = 12;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

export function reportView(report: Report): HTMLElement {
  const { labels, learned, held, accuracy, macroF1, counts, mistakes, steps, tokens, seconds, placement, share } = report;
  const facts: Readonly<Record<string, string>> = {
    accuracy: percent(accuracy),
    "macro F1": percent(macroF1),
    classes: `${labels.length}`,
    learned: `${learned} texts, ${tokens.toLocaleString("en")} tokens in ${steps} steps, ${seconds.toFixed(1)} s`,
    "measured on": `${held} texts that were kept back`,
    ...(share !== undefined && { trained: share }),
    computed: placement,
  };
  const rows = Object.entries(facts).map(([name, value]) =>
    element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, value)),
  );
  return element(
    "div",
    {},
    element("h3", {}, "Report"),
    element("table", { id: "text-figures" }, ...rows),
    element("h3", {}, "What is taken for what"),
    labels.length <= MOST_CLASSES ? matrix(labels, counts) : pairs(labels, counts),
    element("h3", {}, "Surest mistakes"),
    mistakes.length === 0 ? element("p", { class: "note" }, "None.") : mistakeList(mistakes),
  );
}

/** True classes down, guesses across; columns are numbered so that long names do not make them wide. */
function matrix(labels: readonly string[], counts: Report["counts"]): HTMLElement {
  const largest = Math.max(1, ...counts.flat());
  const cell = (count: number, i: number, j: number) =>
    element(
      "td",
      {
        style: `background:color-mix(in srgb, var(${i === j ? "--good" : "--warm"}) ${((60 * count) / largest).toFixed(0)}%, transparent)`,
        title: `${count} of ${labels[i]} taken for ${labels[j]}`,
      },
      count === 0 ? "" : `${count}`,
    );
  return element(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "matrix of true classes and guesses" },
    element(
      "table",
      { class: "matrix", id: "text-matrix" },
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("th", { scope: "col" }, "true class"),
          ...labels.map((label, j) => element("th", { scope: "col", title: label, "aria-label": label }, `${j + 1}`)),
        ),
      ),
      element(
        "tbody",
        {},
        ...labels.map((label, i) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, `${i + 1} ${label}`),
            ...(counts[i] as readonly number[]).map((count, j) => cell(count, i, j)),
          ),
        ),
      ),
    ),
  );
}

function pairs(labels: readonly string[], counts: Report["counts"]): HTMLElement {
  const all = counts
    .flatMap((row, i) => row.map((count, j) => ({ count, i, j })))
    .filter(({ count, i, j }) => i !== j && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, MOST_PAIRS);
  if (all.length === 0) return element("p", { class: "note" }, "Nothing for anything else.");
  return element(
    "ul",
    { id: "text-pairs" },
    ...all.map(({ count, i, j }) => element("li", {}, `${count} × ${labels[i]} for ${labels[j]}`)),
  );
}

function mistakeList(mistakes: readonly Mistake[]): HTMLElement {
  return element(
    "ul",
    { id: "text-mistakes" },
    ...mistakes.map(({ text, label, guess, probability }) =>
      element("li", {}, text, element("span", { class: "note" }, ` ${guess}, ${percent(probability)}; it is ${label}`)),
    ),
  );
}

export function guessView(text: string, guesses: readonly Guess[]): HTMLElement {
  return element(
    "div",
    {},
    element("p", { class: "said" }, text),
    element(
      "div",
      { class: "bars" },
      ...guesses.flatMap(({ label, probability }) => [
        element("span", {}, label),
        element("span", {}, element("span", { class: "bar", style: `display:block;width:${percent(probability).replace(" ", "")}` })),
        element("span", {}, percent(probability)),
      ]),
    ),
  );
}
