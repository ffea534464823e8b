/**
 * From a table to what a network eats, learnt once from the training rows and kept as plain JSON with the model: which columns are inputs, their
 * standardisation, categories, labels, and what happens to missing and unknown values.
 */
import { TetradError } from "../errors.js";
import { type ColumnKind, columnKind, missingValue, numberColumn } from "./columns.js";
import { isUnnamed } from "./csv.js";
import { columnIndex, isMissing, listed, type Table } from "./table.js";

/** error: refuse; drop: leave the row out; impute: mean of the training rows for numbers, their most frequent value for categories. A row without target is dropped by both. */
export type MissingRule = "error" | "drop" | "impute";
/** What a category never seen in training becomes: an error, or all zeros in its one-hot columns. */
export type UnseenRule = "error" | "zeros";
export type Task = "regression" | "classification";

export interface NumberInput {
  readonly kind: "number";
  readonly name: string;
  /** x = (value − mean) / scale; `mean` also stands in for a missing value under "impute". */
  readonly mean: number;
  readonly scale: number;
}

export interface CategoryInput {
  readonly kind: "category";
  readonly name: string;
  readonly categories: readonly string[];
  readonly mostFrequent: string;
}

export type TargetCoding =
  | { readonly kind: "number"; readonly name: string; readonly mean: number; readonly scale: number }
  | { readonly kind: "label"; readonly name: string; readonly labels: readonly string[] };

export interface Preprocessing {
  readonly version: 1;
  readonly inputs: readonly (NumberInput | CategoryInput)[];
  readonly target: TargetCoding;
  readonly missing: MissingRule;
  readonly unseen: UnseenRule;
}

export interface ColumnOptions {
  readonly target: string;
  /** Default: every column but the target that can be an input. */
  readonly inputs?: readonly string[] | undefined;
  /** Default: classification when the target holds text. */
  readonly task?: Task | undefined;
  /** Columns of numbers that are names in disguise, such as a code. */
  readonly categories?: readonly string[] | undefined;
  /** A category column with more different values is left out, or refused when it was asked for. */
  readonly maxCategories?: number | undefined;
}

/** What each column is going to be, decided from the whole table before any value is learnt. */
export interface ColumnPlan {
  readonly inputs: readonly { readonly name: string; readonly kind: ColumnKind }[];
  readonly target: { readonly name: string; readonly kind: "number" | "label" };
  /** In plain words, what was left out and why. */
  readonly notes: readonly string[];
}

/** One-hot columns are learnt from the rows that hold their category: with more of them than this, each should have at least 20 rows, and there are never more than 200. */
const FEW_CATEGORIES = 50;

function defaultMaxCategories(rows: number): number {
  return Math.max(FEW_CATEGORIES, Math.min(200, Math.floor(rows / 20)));
}

/** @throws TetradError DATA for columns that do not exist or cannot be used */
export function planColumns(table: Table, options: ColumnOptions): ColumnPlan {
  const { target, inputs, categories = [], maxCategories = defaultMaxCategories(table.rows.length) } = options;
  columnIndex(table, target);
  for (const name of categories) columnIndex(table, name);
  if (inputs?.includes(target))
    throw new TetradError("DATA", {
      op: table.source,
      what: `column ${JSON.stringify(target)} is both target and input`,
      hint: "take it out of the inputs",
    });
  const notes: string[] = [];
  const chosen: { name: string; kind: ColumnKind }[] = [];
  for (const name of inputs ?? table.columns) {
    if (name === target) continue;
    const kind = categories.includes(name) ? "category" : columnKind(table, name);
    const obstacle = inputObstacle(table, name, kind, maxCategories, inputs === undefined);
    if (obstacle === undefined) chosen.push({ name, kind });
    else if (inputs === undefined) notes.push(`left out ${JSON.stringify(name)}: ${obstacle}`);
    else
      throw new TetradError("DATA", {
        op: table.source,
        what: `column ${JSON.stringify(name)} cannot be an input: ${obstacle}`,
        hint: "take it out of the inputs, or raise maxCategories if it is a category",
      });
  }
  if (chosen.length === 0)
    throw new TetradError("DATA", {
      op: table.source,
      what: "no column is left to be an input",
      got: notes.join("; ") || listed(table.columns),
      hint: "name the inputs",
    });
  const kind =
    (options.task ?? (columnKind(table, target) === "number" ? "regression" : "classification")) === "regression" ? "number" : "label";
  return { inputs: chosen, target: { name: target, kind }, notes };
}

