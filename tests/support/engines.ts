/** Engines by their options, WebGPU among them. */

import { createEngine, type EngineOptions } from "@tetrad/engine";
import { Engine } from "../../packages/engine/src/engine.js";
import { openWebGpu } from "./backends.js";

/** As `createEngine`; where WebGPU is asked for and there is none, the running test ends. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  return options.backend === "webgpu" ? new Engine(await openWebGpu()) : createEngine(options);
}

const shared = new Map<string, Promise<Engine>>();

/** The same engine for equal options, for a file of many short tests: opening a device takes longer than they do. `closeEngines` ends them. */
export function sharedEngine(options: EngineOptions): Promise<Engine> {
  const key = JSON.stringify(options);
  const engine = shared.get(key) ?? openEngine(options);
  shared.set(key, engine);
  return engine;
}

export async function closeEngines(): Promise<void> {
  const engines = [...shared.values()];
  shared.clear();
  for (const engine of engines) await (await engine).close();
}
