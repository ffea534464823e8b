// Goldens of small language models: batches packed where Python pads, machines to run on, and how far off a result may be.
import { readFileSync } from "node:fs";
import type { EngineOptions } from "@tetrad/engine";
import { readSafetensors } from "../../packages/engine/src/io/safetensors.js";
import { sharedPath } from "./shared.js";

export type Batch = Record<string, Int32Array | Uint8Array>;

/** Where a golden's inputs are, and what its labels are. */
export interface GoldenInputs {
  /** Folder below ../shared/golden */
  readonly folder: string;
  /** Where inputs and the encoder's values are, if elsewhere */
  readonly base?: string;
  /** Everything is padded: the loss depends on padding. */
  readonly padded?: boolean;
  /** Name of the labels among the inputs, and whether they are one a token; `next`: each token's is its successor's. */
  readonly labels: { readonly name: string; readonly per: "sequence" | "token" | "next" };
}

export interface MachineCase {
  readonly name: string;
  readonly options: EngineOptions;
  readonly dtype: "f32" | "f64";
}
export const machines: readonly MachineCase[] = [
  { name: "reference f64", options: { backend: "reference" }, dtype: "f64" },
  { name: "relaxed f64", options: { backend: "wasm", build: "relaxed" }, dtype: "f64" },
  { name: "relaxed f32", options: { backend: "wasm", build: "relaxed" }, dtype: "f32" },
  { name: "baseline f32", options: { backend: "wasm", build: "baseline" }, dtype: "f32" },
  { name: "webgpu f32", options: { backend: "webgpu" }, dtype: "f32" },
];
// The goldens' own rule: README of ../shared/golden.
export const TOLERANCE = {
  f64: { values: 1e-12, gradients: 1e-11, loss: 1e-12, curve: 1e-9 },
  f32: { values: 1e-5, gradients: 2e-5, loss: 3e-6, curve: 2e-5 },
} as const;

export const tensors = (path: string) => readSafetensors(readFileSync(sharedPath(path))).tensors;

/** Real tokens of padded rows end to end, or, with `padded`, all of them and a mask. */
export function pack({ folder, base = folder, padded = false, labels }: GoldenInputs, causal: boolean) {
  const inputs = tensors(`golden/${base}/inputs.safetensors`);
  const of = (name: string) => (inputs.get(name) as { data: Int32Array } | undefined)?.data;
  const [rows, length] = (inputs.get("input_ids") as { shape: readonly number[] }).shape as [number, number];
  const mask = of("attention_mask") as Int32Array;
  const lengths = Array.from({ length: rows }, (_, r) => mask.subarray(r * length, (r + 1) * length).reduce((n, x) => n + x, 0));
  const kept = Array.from({ length: rows * length }, (_, i) => i).filter((i) => padded || mask[i] === 1);
  const starts = [0];
  for (const n of lengths) starts.push((starts.at(-1) as number) + (padded ? length : n));
  const pick = (data: Int32Array) => Int32Array.from(kept, (i) => data[i] as number);
  const batch: Batch = {
    ids: pick(of("input_ids") as Int32Array),
    positions: Int32Array.from(kept, (i) => i % length),
    cuSeqlens: Int32Array.from(starts),
    chosen: Int32Array.from(lengths, (n, r) => (starts[r] as number) + (causal ? n - 1 : 0)),
  };
  const types = of("token_type_ids");
  if (types !== undefined) batch["types"] = pick(types);
  if (padded) batch["keyMask"] = Uint8Array.from(mask);
  const given = of(labels.name) as Int32Array;
  batch["labels"] = labels.per === "sequence" ? given : pick(given);
  if (labels.per === "next") {
    const own = batch["labels"] as Int32Array;
    batch["labels"] = own.map((_, i) => (starts.includes(i + 1) ? -100 : (own[i + 1] as number)));
  }
  const ends = of("end_positions");
  if (ends !== undefined && padded) batch["ends"] = ends;
  return { batch, kept };
}

/** Rows of a (rows, length, …) golden that are real tokens. */
export function rowsOf(values: ArrayLike<number>, kept: readonly number[], width: number): number[] {
  return kept.flatMap((i) => Array.from({ length: width }, (_, c) => values[i * width + c] as number));
}

/** Inputs of a program that takes a batch. */
export function specsOf(batch: Batch) {
  return Object.fromEntries(
    Object.entries(batch).map(([name, data]) => [
      name,
      { shape: [data.length], dtype: data instanceof Int32Array ? "i32" : "bool" } as const,
    ]),
  );
}
