/** A page that trains in a worker of its own. */
window.lossesInWorker = (sync) =>
  new Promise((resolve) => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<number[] | string>) => {
      worker.terminate();
      resolve(data);
    };
    worker.onerror = ({ message }) => resolve(message);
    worker.postMessage(sync);
  });

declare global {
  interface Window {
    lossesInWorker(sync: boolean): Promise<number[] | string>;
  }
}
