/** Chains as the text files that cosmologists' programs read (getdist.readthedocs.io, "Load from files"). */
import { freeParameters, type Theory } from "../theory.js";
import type { DrawTable } from "./draw-table.js";

export interface TextFile {
  readonly name: string;
  readonly text: string;
}

/** `ROOT_1.txt` … with weight, −ln density and values; `ROOT.paramnames`, `ROOT.ranges`. @param table at least one row, chains in their order */
export function getdistFiles(root: string, theory: Theory, table: DrawTable): TextFile[] {
  const chains = (table.chain.at(-1) as number) + 1;
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
  const file = (name: string, lines: readonly string[]): TextFile => ({ name, text: `${lines.join("\n")}\n` });
  return [
    ...texts.map((lines, c) => file(`${root}_${c + 1}.txt`, lines)),
    file(`${root}.paramnames`, names),
    file(`${root}.ranges`, ranges),
  ];
}
