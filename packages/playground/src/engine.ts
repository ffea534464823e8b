/** The page's one engine, and the switch between backends. */
import { type BackendName, createEngine, type Engine } from "@tetrad/engine";

const listeners = new Set<(engine: Engine) => void>();
let current: Promise<Engine> | undefined;
let chosen: { readonly backend: BackendName; readonly threads: number | undefined } = { backend: "auto", threads: undefined };

/** What the user has chosen to compute with, for engines in other threads. */
export function choice(): typeof chosen {
  return chosen;
}

/** Warnings of the engine, newest last. */
export const warnings: string[] = [];

export function engine(): Promise<Engine> {
  current ??= createEngine({
    backend: chosen.backend,
    ...(chosen.threads !== undefined && { threads: chosen.threads }),
    onWarning: (message) => warnings.push(message),
  });
  return current;
}

let exact: Promise<Engine> | undefined;

/** For float64, which GPUs do not have: the page's engine, or one on the CPU beside it. */
export async function exactEngine(): Promise<Engine> {
  if (chosen.backend !== "webgpu") return engine();
  exact ??= createEngine({ backend: "wasm" });
  return exact;
}

/** Another engine from here on; what was made with the old one is gone with it. */
export async function switchTo(backend: BackendName, threads: number | undefined): Promise<Engine> {
  const [before, previous] = [current, chosen];
  chosen = { backend, threads };
  current = undefined;
  try {
    const next = await engine();
    await (await before)?.close();
    for (const listener of listeners) listener(next);
    return next;
  } catch (error) {
    // What was asked for is not there: the old engine stays.
    current = before;
    chosen = previous;
    throw error;
  }
}

export function onSwitch(listener: (engine: Engine) => void): void {
  listeners.add(listener);
}
