// Trains a small convolutional network on Fashion-MNIST and says how many of the 10,000 test images it knows. See README.md.
import { parseArgs } from "node:util";
import { adam, cnn, createEngine, crossEntropy, readIdx } from "@tetrad/engine";

const { values: options } = parseArgs({
  options: {
    data: { type: "string", default: "/usr/share/datasets/fashion-mnist" },
    epochs: { type: "string", default: "5" },
    threads: { type: "string" },
    save: { type: "string" },
  },
});

/** Mean and standard deviation of the training images' pixels, from 0 to 1. */
const [MEAN, SPREAD] = [0.286, 0.353];

async function load(part) {
  const images = await readIdx(`${options.data}/${part}-images-idx3-ubyte.gz`);
  const labels = await readIdx(`${options.data}/${part}-labels-idx1-ubyte.gz`);
  const [rows, height, width] = images.shape;
  return {
    x: { shape: [rows, 1, height, width], data: Float32Array.from(images.data, (pixel) => (pixel / 255 - MEAN) / SPREAD) },
    y: { shape: [rows], data: Int32Array.from(labels.data) },
  };
}

const train = await load("train");
const test = await load("t10k");
const engine = await createEngine(options.threads === undefined ? {} : { threads: Number(options.threads) });
const net = cnn({ input: [1, 28, 28], channels: [32, 64], kernel: 3, padding: 1, pool: 2, hidden: [128], classes: 10, dropout: 0.25 });
const epochs = Number(options.epochs);
let shown = 0;
const run = await engine.fit(net, {
  ...train,
  validation: test,
  loss: crossEntropy,
  optimizer: adam({ lr: 1e-3 }),
  // Half a cosine down to zero: the last epochs settle.
  schedule: (steps) => (step) => 5e-4 * (1 + Math.cos((Math.PI * step) / steps)),
  batchSize: 64,
  epochs,
  onProgress({ epoch, loss, validationLoss, microsecondsPerStep, secondsLeft }) {
    if (epoch === shown) return;
    shown = epoch;
    const left = secondsLeft > 0 ? `, ${secondsLeft.toFixed(0)} s left` : "";
    console.log(
      `epoch ${epoch}: loss ${loss.toFixed(4)}, test loss ${validationLoss?.toFixed(4)}, ${(microsecondsPerStep / 1000).toFixed(1)} ms a step${left}`,
    );
  },
});
const scores = await run.model.predict(test.x);
let right = 0;
test.y.data.forEach((label, i) => {
  const row = scores.subarray(10 * i, 10 * i + 10);
  if (row.indexOf(Math.max(...row)) === label) right++;
});
console.log(`test accuracy ${(right / test.y.data.length).toFixed(4)} after ${run.steps} steps (${run.placement})`);
if (options.save !== undefined) await run.model.save(options.save);
await run.model.close();
await engine.close();
