/** Covariance matrices from text: read, checked, and refused with the row that is wrong. */

import { TetradError } from "@tetrad/engine";

export interface Covariance {
  /** File name for messages. */
  readonly source: string;
  readonly size: number;
  /** [size, size], row-major, exactly symmetric. */
  readonly values: Float64Array;
  /** `file:line` of a row. */
  readonly place: (row: number) => string;
}

/** Files hold seven digits or more; entries that differ by more than this part of σᵢσⱼ were never equal. */
const ASYMMETRY = 1e-7;

/**
 * A square table of numbers, one row a line; or, as cosmology codes write it, the size on the first line and then all entries.
 * Blanks, tabs, commas or semicolons separate; lines starting with # are comments.
 * @throws DATA for text that is not numbers, a table that is not square, a diagonal that is not positive, a matrix that is not symmetric
 */
export function parseCovariance(text: string, source: string): Covariance {
  const rows: Row[] = [];
  for (const [i, raw] of text
    .replace(/^\uFEFF/, "")
    .split(/\r\n?|\n/)
    .entries()) {
    const trimmed = raw.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const values = trimmed
      .split(/[\s,;]+/)
      .filter((cell) => cell !== "")
      .map((cell) => toNumber(cell, source, i + 1));
    rows.push({ line: i + 1, values });
  }
  const [first] = rows;
  if (first === undefined)
    throw new TetradError("DATA", { op: source, what: "the covariance file holds no numbers", expected: "n rows of n numbers" });
  const entries = rows.reduce((sum, row) => sum + row.values.length, 0);
  const announced = first.values.length === 1 && rows.length > 1 ? (first.values[0] as number) : undefined;
  const matrix =
    announced !== undefined && Number.isInteger(announced) && entries === announced ** 2 + 1
      ? afterSize(rows, announced)
      : square(rows, source, announced);
  return symmetric(matrix, source);
}

interface Row {
  readonly line: number;
  readonly values: number[];
}

interface Square {
  readonly size: number;
  readonly values: Float64Array;
  readonly lineOf: (row: number) => number;
}

function afterSize(rows: readonly Row[], size: number): Square {
  const flat = rows.slice(1).flatMap((row) => row.values.map((value) => ({ value, line: row.line })));
  return { size, values: Float64Array.from(flat, (entry) => entry.value), lineOf: (row) => (flat[row * size] as { line: number }).line };
}

function square(rows: readonly Row[], source: string, announced: number | undefined): Square {
  const size = rows.length;
  const ragged = rows.find((row) => row.values.length !== size);
  if (ragged !== undefined) {
    throw new TetradError("DATA", {
      op: source,
      what: "the covariance is not square",
      got: `${ragged.values.length} ${ragged.values.length === 1 ? "number" : "numbers"} in a row, ${size} rows`,
      expected:
        announced === undefined
          ? "as many numbers in each row as there are rows"
          : `${announced}² numbers after the first line, which gives the size, or a square table`,
      at: `${source}:${ragged.line}`,
    });
  }
  return { size, values: Float64Array.from(rows.flatMap((row) => row.values)), lineOf: (row) => (rows[row] as Row).line };
}

function symmetric({ size, values, lineOf }: Square, source: string): Covariance {
  const place = (row: number): string => `${source}:${lineOf(row)}`;
  const at = (i: number, j: number): number => values[i * size + j] as number;
  for (let i = 0; i < size; i++) {
    if (!(at(i, i) >= 0))
      throw new TetradError("DATA", { op: source, what: `the variance in row ${i + 1} is negative`, got: `${at(i, i)}`, at: place(i) });
  }
  const average = Float64Array.from(values);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) {
      if (Math.abs(at(i, j) - at(j, i)) > ASYMMETRY * Math.max(Math.sqrt(at(i, i) * at(j, j)), Math.abs(at(i, j)), Math.abs(at(j, i)))) {
        throw new TetradError("DATA", {
          op: source,
          what: `the covariance is not symmetric: row ${i + 1}, column ${j + 1} and row ${j + 1}, column ${i + 1} differ`,
          got: `${at(i, j)} and ${at(j, i)}`,
          at: place(i),
          hint: "correct one of them",
        });
      }
      average[i * size + j] = average[j * size + i] = (at(i, j) + at(j, i)) / 2;
    }
  }
  return { source, size, values: average, place };
}

function toNumber(cell: string, source: string, line: number): number {
  const value = Number(cell);
  if (!Number.isFinite(value)) {
    throw new TetradError("DATA", {
      op: source,
      what: "the covariance holds text or a value that is not finite",
      got: JSON.stringify(cell.slice(0, 40)),
      expected: "a number",
      at: `${source}:${line}`,
    });
  }
  return value;
}
