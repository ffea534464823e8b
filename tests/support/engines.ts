/** Engines by their options, WebGPU among them. */

import { createEngine, type EngineOptions } from "@tetrad/engine";
import { Engine } from "../../packages/engine/src/engine.js";
import { openWebGpu } from "./backends.js";

/** As `createEngine`; where WebGPU is asked for and there is none, the running test ends. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  return options.backend === "webgpu" ? new Engine(await openWebGpu()) : createEngine(options);
}
