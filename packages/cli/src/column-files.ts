/** Columns of numbers as CSV or Parquet, whichever a file's ending says. */
import { extname } from "node:path";
import { writeFileAtomic } from "@tetrad/engine";
import { CalledWrongly } from "./called-wrongly.js";
import { parquet } from "./parquet.js";

export interface NumberColumn {
  readonly name: string;
  readonly values: ArrayLike<number>;
}

/** A string of V8 ends at 512 MB; a number takes at most 25 letters. */
const MOST_CSV_NUMBERS = 20_000_000;

/** Called before any work is done for the file. @throws ARGUMENT for an ending that is neither */
export function checkColumnFile(path: string): void {
  if (![".csv", ".parquet"].includes(extname(path).toLowerCase()))
    throw new CalledWrongly({
      op: "--out",
      what: "unknown kind of file",
      got: path,
      expected: "a name that ends in .csv or .parquet",
    });
}

/** CSV has all digits of every number. @throws TetradError IO; ARGUMENT for more numbers than one CSV text can hold */
export async function writeColumns(path: string, columns: readonly NumberColumn[]): Promise<void> {
  const rows = columns[0]?.values.length ?? 0;
  if (extname(path).toLowerCase() === ".parquet") {
    const doubles = columns.map(({ name, values }) => ({
      name,
      values: values instanceof Float64Array ? values : Float64Array.from(values),
    }));
    return writeFileAtomic(path, parquet(doubles));
  }
  if (rows * columns.length > MOST_CSV_NUMBERS)
    throw new CalledWrongly({
      op: "--out",
      what: `${rows} rows are too many for CSV`,
      got: path,
      hint: "write Parquet: a name that ends in .parquet",
    });
  const lines = [columns.map(({ name }) => name).join(",")];
  for (let row = 0; row < rows; row++) lines.push(columns.map(({ values }) => String(values[row])).join(","));
  await writeFileAtomic(path, `${lines.join("\n")}\n`);
}
