/**
 * Rates of the three convolution kernels beside the machine's own 128-bit FMA peak, measured in the same run by a loop in registers.
 * Usage: node scripts/convolution-bench.mjs [--dtype f32|f64] [--build relaxed|baseline] [--rounds 15] [--only <part of a shape's name>]
 * A shape is images, channels, height, width, filters, kernel, stride, padding, groups. The best burst counts: other load can only slow one down.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { inflateRawSync } from "node:zlib";
import { compile } from "./compile.mjs";

const { values: options } = parseArgs({
  options: {
    dtype: { type: "string", default: "f32" },
    build: { type: "string", default: "relaxed" },
    rounds: { type: "string", default: "15" },
    only: { type: "string", default: "" },
  },
});
const { dtype, build } = options;
const size = dtype === "f64" ? 8 : 4;
const SHAPES = {
  "cnn 1→32 28×28": [64, 1, 28, 28, 32, 3, 1, 1, 1],
  "cnn 32→64 14×14": [8, 32, 14, 14, 64, 3, 1, 1, 1],
  "resnet 64→64 56×56": [1, 64, 56, 56, 64, 3, 1, 1, 1],
  "resnet 128→256 stride 2": [4, 128, 28, 28, 256, 3, 2, 1, 1],
  "resnet 512→512 7×7": [4, 512, 7, 7, 512, 3, 1, 1, 1],
  "stem 3→64 7×7 stride 2": [1, 3, 224, 224, 64, 7, 2, 3, 1],
  "pointwise 96→192": [8, 96, 28, 28, 192, 1, 1, 0, 1],
  "depthwise 96": [8, 96, 28, 28, 96, 3, 1, 1, 96],
  "depthwise 96 stride 2": [8, 96, 28, 28, 96, 3, 2, 1, 96],
};
const KERNELS = ["", "_input_gradient", "_weight_gradient"];

const PARAMS = 1024;
const DOORBELL = 2048;
const SCRATCH = 4096;
const FIRST = SCRATCH + (2 << 20) + 4096;
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const memory = new WebAssembly.Memory({ initial: 2048, maximum: 65536, shared: true });
const words = new Int32Array(memory.buffer);
const data = new (dtype === "f64" ? Float64Array : Float32Array)(memory.buffer);
words[260 >> 2] = SCRATCH;
const { bytes } = await import(`../src/generated/${build}/convolution-${dtype}.ts`);
const module = new WebAssembly.Module(inflateRawSync(Buffer.from(bytes, "base64")));
const instantiate = (from) =>
  new WebAssembly.Instance(from, { env: { memory, table: new WebAssembly.Table({ initial: 8, element: "anyfunc" }) } }).exports;
const kernels = instantiate(module);
const peak = instantiate(new WebAssembly.Module(await compile(join(root, "assembly"), build, peakSource())));
for (let i = FIRST / size; i < data.length; i++) data[i] = ((i * 7919) % 2048) / 1024 - 1;

const problems = Object.entries(SHAPES)
  .filter(([name]) => name.includes(options.only))
  .flatMap(([name, shape]) => KERNELS.map((suffix) => problemOf(name, suffix, shape)));
const worker = startWorker();
const best = new Map();
let peakRate = 0;
for (const problem of problems) for (let i = 0; i < 3; i++) burst(problem, 1, 1); // compiled code needs some calls before it is the optimised one
for (let round = 0; round < Number(options.rounds); round++) {
  peakRate = Math.max(peakRate, measurePeak());
  for (const problem of problems) {
    for (const threads of [1, 2]) {
      const repeats = Math.max(1, Math.round(5e-3 / (problem.flops / 2e10)));
      const key = `${problem.name} ${threads}`;
      best.set(key, Math.min(best.get(key) ?? Infinity, burst(problem, threads, repeats)));
    }
  }
}
await worker.terminate();
console.log(`${build} ${dtype}: peak of one thread ${peakRate.toFixed(1)} GFLOP/s`);
for (const { name, flops } of problems) {
  const cells = [1, 2].map((threads) => {
    const seconds = best.get(`${name} ${threads}`);
    const rate = flops / seconds / 1e9;
    return `${(seconds * 1e6).toFixed(0).padStart(8)} µs ${rate.toFixed(1).padStart(6)} GFLOP/s ${(rate / peakRate / threads).toFixed(2)}`;
  });
  console.log(`${name.padEnd(42)}${cells.join("  |")}`);
}

function problemOf(name, suffix, [images, channels, height, width, filters, kernel, stride, padding, groups]) {
  const out = (extent) => Math.floor((extent + 2 * padding - kernel) / stride) + 1;
  const [ho, wo] = [out(height), out(width)];
  const x = images * channels * height * width;
  const y = images * filters * ho * wo;
  const w = (filters * channels * kernel * kernel) / groups;
  const order = suffix === "" ? [y, x, w] : suffix === "_input_gradient" ? [x, y, w] : [w, x, y];
  let at = FIRST;
  const pointers = order.map((n) => {
    const address = at;
    at += Math.ceil((n * size) / 64 + 1) * 64;
    return address;
  });
  if (at > memory.buffer.byteLength) throw new Error(`operands of ${name} need ${at} bytes`);
  const geometry = [images, channels, height, width, filters, ho, wo, kernel, kernel, stride, stride, padding, padding, 1, 1, groups];
  return {
    name: `${name}${suffix.replaceAll("_", " ")}`,
    kernel: `${groups === channels && groups > 1 ? "depthwise2d" : "conv2d"}${suffix}_${dtype}`,
    flops: (2 * y * channels * kernel * kernel) / groups,
    params: [...pointers, 0, 0, ...geometry],
  };
}

/** Seconds per launch. */
function burst({ kernel, params }, threads, repeats) {
  words.set(params, PARAMS >> 2);
  // Before the other thread may begin: this one can lose its core any time.
  const start = performance.now();
  if (threads === 2) {
    words[(DOORBELL + 4) >> 2] = repeats;
    words[(DOORBELL + 8) >> 2] = Object.keys(kernels).indexOf(kernel);
    Atomics.add(words, DOORBELL >> 2, 1);
    Atomics.notify(words, DOORBELL >> 2);
  }
  for (let i = 0; i < repeats; i++) kernels[kernel](PARAMS, 0, threads);
  if (threads === 2) while (Atomics.load(words, (DOORBELL + 64) >> 2) !== Atomics.load(words, DOORBELL >> 2));
  return (performance.now() - start) / 1e3 / repeats;
}

