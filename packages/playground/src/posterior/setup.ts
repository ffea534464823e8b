/** A theory with its data as the page has them: text, so that every thread reads the same. */
import { readTable, type Table } from "@tetrad/engine";
import { namedFiles, parseTheory, type Theory } from "@tetrad/theory";
import { believed, SOURCE } from "./believed.js";

export interface Setup {
  readonly yaml: string;
  /** Normal priors that the page's sliders put in the place of the text's. */
  readonly priors: Readonly<Record<string, { readonly mean: number; readonly sd: number }>>;
  readonly table: { readonly name: string; readonly text: string };
}

/** @throws TetradError as `parseTheory` and `readTable`, with the line */
export function readTheory({ yaml, table }: Pick<Setup, "yaml" | "table">): Theory {
  const base = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
  const own = namedFiles(yaml, SOURCE).filter(({ name }) => base(name) === table.name);
  return parseTheory(yaml, { source: SOURCE, files: Object.fromEntries(own.map(({ name }) => [name, table.text])) });
}

export function readTableText({ name, text }: Setup["table"]): Table {
  return readTable(new TextEncoder().encode(text), name);
}

export function readSetup(setup: Setup): { readonly theory: Theory; readonly table: Table } {
  return {
    theory: believed(readTheory(setup), setup.priors),
    table: readTableText(setup.table),
  };
}
