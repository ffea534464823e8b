/** A report's figures as files: one Vega-Lite specification each, for papers and other programs. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "@tetrad/engine";
import type { Section } from "./page.js";

/**
 * @param folder made where there is none; undefined writes nothing
 * @returns the files, in the report's order
 * @throws TetradError IO
 */
export async function writePlots(folder: string | undefined, sections: readonly Section[]): Promise<string[]> {
  if (folder === undefined) return [];
  mkdirSync(folder, { recursive: true });
  // Some file systems take capitals and small letters for the same.
  const taken = new Map<string, number>();
  const files: string[] = [];
  for (const { name, vegaLite } of sections.flatMap(({ figures = [] }) => figures)) {
    const times = (taken.get(name.toLowerCase()) ?? 0) + 1;
    taken.set(name.toLowerCase(), times);
    const file = join(folder, `${times === 1 ? name : `${name}-${times}`}.vl.json`);
    await writeFileAtomic(file, `${JSON.stringify(vegaLite())}\n`);
    files.push(file);
  }
  return files;
}
