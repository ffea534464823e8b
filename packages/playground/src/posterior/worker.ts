/** The thread of some chains, or of the one who judges them all: one file, so that a page loads it once. */
import { ChainWorker } from "./chains.js";
import { Judge } from "./judge.js";
import type { FromWorker, ToWorker } from "./messages.js";

/** A worker's own scope, which the types of a page do not have. */
const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(news: FromWorker): void;
};

const chains = new ChainWorker((news) => scope.postMessage(news));
let ready: Promise<void> | undefined;
let judge: Judge | undefined;
/** Between two views at least; longer where a view takes long, so that chains keep the cores. */
let pause = 150;
let due: ReturnType<typeof setTimeout> | undefined;

function look(): void {
  due = undefined;
  const begin = performance.now();
  const view = judge?.view();
  if (view !== undefined) scope.postMessage(view);
  pause = Math.max(150, 4 * (performance.now() - begin));
}

async function answer(message: ToWorker): Promise<void> {
  switch (message.kind) {
    case "chains":
      ready = chains.start(message.setup, message.options, message.indices);
      return ready;
    case "go":
      await ready;
      await chains.go(message.draws);
      scope.postMessage({ kind: "rested" });
      return;
    case "stop":
      chains.stop();
      return;
    case "judge":
      judge = new Judge(message.setup, message.chains, message.grid);
      return;
    case "draws":
      judge?.add(message);
      due ??= setTimeout(look, pause);
      return;
    case "look":
      clearTimeout(due);
      look();
      scope.postMessage({ kind: "rested" });
      return;
    case "files":
      if (judge !== undefined) scope.postMessage(judge.files());
  }
}

scope.onmessage = ({ data }) => {
  answer(data).catch((error: unknown) =>
    scope.postMessage({ kind: "failed", message: error instanceof Error ? error.message : String(error) }),
  );
};
