/** The best evaluation so far, by the figure that decides, and how many have come since. */

import { didYouMean, TetradError } from "@tetrad/engine";
import type { CompleteOptions } from "./options.js";
import type { Best, RunState } from "./run-state.js";

export class Scores {
  #best: Best | undefined;
  #worse: number;

  constructor(
    private readonly options: CompleteOptions,
    before: RunState | undefined,
  ) {
    this.#best = before?.best;
    this.#worse = before?.worse ?? 0;
  }

  get best(): Best | undefined {
    return this.#best;
  }

  /** Evaluations since the best one */
  get worse(): number {
    return this.#worse;
  }

  /**
   * Takes an evaluation.
   * @returns the figure that decides where it is the best so far
   * @throws TetradError ARGUMENT where the evaluation has no such figure
   */
  take(metrics: Readonly<Record<string, number>>): number | undefined {
    const { metricForBestModel, greaterIsBetter, earlyStoppingThreshold } = this.options;
    const [first = ""] = Object.keys(metrics);
    const name = metricForBestModel === undefined ? first : `eval_${metricForBestModel.replace(/^eval_/, "")}`;
    const value = metrics[name];
    if (value === undefined) {
      throw new TetradError("ARGUMENT", {
        op: "metric_for_best_model",
        what: "the evaluation has no such figure",
        got: name,
        expected: Object.keys(metrics).join(", "),
        hint: didYouMean(name, Object.keys(metrics)),
      });
    }
    const sign = (greaterIsBetter ?? !/_(loss|perplexity|mae)$/.test(name)) ? 1 : -1;
    const best = this.#best?.metric;
    if (best === undefined || sign * (value - best) > earlyStoppingThreshold) {
      this.#worse = 0;
      return value;
    }
    this.#worse += 1;
    return undefined;
  }

  keep(metric: number, step: number, params: Best["params"]): void {
    this.#best = { metric, step, params };
  }
}
