// The page that the size budget is about: it trains a small network and predicts with it, nothing else.
import { adam, createEngine, mlp, mse } from "@tetrad/engine";

const engine = await createEngine();
const x = [[0], [0.25], [0.5], [0.75]];
const y = [[1], [1.5], [2], [2.5]];
const run = await engine.fit(mlp([1, 8, 1], { activation: "relu" }), {
  x,
  y,
  loss: mse,
  optimizer: adam({ lr: 1e-2 }),
  batchSize: 4,
  epochs: 5,
});
const predicted = await run.model.predict(x);
if (!predicted.every(Number.isFinite)) throw new Error("the page predicts no numbers");
await engine.close();
