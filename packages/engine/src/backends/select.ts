/** The backends by name: the one list that the engine, its options and the command line are made from. */

import { TetradError } from "../errors.js";
import { AutoBackend, type AutoOptions } from "./auto/backend.js";
import type { Backend } from "./backend.js";
import { WasmBackend } from "./wasm/backend.js";

export interface BackendOptions extends AutoOptions {
  readonly backend?: BackendName;
}

const BACKENDS = {
  auto: (options: BackendOptions): Promise<Backend> => AutoBackend.create(options),
  wasm: (options: BackendOptions): Promise<Backend> => WasmBackend.create(options),
  webgpu: async (): Promise<Backend> => (await import("./webgpu/backend.js")).WebGpuBackend.create(),
  reference: async (): Promise<Backend> => new (await import("./reference-backend.js")).ReferenceBackend(),
};

export type BackendName = keyof typeof BACKENDS;
const BUILDS = ["baseline", "relaxed"];
export const BACKEND_NAMES = Object.keys(BACKENDS) as readonly BackendName[];

/** @throws TetradError ARGUMENT for a backend or build that there is not, UNSUPPORTED when the platform lacks what was asked for */
export async function openBackend(options: BackendOptions): Promise<Backend> {
  const { backend = "auto", build = "relaxed" } = options;
  for (const [given, choices] of [
    [backend, BACKEND_NAMES],
    [build, BUILDS],
  ] as const) {
    if (!choices.includes(given as never))
      throw new TetradError("ARGUMENT", { op: "createEngine", what: "no such choice", got: `${given}`, expected: choices.join(", ") });
  }
  return BACKENDS[backend](options);
}