function inputObstacle(table: Table, name: string, kind: ColumnKind, maxCategories: number, automatic: boolean): string | undefined {
  const different = distinct(table, name);
  if (different.size === 0) return "it holds no values";
  if (different.size === 1) return `it holds only ${JSON.stringify([...different.keys()][0])}`;
  if (kind === "category" && different.size > maxCategories)
    return `${different.size} different texts among ${table.rows.length} rows are too many to be categories`;
  return automatic && isUnnamed(name) ? "it has no name and is probably a row number" : undefined;
}

/** The rows that can be used, by the rule for missing values. @throws TetradError DATA for a missing value under "error", or when none is left */
export function usableRows(table: Table, plan: ColumnPlan, missing: MissingRule): Int32Array {
  const inputs = plan.inputs.map(({ name }) => ({ name, index: columnIndex(table, name) }));
  const target = columnIndex(table, plan.target.name);
  const hint = 'fill it in, or set "missing: drop" to leave such rows out or "missing: impute" to fill in the mean';
  const rows: number[] = [];
  for (const [row, cells] of table.rows.entries()) {
    const gap = inputs.find(({ index }) => isMissing(cells[index] as string));
    if (missing === "error" && gap !== undefined) missingValue(table, gap.name, row, cells[gap.index] as string, hint);
    if (missing === "error" && isMissing(cells[target] as string))
      missingValue(table, plan.target.name, row, cells[target] as string, 'fill it in, or set "missing: drop"');
    if (!isMissing(cells[target] as string) && (gap === undefined || missing === "impute")) rows.push(row);
  }
  if (rows.length === 0)
    throw new TetradError("DATA", {
      op: table.source,
      what: "no row is left without missing values",
      hint: 'set "missing: impute", or leave out the inputs with many gaps',
    });
  return Int32Array.from(rows);
}

/**
 * Learns from the training rows only, so that nothing of the rows kept for testing leaks into the model. Labels come from the whole table.
 * @throws TetradError DATA for text in a column of numbers, or a target with a single value
 */
export function learnPreprocessing(
  table: Table,
  plan: ColumnPlan,
  trainRows: ArrayLike<number>,
  { missing, unseen }: { readonly missing: MissingRule; readonly unseen: UnseenRule },
): Preprocessing {
  const inputs = plan.inputs.map(({ name, kind }): NumberInput | CategoryInput => {
    if (kind === "number") return { kind, name, ...standardisation(numberColumn(table, name, "nan", trainRows)) };
    const counts = distinct(table, name, trainRows);
    const categories = [...counts.keys()].sort(byValue);
    const mostFrequent = categories.reduce((best, value) => ((counts.get(value) as number) > (counts.get(best) ?? 0) ? value : best), "");
    return { kind, name, categories, mostFrequent };
  });
  const { name, kind } = plan.target;
  if (kind === "number")
    return {
      version: 1,
      inputs,
      target: { kind, name, ...standardisation(numberColumn(table, name, "error", trainRows)) },
      missing,
      unseen,
    };
  const labels = [...distinct(table, name).keys()].sort(byValue);
  if (labels.length < 2)
    throw new TetradError("DATA", {
      op: table.source,
      what: `the target ${JSON.stringify(name)} holds one label only`,
      got: listed(labels),
      expected: "at least two",
    });
  return { version: 1, inputs, target: { kind, name, labels }, missing, unseen };
}

/** Mean and population standard deviation of the finite values, in two passes; a spread within rounding of nothing counts as constant and gets scale 1. */
function standardisation(values: Float64Array): { mean: number; scale: number } {
  const known = values.filter((value) => !Number.isNaN(value));
  const n = known.length;
  if (n === 0) return { mean: 0, scale: 1 };
  const mean = known.reduce((sum, value) => sum + value / n, 0);
  const variance = known.reduce((sum, value) => sum + (value - mean) ** 2 / n, 0);
  const constant = variance <= n * Number.EPSILON * variance + (n * mean * Number.EPSILON) ** 2;
  return { mean, scale: constant ? 1 : Math.sqrt(variance) };
}

/** How often each value occurs, missing ones left out. */
function distinct(table: Table, name: string, rows?: ArrayLike<number>): Map<string, number> {
  const index = columnIndex(table, name);
  const counts = new Map<string, number>();
  for (let i = 0; i < (rows?.length ?? table.rows.length); i++) {
    const cell = (table.rows[rows?.[i] ?? i] as readonly string[])[index] as string;
    if (!isMissing(cell)) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  }
  return counts;
}

/** Numbers by size, texts by code unit, so that the order does not depend on the machine's language. */
function byValue(a: string, b: string): number {
  const difference = Number(a) - Number(b);
  return Number.isNaN(difference) ? (a < b ? -1 : a > b ? 1 : 0) : difference;
}