/** The second thread waits for its doorbell, computes `repeats` launches, and answers. */
function startWorker() {
  const source = `
    const { workerData: { memory, module, params, doorbell } } = require("node:worker_threads");
    const table = new WebAssembly.Table({ initial: 8, element: "anyfunc" });
    const kernels = Object.values(new WebAssembly.Instance(module, { env: { memory, table } }).exports);
    const words = new Int32Array(memory.buffer);
    for (let seen = 0; ; seen++) {
      while (Atomics.load(words, doorbell >> 2) === seen) Atomics.wait(words, doorbell >> 2, seen, 1);
      const kernel = kernels[words[(doorbell + 8) >> 2]];
      for (let i = words[(doorbell + 4) >> 2]; i > 0; i--) kernel(params, 1, 2);
      Atomics.store(words, (doorbell + 64) >> 2, seen + 1);
    }`;
  return new Worker(source, { eval: true, workerData: { memory, module, params: PARAMS, doorbell: DOORBELL } });
}

/** Multiply-adds on 10 independent accumulators. */
function peakSource() {
  const each = (f) => [...Array(10).keys()].map(f).join("\n");
  const fused = (c) =>
    build === "relaxed" ? `v128.relaxed_madd<${dtype}>(a, b, ${c})` : `v128.add<${dtype}>(v128.mul<${dtype}>(a, b), ${c})`;
  return `export function peak(p: usize, n: i32): void {
    const a = v128.load(p), b = v128.load(p, 16);
    ${each((i) => `let c${i} = v128.load(p, ${32 + 16 * i});`)}
    do { ${each((i) => `c${i} = ${fused(`c${i}`)};`)} } while (--n);
    ${each((i) => `v128.store(p, c${i}, ${32 + 16 * i});`)}
  }`;
}

function measurePeak() {
  const n = 100_000;
  data.fill(0, 512 / size, 1024 / size);
  const start = performance.now();
  peak.peak(512, n);
  return (10 * (16 / size) * 2 * n) / (performance.now() - start) / 1e6;
}
