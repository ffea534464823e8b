/** The page's side of the worker: calls that resolve, and news in between. */
import type { TrainingProgress } from "@tetrad/language";
import { type CallName, type Calls, type FromWorker, STOP, type ToWorker } from "./calls.js";

export interface News {
  onStage(text: string): void;
  onProgress(progress: TrainingProgress): void;
}

export class Client {
  readonly #worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "texts" });
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  #calls = 0;
  /** Why the worker answers nothing any more */
  #failed: Error | undefined;

  constructor(news: News) {
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if ("stage" in data) return news.onStage(data.stage);
      if ("progress" in data) return news.onProgress(data.progress);
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ("error" in data) waiting?.reject(new Error(data.error));
      else waiting?.resolve(data.result);
    };
    this.#worker.onerror = ({ message }) => {
      const failed = new Error(message || "the page's worker does not start");
      this.#failed = failed;
      for (const { reject } of this.#waiting.values()) reject(failed);
      this.#waiting.clear();
    };
  }

  call<Name extends CallName>(call: Name, request: Parameters<Calls[Name]>[0]): Promise<ReturnType<Calls[Name]>> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    const id = ++this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.#worker.postMessage({ id, call, request } as ToWorker);
    });
  }

  /** Ends training after the step at hand. */
  stop(): void {
    this.#worker.postMessage(STOP satisfies ToWorker);
  }
}
