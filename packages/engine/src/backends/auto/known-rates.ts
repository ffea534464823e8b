/** Rates of GPUs that were measured before, by adapter: what a probe need not measure again. */

import type { Cache } from "../../io/cache.js";
import type { Rates } from "./decide.js";

/** Rates, when they were measured, and whether that was in an earlier process. */
export interface MeasuredRates extends Rates {
  /** ISO date. */
  readonly measured: string;
  readonly fromCache: boolean;
}

const NAME = "gpu-rates";
const FORMAT = "tetrad-gpu-rates";
const NUMBERS = ["gemmFlopsPerSecond", "flopsPerSecond", "bytesPerSecond", "secondsPerLaunch", "secondsPerStep"] as const;

interface Table {
  readonly format: typeof FORMAT;
  /** Of the shaders that were timed: others' times say nothing of ours. */
  readonly build: string;
  readonly adapters: Readonly<Record<string, unknown>>;
}

/** What tells an adapter from another as far as its speed goes: who made it, of which kind, and by which driver it is run. */
export function adapterKey({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  return [vendor, architecture, device, description].join(" | ");
}

/**
 * The adapter's rates: those that are kept, or measured now and then kept.
 * @param anew measure in any case
 */
export async function ratesOf(
  adapter: { readonly key: string; readonly name: string },
  build: string,
  measure: () => Promise<Omit<Rates, "name">>,
  cache: Cache | undefined,
  anew: boolean,
): Promise<MeasuredRates> {
  const { key, name } = adapter;
  const known = anew ? undefined : entryOf(tableIn(cache, build)?.adapters[key]);
  if (known !== undefined) return { ...known, name, fromCache: true };
  const measured = { ...(await measure()), measured: new Date().toISOString() };
  // Read again: measuring takes so long that another process may have kept an adapter of its own meanwhile.
  const adapters = { ...tableIn(cache, build)?.adapters, [key]: measured };
  cache?.write(NAME, { format: FORMAT, build, adapters } satisfies Table);
  return { ...measured, name, fromCache: false };
}

/** The kept table; undefined where there is none, where it is damaged, or where another build wrote it. */
function tableIn(cache: Cache | undefined, build: string): Table | undefined {
  const value = cache?.read(NAME);
  if (!isRecord(value) || value["format"] !== FORMAT || value["build"] !== build || !isRecord(value["adapters"])) return undefined;
  return { format: FORMAT, build, adapters: value["adapters"] };
}

function entryOf(value: unknown): Omit<MeasuredRates, "name" | "fromCache"> | undefined {
  if (!isRecord(value)) return undefined;
  const { measured } = value;
  const valid = NUMBERS.every((name) => Number.isFinite(value[name]) && (value[name] as number) > 0);
  if (!valid || typeof measured !== "string" || Number.isNaN(Date.parse(measured))) return undefined;
  const rates = Object.fromEntries(NUMBERS.map((name) => [name, value[name]])) as Record<(typeof NUMBERS)[number], number>;
  return { ...rates, measured };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
