/** Chains on disk: one Parquet file for data tools, and GetDist's text files for cosmologists. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "@tetrad/engine";
import { type DrawTable, getdistFiles, type Theory } from "@tetrad/theory";
import { parquet } from "../parquet.js";

/** @throws TetradError IO */
export async function writeParquet(path: string, table: DrawTable): Promise<void> {
  const columns = [
    { name: "chain", values: table.chain.map((chain) => chain + 1) },
    { name: "draw", values: table.draw.map((draw) => draw + 1) },
    ...(table.weight === undefined ? [] : [{ name: "weight", values: table.weight }]),
    ...table.quantities,
    { name: table.weight === undefined ? "log_density" : "log_likelihood", values: table.logDensity },
    ...table.statistics,
  ];
  await writeFileAtomic(path, parquet(columns));
}

/** @returns names of the files. @throws TetradError IO */
export async function writeGetDist(folder: string, root: string, theory: Theory, table: DrawTable): Promise<string[]> {
  const files = getdistFiles(root, theory, table);
  const names = files.map(({ name }) => name);
  // Chains of an earlier run with more of them would be read along with these.
  for (const name of readdirSync(folder)) {
    if (name.startsWith(`${root}_`) && /^\d+\.txt$/.test(name.slice(root.length + 1)) && !names.includes(name)) rmSync(join(folder, name));
  }
  for (const { name, text } of files) await writeFileAtomic(join(folder, name), text);
  return names;
}
