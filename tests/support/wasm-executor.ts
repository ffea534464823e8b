/** Runs a traced graph on the wasm kernels: several thread counts that must agree bit for bit, sentinels around every value. */

import type { Build } from "@tetrad/kernels-wasm";
import { expect } from "vitest";
import { WasmBackend } from "../../packages/engine/src/backends/wasm/backend.js";
import { WasmExecutable } from "../../packages/engine/src/backends/wasm/executable.js";
import { type NdArray, ndFrom } from "../../packages/engine/src/nd.js";
import { tensorBytes } from "../../packages/engine/src/plan/plan.js";
import type { Graph, Tensor } from "../../packages/engine/src/tensor.js";
import { expectSame } from "./same.js";

export const BUILDS: readonly Build[] = ["baseline", "relaxed"];
const THREADS = [1, 2, 4] as const;
const MOST_THREADS = 4;

const backends = new Map<Build, Promise<WasmBackend>>();

export function wasmBackend(build: Build): Promise<WasmBackend> {
  const known = backends.get(build);
  if (known !== undefined) return known;
  const backend = WasmBackend.create({ build, threads: MOST_THREADS });
  backends.set(build, backend);
  return backend;
}

export async function closeBackends(): Promise<void> {
  for (const backend of backends.values()) (await backend).close();
  backends.clear();
}

/** Values of `outputs`; fails when thread counts disagree or anything outside the plan's own values was written. */
export async function runOnWasm(
  build: Build,
  graph: Graph,
  outputs: readonly Tensor[],
  feeds: ReadonlyMap<Tensor, NdArray>,
  threadCounts: readonly number[] = THREADS,
): Promise<NdArray[]> {
  const backend = await wasmBackend(build);
  const named = new Map(outputs.map((tensor, i) => [`${i}`, tensor] as const));
  const executable = await WasmExecutable.compile(backend.runtime, {
    graph,
    outputs: named,
    leaves: new Map(),
    seed: 0,
    maxima: new Map(),
    threads: 1,
  });
  try {
    let first: ReturnType<typeof snapshot> | undefined;
    const sentinels = new Sentinels(executable);
    for (const threads of threadCounts) {
      sentinels.plant();
      for (const [name, tensor] of graph.inputs) executable.write(name, (feeds.get(tensor) as NdArray).data);
      const { address, count } = executable.loaded;
      backend.runtime.runSync(address, count, 1, threads);
      sentinels.check();
      for (const [name, tensor] of graph.inputs) {
        if (tensor.size > 0)
          expectSame(executable.linked.view(tensor), (feeds.get(tensor) as NdArray).data, `input ${name} was overwritten`);
      }
      const now = snapshot(executable, outputs.length);
      if (first === undefined) first = now;
      else {
        for (const [i, bytes] of now.bytes.entries())
          expectSame(bytes, first.bytes[i] as Uint8Array, `output ${i}, of ${threads} threads and not ${threadCounts[0]}`);
      }
    }
    return outputs.map((tensor, i) =>
      ndFrom(tensor.shape, tensor.dtype, (first as ReturnType<typeof snapshot>).values[i] as ArrayLike<number>),
    );
  } finally {
    executable.close();
  }
}

/** A byte pattern in every part of the arena that belongs to no value: the padding behind each, and the gaps. */
class Sentinels {
  static readonly #PATTERN = 0xa5;
  readonly #arena: Uint8Array;
  /** Offsets of the bytes that no kernel may write. */
  readonly #free: number[] = [];

  constructor({ linked, plan, runtime }: WasmExecutable) {
    const { address, bytes } = linked.arena;
    this.#arena = runtime.memory.u8(address, bytes);
    const owned = new Uint8Array(bytes);
    for (const [tensor, offset] of plan.placement.offsets) owned.fill(1, offset, offset + tensorBytes(tensor));
    owned.forEach((taken, i) => {
      if (taken === 0) this.#free.push(i);
    });
  }

  plant(): void {
    this.#arena.fill(Sentinels.#PATTERN);
  }

  check(): void {
    const hit = this.#free.find((i) => this.#arena[i] !== Sentinels.#PATTERN);
    if (hit !== undefined) expect.fail(`byte ${hit} of the arena was written, which belongs to no value`);
  }
}

function snapshot(executable: WasmExecutable, count: number): { values: ArrayLike<number>[]; bytes: Uint8Array[] } {
  const values = Array.from({ length: count }, (_, i) => executable.read(`${i}`).slice());
  return { values, bytes: values.map((value) => new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
}
