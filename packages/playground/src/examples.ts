/**
 * What the page begins with, as text to change and as objects that need no readers of YAML and CSV (vite.config.js): a third of what the page would load
 * for its first fit otherwise. All but the first come when they are chosen.
 */

import type { Table } from "@tetrad/engine";
import flat from "../../../examples/cosmic-chronometers/flat-lcdm.yaml?object";
import flatText from "../../../examples/cosmic-chronometers/flat-lcdm.yaml?raw";
import hzTable from "../../../examples/cosmic-chronometers/hz.csv?object";
import hz from "../../../examples/cosmic-chronometers/hz.csv?raw";
import type { Setup } from "./posterior/setup.js";

export interface Example {
  readonly text: string;
  readonly object: unknown;
}

const examples = async () => (await import("./more-examples.js")).MORE;

export const EXAMPLES: Readonly<Record<string, () => Promise<Example>>> = {
  "flat ΛCDM": async () => ({ text: flatText, object: flat }),
  "curved ΛCDM": async () => (await examples()).curved,
  "w0-wa": async () => (await examples()).w0wa,
  "H linear in z": async () => (await examples()).linear,
  "DGP gravity": async () => (await examples()).dgp,
  "Brans-Dicke gravity": async () => (await examples()).bransDicke,
};

export const CHRONOMETERS: Setup["table"] = { name: "hz.csv", text: hz };

const { columns, rows } = hzTable as Pick<Table, "columns" | "rows">;
export const CHRONOMETER_TABLE: Table = { source: CHRONOMETERS.name, columns, rows, place: (row) => `hz.csv:${row + 2}` };
