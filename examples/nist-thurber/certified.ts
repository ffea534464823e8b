// NIST's certified values beside ours, from both of NIST's starts: node certified.ts
import { readFileSync } from "node:fs";
import { createEngine } from "@tetrad/engine";
import { fitTheory, loadTheories } from "@tetrad/theory";

const here = import.meta.dirname;
const rows = readFileSync(`${here}/certified.csv`, "utf8")
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => line.split(","));
const numbersOf = (name: string): number[] =>
  rows
    .find(([own]) => own === name)
    ?.slice(1)
    .map(Number) ?? [];
const [rss = Number.NaN] = numbersOf("rss");
const [theory] = await loadTheories(`${here}/thurber.yaml`);
if (theory === undefined) throw new Error("the file holds no theory");

/** Digits that agree: −log10 of the relative difference, as StRD counts them; certified values have 11. */
const digits = (ours: number, theirs: number): string => Math.min(11, -Math.log10(Math.abs(ours / theirs - 1))).toFixed(1);
const line = (...cells: readonly string[]) =>
  console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(6) : cell.padStart(i % 3 === 0 ? 7 : 18))).join(""));

const engine = await createEngine({ threads: 1 });
for (const start of [0, 1]) {
  const from = theory.parameters.map(({ name }) => [name, numbersOf(name)[2 + start] as number] as const);
  const fit = await fitTheory(engine, theory, undefined, { start: Object.fromEntries(from) });
  // The errors were taken as 1; the residuals tell what they are.
  const scale = Math.sqrt(fit.chi2 / fit.dof);
  console.log(`\nFrom start ${start + 1}, by ${fit.method}`);
  line("", "certified", "Tetrad", "digits", "certified sd", "Tetrad", "digits");
  for (const { name, value, gaussNewtonUncertainty } of fit.parameters) {
    const [theirs, sd] = numbersOf(name) as [number, number];
    const ours = (gaussNewtonUncertainty ?? Number.NaN) * scale;
    line(name, `${theirs}`, value.toPrecision(11), digits(value, theirs), `${sd}`, ours.toPrecision(11), digits(ours, sd));
  }
  line("rss", `${rss}`, fit.chi2.toPrecision(11), digits(fit.chi2, rss));
}
await engine.close();
