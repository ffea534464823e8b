/**
 * GEMM rates beside the machine's own 128-bit FMA peak, measured in the same run by a loop in registers.
 * Usage: node scripts/gemm-bench.mjs [--set square|small|sweep|skinny] [--shapes "nn 64 64 64;nt 8 768 768"] [--dtype f32|f64]
 *        [--build relaxed|baseline] [--threads 1,2] [--rounds 15] [--variant 0] [--json]
 * Shapes are measured in turns, in bursts of a few milliseconds, and the best burst counts: other load on the machine can only slow one down.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { inflateRawSync } from "node:zlib";
import { compile } from "./compile.mjs";

const { values: options } = parseArgs({
  options: {
    set: { type: "string", default: "square" },
    dtype: { type: "string", default: "f32" },
    build: { type: "string", default: "relaxed" },
    threads: { type: "string", default: "1,2" },
    shapes: { type: "string" },
    rounds: { type: "string", default: "15" },
    variant: { type: "string", default: "0" },
    json: { type: "boolean", default: false },
  },
});
const { dtype, build } = options;
const threadCounts = options.threads.split(",").map(Number);
const size = dtype === "f64" ? 8 : 4;
const cube = (n) => ({ layout: "nn", m: n, n, k: n });
const sets = {
  square: () => [64, 128, 256, 512, 1024].flatMap((n) => ["nn", "nt", "tn"].map((layout) => ({ layout, m: n, n, k: n }))),
  /** Forward and backward of a 4-64-32-1 network, batch 32. */
  small: () => [
    { layout: "nn", m: 32, n: 64, k: 4 },
    { layout: "nn", m: 32, n: 32, k: 64 },
    { layout: "nn", m: 32, n: 1, k: 32 },
    { layout: "tn", m: 64, n: 32, k: 32 },
    { layout: "nt", m: 32, n: 64, k: 32 },
    { layout: "tn", m: 4, n: 64, k: 32 },
    { layout: "tn", m: 32, n: 1, k: 32 },
    { layout: "nt", m: 32, n: 32, k: 1 },
  ],
  sweep: () => [...Array(130).keys(), 256, 382, 383, 384, 511, 512, 639].map((n) => cube(n + 1)),
  skinny: () =>
    ["nn", "nt", "tn"].flatMap((layout) =>
      [
        [1, 1024, 1024],
        [1024, 1, 1024],
        [2, 1024, 1024],
        [4, 768, 768],
        [8, 768, 768],
        [12, 768, 768],
        [16, 768, 768],
        [24, 768, 768],
        [32, 768, 768],
        [768, 2, 768],
        [768, 8, 768],
        [768, 12, 768],
        [1024, 1024, 1],
        [1024, 1024, 4],
        [1024, 1024, 16],
        [128, 128, 4096],
        [64, 10, 1000],
        [1000, 10, 64],
      ].map(([m, n, k]) => ({ layout, m, n, k })),
    ),
};
const shapes = options.shapes === undefined ? sets[options.set]() : options.shapes.split(";").map(parseShape);

const PARAMS = 1024;
const SCRATCH = 4096;
const SCRATCH_BYTES = 1 << 20;
const DOORBELL = 2048;
/** A and B of every shape lie in the first 32 MiB, which are never written, and C behind them. */
const OPERAND_BYTES = 32 << 20;
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const memory = new WebAssembly.Memory({ initial: 1024, maximum: 65536, shared: true });
const words = new Int32Array(memory.buffer);
const data = new (dtype === "f64" ? Float64Array : Float32Array)(memory.buffer);
words[260 >> 2] = SCRATCH;
const gemmModule = new WebAssembly.Module(await generated(`dense-${dtype}`));
const gemm = instantiate(gemmModule)[`gemm_${dtype}`];
const peak = instantiate(new WebAssembly.Module(await compile(join(root, "assembly"), build, peakSource())));
const worker = threadCounts.includes(2) ? await startWorker() : undefined;

