/** The stage `labels`: classes by other names, joined or left out, as a map says. */
import { didYouMean, isMissing, TetradError } from "@tetrad/engine";
import { cellOf, type Stage, Tally } from "./rows.js";

export interface LabelMapOptions {
  readonly label: string;
  /** Old name → new name; null leaves the class's rows out. Classes that it does not name stay as they are. */
  readonly map: Readonly<Record<string, string | null>>;
}

/** @throws TetradError DATA for a name in the map that no row has, and where no row is left */
export const labelStage: Stage<LabelMapOptions> = {
  name: "labels",
  version: 1,
  run(rows, { label, map }, emit) {
    const index = rows.columns.indexOf(label);
    const labelOf = cellOf(rows, label);
    const [dropped, changed] = [new Tally(), new Tally()];
    const seen = new Set<string>();
    let [rowsIn, rowsOut] = [0, 0];
    for (const row of rows) {
      rowsIn++;
      const old = labelOf(row);
      seen.add(old);
      const name = Object.hasOwn(map, old) ? (map[old] as string | null) : old;
      if (name === null) {
        dropped.add(`of class ${JSON.stringify(old)}`);
        continue;
      }
      if (name !== old) changed.add(`${old} → ${name}`);
      rowsOut++;
      emit({ ...row, cells: row.cells.map((cell, i) => (i === index ? name : cell)) });
    }
    const absent = Object.keys(map).find((name) => !seen.has(name));
    if (absent !== undefined) {
      throw new TetradError("DATA", {
        op: "labels",
        what: `the map names the class ${JSON.stringify(absent)}, which no row has`,
        hint: didYouMean(absent, seen) ?? "take it out of the map",
      });
    }
    if (rowsOut === 0) throw new TetradError("DATA", { op: "labels", what: "the map leaves every row out" });
    return { rowsIn, rowsOut, dropped: dropped.counts, changed: changed.counts, notes: [] };
  },
};

/** @throws TetradError DATA for values that are neither a name nor null */
export function checkLabelMap(map: Readonly<Record<string, unknown>>, source: string): Readonly<Record<string, string | null>> {
  const wrong = Object.entries(map).find(([, name]) => name !== null && (typeof name !== "string" || isMissing(name)));
  if (wrong === undefined) return map as Readonly<Record<string, string | null>>;
  throw new TetradError("DATA", {
    op: source,
    what: `the class ${JSON.stringify(wrong[0])} is mapped to what is no name`,
    got: JSON.stringify(wrong[1]),
    expected: "a name, or null to leave its rows out",
  });
}
