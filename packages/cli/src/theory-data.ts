/** A theory's data from the command line: one file, files by the data sets' names, or those that the theory names itself. */
import { decodeText, readBytes, readTable, type Table } from "@tetrad/engine";
import { type DataFormat, isTabular, readDataText, type Theory, type TheoryData } from "@tetrad/theory";
import { CalledWrongly } from "./called-wrongly.js";

/**
 * @param file for the only data set, or for the only one whose file the theory does not name
 * @param named files by data set
 * @returns undefined where the theory has read its data itself
 * @throws IO, DATA for a file that cannot be read; ARGUMENT for a name that is no data set
 */
export async function dataOf(
  theory: Theory,
  file: string | undefined,
  named: Readonly<Record<string, string>> = {},
): Promise<TheoryData | undefined> {
  const names = theory.sets.map(({ name }) => name);
  const stranger = Object.keys(named).find((name) => !names.includes(name));
  if (stranger !== undefined) {
    throw new CalledWrongly({
      op: theory.name,
      what: `there is no data set ${stranger}`,
      expected: names.join(", "),
      hint: "--data takes NAME=FILE",
    });
  }
  const tables: Record<string, Table> = {};
  for (const { name, data } of theory.sets) {
    const path = named[name] ?? (data.table === undefined || names.length === 1 ? file : undefined);
    if (path !== undefined) tables[name] = await readData(path, data.format);
  }
  return Object.keys(tables).length === 0 ? undefined : tables;
}

/** CSV, TSV and JSON by their endings; other text is columns between blanks where a comment line or custom names them, and CSV else. */
async function readData(path: string, format: DataFormat): Promise<Table> {
  const bytes = await readBytes(path);
  if (isTabular(path)) return readTable(bytes, path);
  const text = decodeText(bytes, path);
  return format === "table" && !text.trimStart().startsWith("#") ? readTable(text, path) : readDataText(text, path, format);
}
