/** Part one of the demonstration: three theories of the expansion rate, fitted to 31 measurements. */
import { type Engine, readBytes, readTable } from "@tetrad/engine";
import { type Comparison, compareTheories, fitTheory, loadTheories } from "@tetrad/theory";
import type { FittedTheory } from "../report/fitted-theory.js";
import { examplePath } from "./examples.js";

export interface DemoFits {
  readonly fitted: readonly FittedTheory[];
  readonly comparison: Comparison;
}

export async function fitExpansion(engine: Engine): Promise<DemoFits> {
  const data = examplePath("cosmic-chronometers", "hz.csv");
  const table = readTable(await readBytes(data), "hz.csv");
  const fitted: FittedTheory[] = [];
  for (const name of ["linear", "flat-lcdm", "curved-lcdm"])
    for (const theory of await loadTheories(examplePath("cosmic-chronometers", `${name}.yaml`)))
      fitted.push({ theory, fit: await fitTheory(engine, theory, table) });
  return { fitted, comparison: compareTheories(fitted.map(({ fit }) => fit)) };
}
