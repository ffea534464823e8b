/** Chains on disk: one Parquet file for data tools, and GetDist's text files for cosmologists (getdist.readthedocs.io, "Load from files"). */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "@tetrad/engine";
import { freeParameters, type Theory } from "@tetrad/theory";
import { parquet } from "../parquet.js";
import type { DrawTable } from "./table.js";

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

/** `ROOT_1.txt` … with weight, −ln density and values; `ROOT.paramnames`, `ROOT.ranges`. @returns names of the files. @throws TetradError IO */
export async function writeGetDist(folder: string, root: string, theory: Theory, table: DrawTable): Promise<string[]> {
  const chains = (table.chain.at(-1) as number) + 1; // in their order
  const texts = Array.from({ length: chains }, () => [] as string[]);
  for (let i = 0; i < table.chain.length; i++) {
    const weight = table.weight?.[i] ?? 1;
    if (weight === 0) continue;
    const values = [weight, -(table.logDensity[i] as number), ...table.quantities.map((quantity) => quantity.values[i] as number)];
    (texts[table.chain[i] as number] as string[]).push(values.map((value) => value.toExponential(9)).join(" "));
  }
  const parameters = freeParameters(theory);
  const names = [
    ...parameters.map((p) => `${p.name} ${p.latex ?? p.name}`),
    ...theory.derived.map((d) => `${d.name}* ${d.latex ?? d.name}`),
  ];
  const bound = (value: number): string => (Number.isFinite(value) ? String(value) : "N");
  const ranges = parameters.map(({ name, lower, upper }) => `${name} ${bound(lower)} ${bound(upper)}`);
  const files = [
    ...texts.map((lines, c) => ({ name: `${root}_${c + 1}.txt`, lines })),
    { name: `${root}.paramnames`, lines: names },
    { name: `${root}.ranges`, lines: ranges },
  ];
  // Chains of an earlier run with more of them would be read along with these.
  for (const name of readdirSync(folder)) {
    const number = name.startsWith(`${root}_`) && name.endsWith(".txt") ? Number(name.slice(root.length + 1, -4)) : Number.NaN;
    if (number > chains) rmSync(join(folder, name));
  }
  for (const { name, lines } of files) await writeFileAtomic(join(folder, name), `${lines.join("\n")}\n`);
  return files.map(({ name }) => name);
}
