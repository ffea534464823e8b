/**
 * Whether the dot instruction of bytes is one instruction here, as on some processors, or imitated with five: then kernels do better with parts of it.
 * Nothing tells a page which, so both ways are timed, once, when a plan first needs them. Their bits are the same.
 */

import { control } from "@tetrad/kernels-wasm";
import type { WasmRuntime } from "./runtime.js";

const [M, N, K] = [32, 64, 512];
const PANEL_BYTES = 32 + K * 8;
/** Wasm compiles hot functions on a thread of its own, so the first calls say nothing. */
const WARM_UP_MS = 4;
const CALLS = 15;

const chosen = new WeakSet<WasmRuntime>();

/** Kernels that read the control word. */
export const INTEGER_PRODUCTS: ReadonlySet<string> = new Set(["gemm_int8_f32", "gemm_panels_int8_f32"]);

/** Sets the control word that they read; their module must be loaded. */
export function chooseIntegerProducts(runtime: WasmRuntime): void {
  // Beside a run that has not ended nothing can be timed; the next plan asks again.
  if (chosen.has(runtime) || runtime.build === "baseline" || runtime.busy) return;
  chosen.add(runtime);
  const { memory } = runtime;
  const [a, w, c, words] = [M * K * 4, (N / 8) * PANEL_BYTES, M * N * 4, 64].map((bytes) => memory.allocate(bytes)) as [
    number,
    number,
    number,
    number,
  ];
  memory.f32(a, M * K).fill(1);
  memory.u8(w, (N / 8) * PANEL_BYTES).fill(64);
  const parameters = [c, a, w, 0, 0, M, N, K, K, 0, PANEL_BYTES];
  memory.i32(words, 3 + parameters.length).set([runtime.slot("gemm_int8_f32"), 0, 3 + parameters.length, ...parameters]);
  const flag = memory.i32(control.DOT_IMITATED, 1);
  const time = (imitated: number): number => {
    flag[0] = imitated;
    for (const end = performance.now() + WARM_UP_MS; performance.now() < end; ) runtime.runSync(words, 1, 1, 1);
    let best = Number.POSITIVE_INFINITY;
    for (let call = 0; call < CALLS; call++) {
      const before = performance.now();
      runtime.runSync(words, 1, 4, 1);
      best = Math.min(best, performance.now() - before);
    }
    return best;
  };
  const [native, imitated] = [time(0), time(1)];
  flag[0] = imitated < native ? 1 : 0;
  for (const address of [a, w, c, words]) memory.free(address);
}
