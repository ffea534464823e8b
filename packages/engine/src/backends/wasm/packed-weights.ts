/** Weights of frozen stores in the order in which products read them: brought there once, where each run would do it again. */

import type { MadePlan } from "../../plan/make.js";
import type { Launch } from "../../plan/plan.js";
import type { Tensor } from "../../tensor.js";
import type { Binding } from "../backend.js";
import type { WasmMemory } from "./memory.js";
import type { WasmSegment } from "./segment.js";

/** Columns of a panel (assembly/dense/pack.ts), and the longest run of k between loads of C (KC in assembly/dense/table.ts). */
const WIDTH = 8;
const LONGEST_RUN = 256;
/** Up to so many rows read weights as they are stored (FEW_ROWS_TRANSPOSED in assembly/dense/table.ts); beyond so many, packing is a hundredth of the work. */
const ROWS = { least: 9, most: 512 };
/** Share of all memory that may be in use for panels to be added: they are as large as the weights. */
const MOST_USED = 1 / 4;

/** The plan with such products over panels, which are kept with the weights, for all programs that read them. */
export function packWeights(memory: WasmMemory, plan: MadePlan, leaves: ReadonlyMap<Tensor, Binding>): MadePlan {
  return { ...plan, launches: plan.launches.map((launch) => overPanels(memory, launch, leaves) ?? launch) };
}

function overPanels(memory: WasmMemory, launch: Launch, leaves: ReadonlyMap<Tensor, Binding>): Launch | undefined {
  if (launch.kernel !== "gemm_f32") return undefined;
  const weights = launch.inputs[1] as Launch["inputs"][number];
  const binding = leaves.get(weights.base);
  // As the lowering of matmul writes them
  const [, , rows, n, k, , distance, , , transposed, accumulate, variant, batches] = launch.scalars;
  // Variants that were chosen by measurement cut k into other runs.
  if (binding?.frozen !== true || transposed !== 1 || accumulate !== 0 || variant !== 0 || batches !== 0) return undefined;
  if (typeof n !== "number" || typeof k !== "number" || typeof distance !== "number" || n < WIDTH || k < 1) return undefined;
  if (typeof rows === "number" && (rows < ROWS.least || rows > ROWS.most)) return undefined;
  const at = panelsOf(memory, binding.segment as WasmSegment, binding.offset + weights.offset, n, k, distance);
  return at === undefined ? undefined : { ...launch, kernel: "gemm_packed_f32", scalars: [...launch.scalars, at] };
}

/** Address of the panels of (n, k) weights that begin at an element of the segment; undefined where there is no room for them. */
function panelsOf(memory: WasmMemory, segment: WasmSegment, first: number, n: number, k: number, distance: number): number | undefined {
  const key = `${first} ${n} ${k} ${distance}`;
  const known = segment.panels.get(key);
  if (known !== undefined) return known;
  const length = Math.ceil(n / WIDTH) * WIDTH * k;
  if (memory.used + 4 * length > MOST_USED * memory.limit) return undefined;
  const at = memory.allocate(4 * length);
  pack(memory.f32(at, length), memory.f32(segment.address + 4 * first, (n - 1) * distance + k), n, k, distance);
  segment.panels.set(key, at);
  return at;
}

/**
 * @param weights (n, k), rows `distance` apart
 * @param panels runs of k, all but the last of one length; in each a panel for every eight rows, which has the eight values of a column side by side
 */
function pack(panels: Float32Array, weights: Float32Array, n: number, k: number, distance: number): void {
  const run = Math.ceil(k / Math.ceil(k / LONGEST_RUN));
  const padded = Math.ceil(n / WIDTH) * WIDTH;
  for (let first = 0; first < k; first += run) {
    const length = Math.min(run, k - first);
    for (let row = 0; row < n; row++) {
      const at = row * distance + first;
      let to = first * padded + (row - (row % WIDTH)) * length + (row % WIDTH);
      for (let i = at; i < at + length; i++, to += WIDTH) panels[to] = weights[i] as number;
    }
  }
}
