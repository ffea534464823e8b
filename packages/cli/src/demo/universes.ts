/** The table of universes that the demonstration learns from, and the two configurations beside it. */
import { join } from "node:path";
import { readBytes, writeFileAtomic } from "@tetrad/engine";
import { sampleUniverses } from "@tetrad/theory";
import { csvText } from "../csv-text.js";
import { examplePath } from "./examples.js";

export const UNIVERSES = 20_000;
/** km/s/Mpc. */
const H0 = 70;
const SEED = 1;
/**
 * Around our own universe (1, 0.3, 0.7, 0), at a distance from universes that bounce: there the age grows without limit, and a network of
 * this size then errs by tens of per cent on the few worst.
 */
const RANGES = { g: [0.8, 1.2], om: [0.15, 0.5], ol: [0.4, 1], ok: [-0.2, 0.2] } as const;

export interface Universes {
  readonly count: number;
  /** Drawn and left out because they bounce. */
  readonly bounced: number;
  readonly seconds: number;
  readonly configs: { readonly linear: string; readonly network: string };
}

/** Writes universes.csv, linear.yaml and network.yaml into `folder`. */
export async function writeUniverses(folder: string): Promise<Universes> {
  const begin = performance.now();
  const { inputs, ages, n, bounced } = sampleUniverses(UNIVERSES, SEED, RANGES, H0);
  const rows = Array.from({ length: n }, (_, i) => [...inputs.subarray(4 * i, 4 * i + 4), ages[i] as number].map(decimal));
  await writeFileAtomic(join(folder, "universes.csv"), `${csvText([["gravity", "matter", "dark_energy", "curvature", "age"], ...rows])}\n`);
  const configs = { linear: join(folder, "linear.yaml"), network: join(folder, "network.yaml") };
  for (const path of Object.values(configs))
    await writeFileAtomic(path, await readBytes(examplePath("age-of-the-universe", path.slice(folder.length + 1))));
  return { count: n, bounced, seconds: (performance.now() - begin) / 1000, configs };
}

/** Seven significant digits are what float32 holds. */
function decimal(value: number): string {
  return String(Number(value.toPrecision(7)));
}
