/** Compiled training steps as a user holds them: batches in, losses out. */

import { type Executable, SCALAR, type Segment } from "./backends/backend.js";
import { TetradError } from "./errors.js";
import type { Machine } from "./explain.js";
import { type Optimizer, rateAt } from "./optim/optimizer.js";
import { type Feeds, Program } from "./program.js";
import type { Tensor } from "./tensor.js";

export interface StepResult {
  readonly loss: number;
}

/** What adds a batch's gradients to a sum, the sum, and how many batches a step can have. */
export interface Accumulation {
  readonly most: number;
  readonly executable: Executable;
  readonly sums: Segment;
  readonly scalars: Segment;
}

export class TrainProgram extends Program {
  /** What `stepSync` returns every time, so that a step leaves nothing to collect. */
  readonly #result = { loss: Number.NaN };
  /** Accumulated since the last step */
  #batches = 0;

  constructor(
    executable: Executable,
    inputs: ReadonlyMap<string, Tensor>,
    private readonly optimizer: Optimizer,
    private readonly scalars: Segment,
    machine: () => Machine | Promise<Machine>,
    private readonly accumulation?: Accumulation,
  ) {
    super(executable, inputs, machine);
  }

  /** Steps taken over the store's optimiser state, by whichever program. */
  get steps(): number {
    return this.scalars.view()[SCALAR.step] as number;
  }

  /** Length of all gradients of the last step together, before it was clipped; 0 where nothing clips. */
  get gradientNorm(): number {
    return this.scalars.view()[SCALAR.gradientNorm] as number;
  }

  /**
   * One optimiser step on the calling thread, after `pull` where the last was on a GPU; throws DIVERGED, parameters and states untouched, when the loss is not finite.
   * @returns always the same object, overwritten by the next step: a step allocates nothing
   */
  stepSync(feeds?: Feeds): StepResult {
    this.#prepare(feeds);
    this.executable.runSync();
    return this.#finish(this.#result);
  }

  /** As `stepSync`, leaving the event loop free. */
  async step(feeds?: Feeds): Promise<StepResult> {
    await this.runAlone(() => this.#prepare(feeds));
    const loss = this.scalars.view()[SCALAR.lastLoss] as number;
    if (this.executable.stopped) throw diverged(loss, this.steps, await this.findNonFiniteAsync());
    return { loss };
  }

  /**
   * Adds the gradients of a batch to what the next `step` takes with its own: several batches make one step's, weighted as the loss weighs them.
   * @throws TetradError ARGUMENT for more batches than `accumulation` allows; DIVERGED
   */
  async accumulate(feeds: Feeds): Promise<StepResult> {
    const { accumulation } = this;
    if (accumulation === undefined || this.#batches === accumulation.most) {
      throw new TetradError("ARGUMENT", {
        op: "accumulate",
        what: "this program takes no more batches before a step",
        got: `${this.#batches + 1}`,
        expected: `at most ${accumulation?.most ?? 0}`,
        hint: "compile it with { accumulation: … }",
      });
    }
    const { executable, scalars, most } = accumulation;
    await this.runAlone(() => {
      this.write(executable, feeds);
      // Of all that the run accumulates, this batch has this number: it decides what dropout draws.
      scalars.write([this.steps * most + this.#batches], SCALAR.step);
      executable.setRate(-1);
    }, executable);
    this.#batches += 1;
    const loss = scalars.view()[SCALAR.lastLoss] as number;
    if (executable.stopped) throw diverged(loss, this.steps, await executable.findNonFinite());
    return { loss };
  }

  override close(): void {
    super.close();
    const { executable, sums, scalars } = this.accumulation ?? {};
    executable?.close();
    sums?.release();
    scalars?.release();
  }

  #prepare(feeds: Feeds | undefined): void {
    this.#batches = 0;
    if (feeds !== undefined) this.set(feeds);
    this.requireInputs();
    this.executable.setRate(rateAt(this.optimizer, this.steps));
  }

  #finish(result: { loss: number }): StepResult {
    result.loss = this.scalars.view()[SCALAR.lastLoss] as number;
    if (this.executable.stopped) throw diverged(result.loss, this.steps, this.findNonFinite());
    return result;
  }
}

export function diverged(
  loss: number,
  step: number,
  culprit: { readonly title: string; readonly site: string | undefined } | undefined,
): TetradError {
  return new TetradError("DIVERGED", {
    op: "train",
    what: `the loss became ${loss} at step ${step}${culprit === undefined ? "" : `, first at ${culprit.title}`}`,
    at: culprit?.site,
    hint: "nothing of that step was kept; lower the learning rate, clip the gradients (clipNorm), or check the data for extreme values",
  });
}