const first = SCRATCH + 2 * SCRATCH_BYTES + 4096;
for (let i = first / size; i < data.length; i++) data[i] = ((i * 7919) % 2048) / 1024 - 1;
const best = new Map();
let peakRate = 0;
const problems = shapes.map((shape) => ({ ...shape, ...place(shape) }));
for (const problem of problems) verify(problem);
for (let round = 0; round < Number(options.rounds); round++) {
  peakRate = Math.max(peakRate, measurePeak());
  for (const problem of problems) {
    for (const threads of threadCounts) {
      load(problem);
      const seconds = burst(threads, problem.flops);
      const key = `${problem.name} ${threads}`;
      best.set(key, Math.min(best.get(key) ?? Infinity, seconds));
    }
  }
}
await worker?.terminate();
report();

function parseShape(text) {
  const [layout, m, n, k] = text.split(" ");
  return { layout, m: Number(m), n: Number(n), k: Number(k) };
}

async function generated(name) {
  const { bytes } = await import(`../src/generated/${build}/${name}.ts`);
  return inflateRawSync(Buffer.from(bytes, "base64"));
}

function instantiate(module) {
  const table = new WebAssembly.Table({ initial: 8, element: "anyfunc" });
  return new WebAssembly.Instance(module, { env: { memory, table } }).exports;
}

/** Multiply-adds on 8, 10 and 12 independent accumulators: the best of the three is what the machine can do. */
function peakSource() {
  const fused = (a, b, c) =>
    build === "relaxed" ? `v128.relaxed_madd<${dtype}>(${a}, ${b}, ${c})` : `v128.add<${dtype}>(v128.mul<${dtype}>(${a}, ${b}), ${c})`;
  return [8, 10, 12]
    .map((count) => {
      const each = (f) => [...Array(count).keys()].map(f).join("\n");
      return `export function peak${count}(p: usize, n: i32): void {
        const a = v128.load(p), b = v128.load(p, 16);
        ${each((i) => `let c${i} = v128.load(p, ${32 + 16 * i});`)}
        do { ${each((i) => `c${i} = ${fused("a", "b", `c${i}`)};`)} } while (--n);
        ${each((i) => `v128.store(p, c${i}, ${32 + 16 * i});`)}
      }`;
    })
    .join("\n");
}

function measurePeak() {
  let rate = 0;
  for (const count of [8, 10, 12]) {
    const n = 100_000;
    data.fill(0, 512 / size, 1024 / size);
    const start = performance.now();
    peak[`peak${count}`](512, n);
    rate = Math.max(rate, (count * (16 / size) * 2 * n) / (performance.now() - start) / 1e6);
  }
  return rate;
}

function place({ layout, m, n, k }) {
  const a = first;
  const b = a + Math.ceil((m * k * size) / 64) * 64;
  const c = first + OPERAND_BYTES;
  if (b + k * n * size > c) throw new Error(`operands of ${layout} ${m} ${n} ${k} exceed ${OPERAND_BYTES} bytes`);
  const [ta, tb] = [layout[0] === "t" ? 1 : 0, layout[1] === "t" ? 1 : 0];
  return {
    name: `${layout} ${m} ${n} ${k}`,
    flops: 2 * m * n * k,
    params: [c, a, b, 0, 0, m, n, k, ta ? m : k, tb ? k : n, n, ta, tb, 0, Number(options.variant), 0],
  };
}

function load({ params }) {
  words.set(params, PARAMS >> 2);
}

/** Seconds per product, over a burst of about three milliseconds. */
function burst(threads, flops) {
  const repeats = Math.max(1, Math.round(3e-3 / (flops / 4e10 + 2e-7)));
  if (threads === 2) ring(repeats);
  const start = performance.now();
  for (let i = 0; i < repeats; i++) gemm(PARAMS, 0, threads);
  if (threads === 2) while (Atomics.load(words, (DOORBELL + 64) >> 2) !== Atomics.load(words, DOORBELL >> 2));
  return (performance.now() - start) / 1e3 / repeats;
}

