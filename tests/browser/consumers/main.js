// @ts-nocheck: plain JavaScript, as a user without TypeScript has it; main.d.ts says what the tests rely on
// A page as a user would write it: nothing but the package's public names, no configuration.
import { adam, createEngine, mlp, mse } from "@tetrad/engine";

/** A smooth function of four numbers, the same in Node and in a browser. */
export function dataset(rows) {
  const x = new Float32Array(rows * 4);
  const y = new Float32Array(rows);
  let state = 12345;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < 4; k++) x[i * 4 + k] = Math.fround(2 * next() - 1);
    y[i] = Math.fround(x[i * 4] * x[i * 4 + 1] + 0.5 * x[i * 4 + 2] - x[i * 4 + 3] ** 2);
  }
  return { x, y };
}

/** Trains 4-64-32-1 and returns the loss of every step. */
export async function train(options = {}, { rows = 512, epochs = 3 } = {}) {
  const engine = await createEngine(options);
  const started = performance.now();
  const { x, y } = dataset(rows);
  const run = await engine.fit(mlp([4, 64, 32, 1], { activation: "relu" }), {
    x,
    y,
    loss: mse,
    optimizer: adam({ lr: 1e-3 }),
    batchSize: 32,
    epochs,
    seed: 7,
  });
  const predicted = await run.model.predict(x.subarray(0, 8));
  const result = {
    losses: [...run.history.steps],
    predicted: [...predicted],
    placement: run.placement,
    ms: performance.now() - started,
  };
  await engine.close();
  return result;
}

if (typeof window === "object") {
  // A message that the page sends itself arrives as soon as the thread is free: the longest gap is the longest task.
  let longest = 0;
  let last = performance.now();
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    setTimeout(() => port2.postMessage(0), 0);
  };
  port2.postMessage(0);
  window.train = train;
  // A page that trains no language model does not load what does.
  window.language = () => import("./language.js");
  window.longestTask = () => {
    const result = longest;
    longest = 0;
    return result;
  };
}
