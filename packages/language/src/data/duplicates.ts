/** The stage `duplicates`: equal and nearly equal texts within the data and between them and the texts that are to be measured on, and equal texts of different classes. */
import type { JsonObject } from "@tetrad/engine";
import { HashIndex, hash64, Numbers } from "./hash-index.js";
import { NearTexts, sketchOf } from "./near-texts.js";
import { cellOf, type DataRow, type DataRows, type Stage, Tally } from "./rows.js";
import { beginning, normalForm, wordsOf } from "./words.js";

export interface DuplicatesOptions {
  readonly text: string;
  /** Equal texts of different classes are told of */
  readonly label?: string;
  /** exact: equal but for case, white space and forms of Unicode; near: also those whose 5-word shingles have a Jaccard similarity of 0.8 */
  readonly find: "exact" | "near";
  /** Leaves out what is found. A row that is to be measured on always stays: it is the row like it that goes. */
  readonly drop: boolean;
  /** Leaves out every row whose text occurs with several classes */
  readonly dropConflicts: boolean;
  /** Different texts that near ones are looked for among, the first so many; 2,097,152 unless told: each takes about 1.3 KB */
  readonly mostNear?: number;
}

const EXAMPLES = 5;

const KINDS = ["exact duplicates", "near duplicates", "also in the test file", "nearly in the test file"] as const;
type Kind = (typeof KINDS)[number];

interface Findings {
  /** Row → 0 for a text of its own, else 1 + its kind's place in KINDS */
  readonly verdicts: Numbers;
  /** Row → the first row with its text */
  readonly firsts: Numbers;
  /** First rows of texts that have several classes */
  readonly conflicts: ReadonlySet<number>;
  /** Texts that came too late to be looked for */
  readonly beyond: number;
  /** Row and the earlier one, a few of each kind and of conflicts */
  readonly examples: readonly { readonly kind: string; readonly row: number; readonly first: number }[];
}

/** What is like a row of the test part counts as of the test file; give those rows first. */
export const duplicatesStage: Stage<DuplicatesOptions> = {
  name: "duplicates",
  version: 2,
  run(rows, options, emit) {
    const { verdicts, firsts, conflicts, beyond, examples } = findAll(rows, options);
    const shown = new Set(examples.flatMap(({ row, first }) => [row, first]));
    const kept = new Map<number, DataRow>();
    const [dropped, found] = [new Tally(), new Tally()];
    let [row, rowsOut, inConflict] = [0, 0, 0];
    for (const data of rows) {
      if (shown.has(row)) kept.set(row, data);
      const kind = KINDS[verdicts.at(row) - 1];
      const conflicting = conflicts.has(firsts.at(row));
      if (kind !== undefined) found.add(kind);
      if (conflicting) inConflict++;
      const reason = conflicting && options.dropConflicts ? "of texts with several classes" : options.drop ? kind : undefined;
      if (reason === undefined || data.part === "test") {
        rowsOut++;
        emit(data);
      } else dropped.add(reason);
      row++;
    }
    return {
      rowsIn: row,
      rowsOut,
      dropped: dropped.counts,
      changed: {},
      notes: [...notesOn(found, conflicts.size, inConflict, options), ...beyondNote(beyond)],
      facts: {
        found: found.counts,
        conflicts: { texts: conflicts.size, rows: inConflict },
        examples: examples.map((example) => exampleFacts(example, kept, rows, options)),
      },
    };
  },
};

function beyondNote(texts: number): string[] {
  return texts === 0
    ? []
    : [`texts that others were not held against, because so many came before them: ${texts}; equal ones are all found`];
}

function findAll(rows: DataRows, { text, label, find, mostNear }: DuplicatesOptions): Findings {
  const textOf = cellOf(rows, text);
  const labelOf = label === undefined ? () => "" : cellOf(rows, label);
  const exact = new HashIndex();
  const near = find === "near" ? new NearTexts(mostNear) : undefined;
  const labels = new Map<string, number>();
  const [verdicts, firsts, classes, measured] = [new Numbers(), new Numbers(), new Numbers(), new Numbers()];
  const conflicts = new Set<number>();
  const counted = new Tally();
  const examples: { kind: string; row: number; first: number }[] = [];
  const example = (kind: string, row: number, first: number) => {
    counted.add(kind);
    if (counted.get(kind) <= EXAMPLES) examples.push({ kind, row, first });
  };
  let [row, beyond] = [0, 0];
  for (const data of rows) {
    const own = textOf(data);
    const label = labelOf(data);
    if (!labels.has(label)) labels.set(label, labels.size);
    const isMeasured = data.part === "test";
    const [high, low] = hash64(normalForm(own));
    const equal = exact.get(high, low);
    let first = equal;
    if (equal === undefined) {
      exact.set(high, low, row);
      const sketch = near === undefined ? undefined : sketchOf(wordsOf(own));
      first = sketch && near?.find(sketch);
      // What is near a text that is near another need not be near that one: only texts of their own are compared with.
      if (sketch !== undefined && (first === undefined || isMeasured) && near?.add(sketch, row) === false) beyond++;
    } else if (classes.at(equal) !== labels.get(label)) {
      conflicts.add(equal);
      example("several classes", row, equal);
    }
    const isLeaked = first !== undefined && !isMeasured && measured.at(first) === 1;
    const kind = first === undefined ? undefined : kindOf(equal !== undefined, isLeaked);
    if (kind !== undefined) example(kind, row, first as number);
    verdicts.push(kind === undefined ? 0 : 1 + KINDS.indexOf(kind));
    firsts.push(equal ?? row);
    classes.push(labels.get(label) as number);
    measured.push(isMeasured ? 1 : 0);
    row++;
  }
  return { verdicts, firsts, conflicts, beyond, examples };
}

function kindOf(isEqual: boolean, isLeaked: boolean): Kind {
  if (isLeaked) return isEqual ? "also in the test file" : "nearly in the test file";
  return isEqual ? "exact duplicates" : "near duplicates";
}

function notesOn(found: Tally, conflicts: number, inConflict: number, { drop, dropConflicts }: DuplicatesOptions): string[] {
  const notes: string[] = [];
  const leaked = found.get("also in the test file") + found.get("nearly in the test file");
  if (leaked > 0 && !drop) notes.push(`rows that are in the test file too, or nearly: ${leaked}; what is measured on it will be too good`);
  const own = found.get("exact duplicates") + found.get("near duplicates");
  if (own > 0 && !drop) notes.push(`duplicates that stay: ${own}; a split may put a text into two parts`);
  if (conflicts > 0) notes.push(`texts with several classes${dropConflicts ? "" : ", which stay"}: ${conflicts}, in ${inConflict} rows`);
  return notes;
}

function exampleFacts(
  { kind, row, first }: Findings["examples"][number],
  kept: ReadonlyMap<number, DataRow>,
  rows: DataRows,
  { text, label }: DuplicatesOptions,
): JsonObject {
  const [later, earlier] = [kept.get(row) as DataRow, kept.get(first) as DataRow];
  const textOf = cellOf(rows, text);
  const side = (data: DataRow) => ({
    at: data.at,
    text: beginning(textOf(data)),
    ...(label !== undefined && { label: cellOf(rows, label)(data) }),
  });
  return { kind, row: side(later), like: side(earlier) };
}
