/** Applies a saved preprocessing: table rows to input and target arrays, outputs of a network back to numbers and labels. */
import { TetradError } from "../errors.js";
import { indexOfLargest } from "../largest.js";
import { missingValue, numberColumn } from "./columns.js";
import type { CategoryInput, NumberInput, Preprocessing } from "./preprocess.js";
import { columnIndex, isMissing, listed, type Table } from "./table.js";

export interface EncodedInputs {
  /** (rows.length, width) row by row. */
  readonly x: Float32Array<ArrayBuffer>;
  readonly width: number;
  /** The rows that were encoded; under "drop", rows with missing inputs are not among them. */
  readonly rows: Int32Array;
  /** In plain words: values never seen in training, and what was done. */
  readonly notes: readonly string[];
}

/** Names of the input elements, such as `mass` or `colour=red`. */
export function featureNames(preprocessing: Preprocessing): string[] {
  return preprocessing.inputs.flatMap((input) =>
    input.kind === "number" ? [input.name] : input.categories.map((category) => `${input.name}=${category}`),
  );
}

/** @throws TetradError DATA for a missing column, text in a column of numbers, and missing or unseen values under the rule "error" */
export function encodeInputs(
  preprocessing: Preprocessing,
  table: Table,
  rows: ArrayLike<number> = table.rows.map((_, row) => row),
): EncodedInputs {
  const { inputs, missing } = preprocessing;
  const columns = inputs.map(({ name }) => columnIndex(table, name));
  const complete = (row: number) => columns.every((column) => !isMissing((table.rows[row] as readonly string[])[column] as string));
  const kept = missing === "drop" ? Int32Array.from(rows).filter(complete) : Int32Array.from(rows);
  const width = featureNames(preprocessing).length;
  const x = new Float32Array(kept.length * width);
  const notes: string[] = [];
  let offset = 0;
  for (const input of inputs) {
    if (input.kind === "number") encodeNumbers(input, table, kept, missing === "impute", x, width, offset);
    else notes.push(...encodeCategories(input, preprocessing, table, kept, x, width, offset));
    offset += input.kind === "number" ? 1 : input.categories.length;
  }
  return { x, width, rows: kept, notes };
}

function encodeNumbers(
  { name, mean, scale }: NumberInput,
  table: Table,
  rows: Int32Array,
  impute: boolean,
  x: Float32Array,
  width: number,
  offset: number,
): void {
  const values = numberColumn(table, name, impute ? "nan" : "error", rows);
  for (let i = 0; i < rows.length; i++) {
    const value = values[i] as number;
    x[i * width + offset] = Number.isNaN(value) ? 0 : (value - mean) / scale;
  }
}

function encodeCategories(
  input: CategoryInput,
  { missing, unseen }: Preprocessing,
  table: Table,
  rows: Int32Array,
  x: Float32Array,
  width: number,
  offset: number,
): string[] {
  const { name, categories, mostFrequent } = input;
  const column = columnIndex(table, name);
  const indexOf = new Map(categories.map((category, i) => [category, i]));
  let unknown = 0;
  let first = "";
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    let cell = (table.rows[row] as readonly string[])[column] as string;
    if (isMissing(cell)) {
      if (missing === "error") missingValue(table, name, row, cell);
      cell = mostFrequent;
    }
    const category = indexOf.get(cell);
    if (category !== undefined) x[i * width + offset + category] = 1;
    else if (unseen === "error")
      throw new TetradError("DATA", {
        op: table.source,
        what: `column ${JSON.stringify(name)} holds a category never seen in training`,
        got: JSON.stringify(cell),
        expected: listed(categories),
        at: table.place(row),
        hint: 'correct it, or train with "unseen: zeros" to treat such values as unknown',
      });
    else if (unknown++ === 0) first = `${JSON.stringify(cell)} at ${table.place(row)}`;
  }
  return unknown === 0
    ? []
    : [
        `${unknown} value${unknown === 1 ? "" : "s"} of ${JSON.stringify(name)} never seen in training, treated as unknown (first ${first})`,
      ];
}

/**
 * Targets of the given rows: standardised numbers, or indices of labels.
 * @throws TetradError DATA for a missing or unknown value
 */
export function encodeTarget(
  { target }: Preprocessing,
  table: Table,
  rows: ArrayLike<number>,
): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> {
  if (target.kind === "number")
    return Float32Array.from(numberColumn(table, target.name, "error", rows), (value) => (value - target.mean) / target.scale);
  const column = columnIndex(table, target.name);
  const indexOf = new Map(target.labels.map((label, i) => [label, i]));
  return Int32Array.from(rows, (row) => {
    const cell = (table.rows[row] as readonly string[])[column] as string;
    const label = indexOf.get(cell);
    if (label === undefined)
      throw new TetradError("DATA", {
        op: table.source,
        what: `column ${JSON.stringify(target.name)} holds an unknown label`,
        got: JSON.stringify(cell),
        expected: listed(target.labels),
        at: table.place(row),
      });
    return label;
  });
}

/** Network outputs (n, 1) back in the target's own units. */
export function decodeNumbers({ target }: Preprocessing, outputs: ArrayLike<number>): Float64Array {
  if (target.kind !== "number")
    throw new TetradError("ARGUMENT", { op: "decodeNumbers", what: `the target ${JSON.stringify(target.name)} is a label, not a number` });
  return Float64Array.from(outputs, (y) => y * target.scale + target.mean);
}

export interface DecodedLabels {
  /** Index of the most probable label, per row; the first of equals. */
  readonly indices: Int32Array;
  /** (n, labels) softmax of the outputs. */
  readonly probabilities: Float64Array;
}

/** Network outputs (n, labels), as logits, to labels and their probabilities. */
export function decodeLabels({ target }: Preprocessing, logits: ArrayLike<number>): DecodedLabels {
  if (target.kind !== "label")
    throw new TetradError("ARGUMENT", { op: "decodeLabels", what: `the target ${JSON.stringify(target.name)} is a number, not a label` });
  const k = target.labels.length;
  const n = logits.length / k;
  const indices = new Int32Array(n);
  const probabilities = new Float64Array(n * k);
  for (let i = 0; i < n; i++) {
    const best = indexOfLargest(logits, i * k, k);
    let sum = 0;
    for (let j = 0; j < k; j++)
      sum += probabilities[i * k + j] = Math.exp((logits[i * k + j] as number) - (logits[i * k + best] as number));
    for (let j = 0; j < k; j++) (probabilities[i * k + j] as number) /= sum;
    indices[i] = best;
  }
  return { indices, probabilities };
}
