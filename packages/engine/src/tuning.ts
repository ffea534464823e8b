/** What a search has found on one machine, as a table that can be kept, exported and given to `createEngine({ tuning })`. */

import { type Build, supportsRelaxedSimd } from "@tetrad/kernels-wasm";
import { type Plan, planText } from "./plan/plan.js";

/** Raised when plans' texts or the meaning of variants change, so that older tables no longer count. */
const VERSION = 1;

export interface TunedPlan {
  readonly threads: number;
  /** Of one step with the choices of this table, and with those that were made before it. */
  readonly microseconds: number;
  readonly untuned: number;
  /** ISO date. */
  readonly date: string;
}

export interface TunedLaunch {
  /** Name of the kernel's variant. */
  readonly variant: string;
  readonly date: string;
}

export interface TuningTable {
  readonly format: "tetrad-tuning";
  /** `deviceKey` of the machine it was measured on; elsewhere the table is ignored. */
  readonly device: string;
  /** By `planKey`. */
  readonly plans: Readonly<Record<string, TunedPlan>>;
  /** By `launchKey`: kernel and scalars. */
  readonly launches: Readonly<Record<string, TunedLaunch>>;
}

/** A table and where it came from, for explanations. */
export interface Tuning {
  readonly table: TuningTable;
  readonly source: string;
}

/** Processor, cores, runtime, build and version: what a measurement holds for. */
export function deviceKey(build: Build = supportsRelaxedSimd() ? "relaxed" : "baseline"): string {
  const os = globalThis.process?.getBuiltinModule?.("node:os");
  const processor = os === undefined ? (globalThis.navigator?.userAgent ?? "unknown") : `${os.cpus()[0]?.model.trim()} ${process.arch}`;
  const cores = os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
  const runtime = globalThis.process?.versions?.v8 ?? "";
  return [processor, `${cores} cores`, ...(runtime === "" ? [] : [`V8 ${runtime}`]), `${build} SIMD`, `tuning ${VERSION}`].join("; ");
}

/** Equal plans have equal keys, whatever model they came from: 64 bits of FNV-1a over the plan's stable text. */
export function planKey(plan: Plan): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(planText(plan))) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0");
}

/** The table in a parsed JSON value, or a sentence that says why it is none for this device. */
export function readTuning(value: unknown, device: string): TuningTable | string {
  const record = (x: unknown): x is Record<string, unknown> => typeof x === "object" && x !== null && !Array.isArray(x);
  if (!record(value) || value["format"] !== "tetrad-tuning") return "it is no tuning table";
  if (value["device"] !== device) return `it was measured on another device: ${String(value["device"])}`;
  const { plans, launches } = value;
  const all = (x: unknown, fits: (entry: Record<string, unknown>) => boolean) =>
    record(x) && Object.values(x).every((entry) => record(entry) && fits(entry));
  const positive = (x: unknown) => typeof x === "number" && x > 0 && Number.isFinite(x);
  const dated = ({ date }: Record<string, unknown>) => typeof date === "string" && !Number.isNaN(Date.parse(date));
  const sound =
    all(
      plans,
      (p) => dated(p) && Number.isInteger(p["threads"]) && positive(p["threads"]) && positive(p["microseconds"]) && positive(p["untuned"]),
    ) && all(launches, (l) => dated(l) && typeof l["variant"] === "string");
  return sound ? (value as unknown as TuningTable) : "its entries are damaged";
}

/** Both tables; where they disagree the newer one counts. */
export function mergeTuning(older: TuningTable, newer: TuningTable): TuningTable {
  return { ...newer, plans: { ...older.plans, ...newer.plans }, launches: { ...older.launches, ...newer.launches } };
}
