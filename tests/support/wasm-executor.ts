/** Runs a traced graph on the wasm kernels: both builds, several thread counts that must agree bit for bit, sentinels around every value. */

import type { Build } from "@tetrad/kernels-wasm";
import { expect } from "vitest";
import { WasmBackend } from "../../packages/engine/src/backends/wasm/backend.js";
import { WasmExecutable } from "../../packages/engine/src/backends/wasm/executable.js";
import { type NdArray, ndFrom } from "../../packages/engine/src/nd.js";
import type { Graph, Tensor } from "../../packages/engine/src/tensor.js";

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
    for (const threads of threadCounts) {
      for (const [name, tensor] of graph.inputs) executable.write(name, (feeds.get(tensor) as NdArray).data);
      const { address, count } = executable.loaded;
      backend.runtime.runSync(address, count, 1, threads);
      const now = snapshot(executable, outputs.length);
      if (first === undefined) first = now;
      else expect(now.bytes, `${threads} threads give other bits than ${threadCounts[0]}`).toEqual(first.bytes);
    }
    return outputs.map((tensor, i) =>
      ndFrom(tensor.shape, tensor.dtype, (first as ReturnType<typeof snapshot>).values[i] as ArrayLike<number>),
    );
  } finally {
    executable.close();
  }
}

function snapshot(executable: WasmExecutable, count: number): { values: ArrayLike<number>[]; bytes: Uint8Array[] } {
  const values = Array.from({ length: count }, (_, i) => executable.read(`${i}`).slice());
  return { values, bytes: values.map((value) => new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
}
