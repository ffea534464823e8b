/** Every backend that the conformance tests hold to the ops' own cases: one line each. */

import type { Traits } from "@tetrad/kernels-wgsl";
import type { Backend } from "../../packages/engine/src/backends/backend.js";
import { ReferenceBackend } from "../../packages/engine/src/backends/reference-backend.js";
import { WebGpuBackend } from "../../packages/engine/src/backends/webgpu/backend.js";
import type { FloatDType } from "../../packages/engine/src/dtype.js";
import { TetradError } from "../../packages/engine/src/errors.js";
import { missing } from "./missing.js";
import type { Share } from "./op-faults.js";
import { type Executor, runTwice } from "./ops-cases.js";
import { BUILDS, closeBackends, runOnWasm, wasmBackend } from "./wasm-executor.js";

export interface TestedBackend {
  readonly name: string;
  readonly floats: readonly FloatDType[];
  /** The op's cases that are run; all unless told. */
  readonly share?: Share;
  /** Whether programs run on the calling thread. */
  readonly sync: boolean;
  open(): Promise<Backend>;
  /** Runs a graph, with whatever checks the backend allows beyond its results. */
  readonly run: Executor;
  close(): Promise<void>;
}

export const TESTED_BACKENDS: readonly TestedBackend[] = [
  ...BUILDS.map((build) => ({
    name: `wasm ${build}`,
    floats: ["f32", "f64"] as const,
    sync: true,
    open: () => wasmBackend(build),
    run: ((graph, outputs, feeds) => runOnWasm(build, graph, outputs, feeds)) satisfies Executor,
    close: closeBackends,
  })),
  // Compiling shaders for a software adapter takes most of this suite's time: TETRAD_ALL_CASES=1 runs all cases on both, otherwise each has its share of them.
  { ...plainBackend("webgpu", ["f32"], () => openWebGpu(), false), share: shareOf({ every: 8, first: 0 }) },
  // The adapter of the tests is a processor; GPUs run other variants of many kernels.
  { ...plainBackend("webgpu as on a GPU", ["f32"], () => openWebGpu(GPU), false), share: shareOf({ every: 16, first: 1 }) },
  plainBackend("reference", ["f64"], async () => new ReferenceBackend()),
];

function shareOf(share: Share): Share {
  return process.env["TETRAD_ALL_CASES"] === "1" ? {} : share;
}

/** A backend tested through its contract alone. */
export function plainBackend(name: string, floats: readonly FloatDType[], create: () => Promise<Backend>, sync = true): TestedBackend {
  let backend: Promise<Backend> | undefined;
  const open = () => {
    backend ??= create();
    return backend;
  };
  return {
    name,
    floats,
    sync,
    open,
    run: async (graph, outputs, feeds) => runTwice(await open(), graph, outputs, feeds),
    async close() {
      await (await backend)?.close();
      backend = undefined;
    },
  };
}

/** Threads that run at the same time. */
export const GPU: Traits = { serial: false, subgroup: 0 };

const kept = new Map<Traits | undefined, Promise<WebGpuBackend>>();

async function createKept(traits: Traits | undefined): Promise<WebGpuBackend> {
  const backend = traits === undefined ? await WebGpuBackend.create() : (await openWebGpu()).as(traits);
  backend.close = async () => undefined;
  return backend;
}

/**
 * WebGPU in Node, on SwiftShader; ends the running test where there is none. One device for all tests of a process, which `close` leaves open: of the shaders
 * that tests of models compile three in four are some earlier test's.
 */
export async function openWebGpu(traits?: Traits): Promise<WebGpuBackend> {
  const backend = kept.get(traits) ?? createKept(traits);
  kept.set(traits, backend);
  return orMissing(backend);
}

/** A device for one test file alone, which closes it. */
export function openOwnWebGpu(): Promise<WebGpuBackend> {
  return orMissing(WebGpuBackend.create());
}

async function orMissing(backend: Promise<WebGpuBackend>): Promise<WebGpuBackend> {
  try {
    return await backend;
  } catch (error) {
    if (!(error instanceof TetradError) || error.code !== "UNSUPPORTED") throw error;
    missing("webgpu", `needs a WebGPU adapter (${error.message}); install one with: apt-get install chromium libvulkan1`);
  }
}
