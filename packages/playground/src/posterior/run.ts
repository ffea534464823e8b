/** One run on the page's side: workers with chains, the judge, and what passes between them. */
import type { ChainNews, Files, FromWorker, SamplingOptions, ToWorker, View } from "./messages.js";
import type { Setup } from "./setup.js";

export interface RunNews {
  onProgress(share: number, warming: boolean): void;
  onView(view: View): void;
  /** All chains are stopped or done, and the last view was shown. */
  onRest(finished: boolean): void;
  onError(message: string): void;
}

export class Run {
  readonly #crew: readonly Worker[];
  readonly #judge: Worker;
  readonly #shares: { done: number; total: number }[];
  #draws: number;
  #busy = 0;
  #begun = 0;
  #seconds = 0;
  #files: ((files: Files) => void) | undefined;

  constructor(
    setup: Setup,
    readonly options: SamplingOptions,
    chains: number,
    grid: Readonly<Record<string, readonly number[]>>,
    private readonly news: RunNews,
  ) {
    const workers = Math.max(1, Math.min(navigator.hardwareConcurrency, chains));
    this.#draws = options.draws;
    this.#shares = Array.from({ length: chains }, () => ({ done: 0, total: options.warmup + options.draws }));
    this.#judge = this.#worker((data) => {
      if (data.kind === "view") news.onView(data);
      else if (data.kind === "files") this.#files?.(data);
      else if (data.kind === "rested") news.onRest(this.finished);
    });
    send(this.#judge, { kind: "judge", setup, chains, grid });
    this.#crew = Array.from({ length: workers }, (_, w) => {
      const worker = this.#worker((data) => {
        if (data.kind === "draws") this.#draw(data);
        else if (data.kind === "rested") this.#rested();
      });
      const indices = this.#shares.map((_, i) => i).filter((i) => i % workers === w);
      send(worker, { kind: "chains", setup, options, indices });
      return worker;
    });
    this.go(this.#draws);
  }

  get finished(): boolean {
    return this.#shares.every(({ done, total }) => done === total);
  }

  /** Seconds at work, pauses left out. */
  get seconds(): number {
    return this.#seconds + (this.#busy > 0 ? (performance.now() - this.#begun) / 1000 : 0);
  }

  /** Where it stopped, or for as many draws again where it had ended. */
  proceed(): void {
    if (this.finished) this.#draws += this.options.draws;
    this.go(this.#draws);
  }

  private go(draws: number): void {
    this.#busy = this.#crew.length;
    this.#begun = performance.now();
    for (const share of this.#shares) share.total = this.options.warmup + draws;
    for (const worker of this.#crew) send(worker, { kind: "go", draws });
  }

  stop(): void {
    for (const worker of this.#crew) send(worker, { kind: "stop" });
  }

  close(): void {
    for (const worker of [this.#judge, ...this.#crew]) worker.terminate();
  }

  files(): Promise<Files> {
    send(this.#judge, { kind: "files" });
    return new Promise((resolve) => {
      this.#files = resolve;
    });
  }

  #draw(data: ChainNews): void {
    send(this.#judge, data, [data.theta.buffer, data.logDensity.buffer, data.statistics.buffer] as ArrayBuffer[]);
    this.#shares[data.index] = { done: data.done, total: data.total };
    const sum = (of: (share: { done: number; total: number }) => number) => this.#shares.reduce((total, share) => total + of(share), 0);
    this.news.onProgress(
      sum(({ done }) => done) / sum(({ total }) => total),
      this.#shares.some(({ done }) => done <= this.options.warmup),
    );
  }

  #rested(): void {
    this.#busy--;
    if (this.#busy > 0) return;
    this.#seconds += (performance.now() - this.#begun) / 1000;
    send(this.#judge, { kind: "look" });
  }

  #worker(hear: (data: FromWorker) => void): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "posterior" });
    const fail = (message: string): void => {
      this.close();
      this.news.onError(message);
    };
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => (data.kind === "failed" ? fail(data.message) : hear(data));
    worker.onerror = ({ message }) => fail(message || "the page's worker does not start");
    return worker;
  }
}

function send(worker: Worker, message: ToWorker, moved: Transferable[] = []): void {
  worker.postMessage(message, moved);
}
