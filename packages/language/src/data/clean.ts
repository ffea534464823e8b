/** The stage `clean`: texts in one form of Unicode, without what nobody sees, and without the rows that then hold nothing. */
import { isMissing, TetradError } from "@tetrad/engine";
import { withoutEntities, withoutTags } from "./html.js";
import { cellOf, type Stage, Tally } from "./rows.js";

export interface CleanOptions {
  readonly text: string;
  /** Rows without a class are left out */
  readonly label?: string;
  /** A column with a tag for each of the text's words: rows where cleaning took a word away are left out */
  readonly tags?: string;
  /** Takes tags away and puts characters for entities */
  readonly html: boolean;
  /** White space with a line's end in it becomes a line's end, not a space */
  readonly keepLines: boolean;
  /** Limits in characters (code points); rows beyond them are left out */
  readonly minChars?: number;
  readonly maxChars?: number;
}

/**
 * Control characters but tabs and line ends, byte-order marks, zero-width spaces, soft hyphens, directions of writing, and halves of surrogate pairs. Joiners
 * stay: emoji and several scripts need them.
 */
const UNSEEN = /(?![\t-\r\u0085])[\p{Cc}\p{Cs}\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/gu;

/** @throws TetradError ARGUMENT for limits that no text meets, DATA where no row is left */
export const cleanStage: Stage<CleanOptions> = {
  name: "clean",
  version: 1,
  run(rows, options, emit) {
    const { text: column, label, tags, minChars = 0, maxChars = Number.POSITIVE_INFINITY } = options;
    if (minChars > maxChars)
      throw new TetradError("ARGUMENT", {
        op: "clean",
        what: "no text is that long and that short",
        got: `at least ${minChars} and at most ${maxChars} characters`,
      });
    const index = rows.columns.indexOf(column);
    const textOf = cellOf(rows, column);
    const labelOf = label === undefined ? undefined : cellOf(rows, label);
    const tagsOf = tags === undefined ? undefined : cellOf(rows, tags);
    const [dropped, changed] = [new Tally(), new Tally()];
    let [rowsIn, rowsOut, unknown] = [0, 0, 0];
    for (const row of rows) {
      rowsIn++;
      const { text, steps, unknownEntities } = cleanText(textOf(row), options);
      const reason = reasonToDrop(text, labelOf?.(row), tagsOf?.(row), minChars, maxChars);
      if (reason !== undefined) {
        dropped.add(reason);
        continue;
      }
      for (const step of steps) changed.add(step);
      unknown += unknownEntities;
      rowsOut++;
      emit({ ...row, cells: row.cells.map((cell, i) => (i === index ? text : cell)) });
    }
    if (rowsOut === 0)
      throw new TetradError("DATA", {
        op: "clean",
        what: `no row is left of ${rowsIn}`,
        got: Object.entries(dropped.counts)
          .map(([why, count]) => `${count} ${why}`)
          .join(", "),
        hint: "is that the column of texts? are the limits of length too narrow?",
      });
    const notes = unknown === 0 ? [] : [`entities of unknown names, which stay: ${unknown}`];
    return { rowsIn, rowsOut, dropped: dropped.counts, changed: changed.counts, notes };
  },
};

function reasonToDrop(
  text: string,
  label: string | undefined,
  tags: string | undefined,
  minChars: number,
  maxChars: number,
): string | undefined {
  if (text === "") return "empty";
  if (label !== undefined && isMissing(label)) return "without a class";
  if (tags !== undefined && tags.split(" ").length !== text.split(/\s/).length) return "no longer a tag for each word";
  if (minChars === 0 && text.length <= maxChars) return undefined;
  const length = [...text].length;
  if (length < minChars) return `shorter than ${minChars} characters`;
  return length > maxChars ? `longer than ${maxChars} characters` : undefined;
}

/** @returns the text, names of the steps that changed it, and how many entities stayed for want of a known name */
export function cleanText(given: string, { html, keepLines }: Pick<CleanOptions, "html" | "keepLines">) {
  const steps: string[] = [];
  let text = given;
  let unknownEntities = 0;
  const step = (name: string, next: string) => {
    if (next !== text) steps.push(name);
    text = next;
  };
  if (html) {
    step("tags removed", withoutTags(text));
    const plain = withoutEntities(text);
    unknownEntities = plain.unknown;
    step("entities decoded", plain.text);
  }
  step("unseen characters removed", text.replace(UNSEEN, ""));
  step("Unicode normalised", text.normalize("NFC"));
  const oneSpace = (space: string) => (keepLines && /[\n\r\u0085\u2028\u2029]/.test(space) ? "\n" : " ");
  step("white space made one", text.replace(/[\s\u0085]+/gu, oneSpace).trim());
  return { text, steps, unknownEntities };
}
