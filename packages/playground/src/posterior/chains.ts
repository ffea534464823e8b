/** Some of a run's chains in one worker: advanced in turn by slices, so that all of them grow together and a word to stop is heard. */
import { createEngine } from "@tetrad/engine";
import { Chain, type ChainTarget, chainTarget, createLikelihood } from "@tetrad/theory";
import type { ChainNews, SamplingOptions } from "./messages.js";
import { readSetup, type Setup } from "./setup.js";

const SLICE_MS = 40;

export class ChainWorker {
  #runs: { readonly index: number; chain: Chain; sent: number; iterations: number }[] = [];
  #target: ChainTarget | undefined;
  #stopped = true;

  constructor(private readonly tell: (news: ChainNews) => void) {}

  async start(setup: Setup, options: SamplingOptions, indices: readonly number[]): Promise<void> {
    const { theory, table } = readSetup(setup);
    // Calls are too short to share between threads: chains are what runs side by side.
    const engine = await createEngine({ backend: "wasm", threads: 1 });
    this.#target = chainTarget(await createLikelihood(engine, theory, table));
    this.#options = options;
    for (const index of indices) this.#runs.push({ index, chain: new Chain(this.#target, options, index), sent: 0, iterations: 1 });
  }

  #options: SamplingOptions = { warmup: 0, draws: 4, seed: 0 };

  stop(): void {
    this.#stopped = true;
  }

  /** Up to `draws` kept draws a chain; the numbers are those of a run that never paused. */
  async go(draws: number): Promise<void> {
    const target = this.#target as ChainTarget;
    if (draws > this.#options.draws) {
      this.#options = { ...this.#options, draws };
      for (const run of this.#runs) run.chain = new Chain(target, this.#options, run.index, run.chain.state());
    }
    this.#stopped = false;
    while (!this.#stopped && this.#runs.some(({ chain }) => !chain.finished)) {
      for (const run of this.#runs) {
        if (this.#stopped) break;
        if (run.chain.finished) continue;
        const begin = performance.now();
        run.chain.advance(run.iterations);
        const took = performance.now() - begin;
        run.iterations = Math.max(1, Math.round(run.iterations * Math.min(4, Math.max(0.25, SLICE_MS / Math.max(took, 0.01)))));
        this.#report(run);
        await messages();
      }
    }
  }

  #report(run: { readonly index: number; readonly chain: Chain; sent: number }): void {
    const all = run.chain.result();
    const { done, total } = run.chain.progress;
    const k = all.theta.length / (this.#options.draws * all.rows);
    const [from, to] = [run.sent, all.draws];
    run.sent = to;
    this.tell({
      ...all,
      kind: "draws",
      index: run.index,
      done,
      total,
      draws: to - from,
      theta: all.theta.slice(from * k, to * k),
      logDensity: all.logDensity.slice(from, to),
      statistics: all.statistics.slice(from * all.statisticNames.length, to * all.statisticNames.length),
    });
  }
}

const channel = new MessageChannel();
/** Lets messages in; timers would wait 4 ms each. */
const messages = (): Promise<void> =>
  new Promise((resolve) => {
    channel.port1.onmessage = () => resolve();
    channel.port2.postMessage(0);
  });