function verify(problem) {
  load(problem);
  const { m, n, k, params, layout, name } = problem;
  const [c, a, b] = params.map((address) => address / size);
  for (let i = 0; i < 40; i++) gemm(PARAMS, 0, 1); // compiled code needs some calls before it is the optimised one
  for (let probe = 0; probe < 50; probe++) {
    const i = (probe * 7919) % m;
    const j = (probe * 104729) % n;
    let sum = 0;
    let magnitude = 0;
    for (let p = 0; p < k; p++) {
      const product = data[layout[0] === "t" ? a + p * m + i : a + i * k + p] * data[layout[1] === "t" ? b + j * k + p : b + p * n + j];
      sum += product;
      magnitude += Math.abs(product);
    }
    const error = Math.abs(data[c + i * n + j] - sum);
    const bound = 2 * (k + 2) * (size === 8 ? 2 ** -53 : 2 ** -24) * magnitude;
    if (!(error <= bound)) throw new Error(`${name}: C[${i},${j}] is off by ${error}, more than ${bound}`);
  }
}

/** The second thread spins on its doorbell between bursts, computes `repeats` products, and answers. */
async function startWorker() {
  const source = `
    const { workerData: { memory, module, dtype, params, doorbell } } = require("node:worker_threads");
    const table = new WebAssembly.Table({ initial: 8, element: "anyfunc" });
    const gemm = new WebAssembly.Instance(module, { env: { memory, table } }).exports["gemm_" + dtype];
    const words = new Int32Array(memory.buffer);
    for (let seen = 0; ; seen++) {
      while (Atomics.load(words, doorbell >> 2) === seen) Atomics.wait(words, doorbell >> 2, seen, 1);
      for (let i = words[(doorbell + 4) >> 2]; i > 0; i--) gemm(params, 1, 2);
      Atomics.store(words, (doorbell + 64) >> 2, seen + 1);
    }`;
  return new Worker(source, { eval: true, workerData: { memory, module: gemmModule, dtype, params: PARAMS, doorbell: DOORBELL } });
}

function ring(repeats) {
  words[(DOORBELL + 4) >> 2] = repeats;
  Atomics.add(words, DOORBELL >> 2, 1);
  Atomics.notify(words, DOORBELL >> 2);
}

function report() {
  const rows = problems.map(({ name, flops }) => ({
    shape: name,
    ...Object.fromEntries(
      threadCounts.map((threads) => {
        const seconds = best.get(`${name} ${threads}`);
        return [
          `threads${threads}`,
          { us: seconds * 1e6, gflops: flops / seconds / 1e9, share: flops / seconds / 1e9 / (peakRate * threads) },
        ];
      }),
    ),
  }));
  if (options.json) {
    console.log(JSON.stringify({ build, dtype, peak: peakRate, node: process.version, rows }, null, 1));
    return;
  }
  console.log(`${build} ${dtype}: peak of one thread ${peakRate.toFixed(1)} GFLOP/s`);
  for (const row of rows) {
    const cells = threadCounts.map((threads) => {
      const { us, gflops, share } = row[`threads${threads}`];
      return `${us.toFixed(2).padStart(11)} µs ${gflops.toFixed(1).padStart(6)} GFLOP/s ${share.toFixed(2)}`;
    });
    console.log(`${row.shape.padEnd(18)}${cells.join("  |")}`);
  }
  for (const threads of threadCounts) {
    const total = problems.reduce((sum, { name }) => sum + best.get(`${name} ${threads}`), 0);
    if (options.set === "small" && options.shapes === undefined) console.log(`sum on ${threads} thread(s): ${(total * 1e6).toFixed(2)} µs`);
  }
}
