/** Dispatches that a run records again and again into its pass. */

import type { Launch } from "../../plan/plan.js";

/** One dispatch, ready to be replayed. */
export interface Dispatch {
  readonly launch: Launch;
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  /** Workgroups along x and y; they follow the live lengths of bounded axes. */
  x: number;
  y: number;
}

/** Dispatches in order; a loop repeats its own. */
export type Step = Dispatch | { readonly launch: Launch; readonly turns: number; readonly body: readonly Step[] };

export interface Replay {
  readonly steps: readonly Step[];
  /** Rewrites what follows the live length of a bounded axis. */
  setLive(axis: string, length: number): void;
  /** Some kernel reports indices out of range in this buffer's first word. */
  readonly fault: GPUBuffer | undefined;
  /** Whether some shader reads the random state. */
  readonly draws: boolean;
}

const MOST_GROUPS = 65535;

/**
 * Records steps. A pipeline that is set already is not set again: in Node each call into Dawn costs near a microsecond.
 * @param set the pass's pipeline, if steps of it came before
 * @returns the pass's pipeline afterwards
 */
export function replaySteps(pass: GPUComputePassEncoder, steps: readonly Step[], set?: GPUComputePipeline): GPUComputePipeline | undefined {
  let last = set;
  for (const step of steps) {
    if ("turns" in step) for (let turn = 0; turn < step.turns; turn++) last = replaySteps(pass, step.body, last);
    else if (step.x > 0) {
      if (step.pipeline !== last) pass.setPipeline(step.pipeline);
      last = step.pipeline;
      pass.setBindGroup(0, step.group);
      // Each argument is a tenth of the call.
      if (step.y === 1) pass.dispatchWorkgroups(step.x);
      else pass.dispatchWorkgroups(step.x, step.y);
    }
  }
  return last;
}

/** Workgroups over x and y, of which neither may have more than 65,535. */
export function fold(dispatch: Pick<Dispatch, "x" | "y">, groups: number): void {
  dispatch.y = Math.ceil(groups / MOST_GROUPS) || 1;
  dispatch.x = Math.ceil(groups / dispatch.y);
}
