/** The thread that reads the user's table and trains on it; the page only shows. */
import { type FromWorker, STOP, type ToWorker } from "./calls.js";
import { Session } from "./session.js";

/** A worker's own scope, which the types of a page do not have. */
const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(news: FromWorker, moved?: readonly Transferable[]): void;
};

const session = new Session((news) => scope.postMessage(news));

scope.onmessage = ({ data }) => {
  if (data === STOP) session.stop();
  else void answer(data);
};

async function answer({ id, call, request }: Exclude<ToWorker, typeof STOP>): Promise<void> {
  try {
    const result = await session[call](request as never);
    scope.postMessage({ id, result }, result instanceof Uint8Array ? [result.buffer] : []);
  } catch (error) {
    scope.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
}
