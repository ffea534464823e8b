/** A theory with its data as the page has them: text, so that every thread reads the same. */
import { readTable, type Table } from "@tetrad/engine";
import { namedFiles, parseTheory, type Theory } from "@tetrad/theory";

export interface Setup {
  readonly yaml: string;
  /** Normal priors that the page's sliders put in the place of the text's. */
  readonly priors: Readonly<Record<string, { readonly mean: number; readonly sd: number }>>;
  readonly table: { readonly name: string; readonly text: string };
}

const SOURCE = "the theory's text";

/** @throws TetradError as `parseTheory` and `readTable`, with the line */
export function readTheory({ yaml, table }: Pick<Setup, "yaml" | "table">): Theory {
  const base = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
  const own = namedFiles(yaml, SOURCE).filter(({ name }) => base(name) === table.name);
  return parseTheory(yaml, { source: SOURCE, files: Object.fromEntries(own.map(({ name }) => [name, table.text])) });
}

export function believed(theory: Theory, priors: Setup["priors"]): Theory {
  const parameters = theory.parameters.map((parameter) => {
    const prior = priors[parameter.name];
    return prior === undefined ? parameter : { ...parameter, prior: { kind: "normal" as const, ...prior } };
  });
  return { ...theory, parameters };
}

export function readSetup(setup: Setup): { readonly theory: Theory; readonly table: Table } {
  return {
    theory: believed(readTheory(setup), setup.priors),
    table: readTable(new TextEncoder().encode(setup.table.text), setup.table.name),
  };
}
