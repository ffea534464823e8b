// One training step of small networks: where rivals spend their time on dispatch. The second network is there because no rule may know the first.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { compare } from "../lib/measure.mjs";
import { normal, uniform } from "../lib/random.mjs";
import { goalLine, microseconds, short, table } from "../lib/report.mjs";
import { openAll } from "../peers/index.mjs";
import { open } from "../peers/tetrad.mjs";

const NETWORKS = [
  { name: "4-64-32-1 relu, batch 32", sizes: [4, 64, 32, 1], activation: "relu", rows: 32 },
  { name: "5-48-24-2 tanh, batch 17", sizes: [5, 48, 24, 2], activation: "tanh", rows: 17 },
];
const BATCHES = 16;
/** Steps of which all contenders must agree on the losses before they are timed. */
const AGREED = 8;
const AGREEMENT = 1e-4;

export async function run({ peers, effort, log }) {
  const results = [];
  for (const network of NETWORKS) {
    log(`mlp ${network.name}`);
    const problem = makeProblem(network);
    const own = [await open(), await open({ build: "baseline" })];
    const reference = await open({ backend: "reference" });
    const contenders = [];
    try {
      const oracle = await reference.mlp(problem);
      const expected = await oracle.result();
      for (const engine of own) contenders.push(await engine.mlp(problem));
      contenders.push(...(await openAll(peers, "mlp", problem)));
      for (const { name, result } of contenders) check(name, await result(), expected);
      results.push({ network: network.name, own: contenders[0].name, times: await compare(contenders, effort) });
    } finally {
      for (const contender of contenders) await contender.close();
      for (const engine of [...own, reference]) await engine.close();
    }
  }
  log("mlp memory");
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--expose-gc",
    fileURLToPath(new URL("../lib/memory-child.mjs", import.meta.url)),
  ]);
  const memory = JSON.parse(stdout);
  return { results, memory, text: describe(results, memory) };
}

/** Parameters as PyTorch starts them, and normal data. */
export function makeProblem({ sizes, activation, rows }) {
  const weights = {};
  const next = uniform(3);
  for (let i = 0; i + 1 < sizes.length; i++) {
    const bound = 1 / Math.sqrt(sizes[i]);
    const fill = (length) => Float32Array.from({ length }, () => bound * (2 * next() - 1));
    weights[`layers.${i}.weight`] = fill(sizes[i] * sizes[i + 1]);
    weights[`layers.${i}.bias`] = fill(sizes[i + 1]);
  }
  const batches = Array.from({ length: BATCHES }, (_, i) => ({
    x: normal(new Float32Array(rows * sizes[0]), 100 + i),
    y: normal(new Float32Array(rows * sizes.at(-1)), 200 + i),
  }));
  return { sizes, activation, rows, weights, batches, lr: 1e-3, agreed: AGREED };
}

function check(name, losses, expected) {
  losses.forEach((loss, step) => {
    if (!(Math.abs(loss - expected[step]) <= AGREEMENT * expected[step]))
      throw new Error(`${name}: loss ${loss} at step ${step}, expected ${expected[step]}`);
  });
}

function describe(results, memory) {
  const lines = [];
  const ratios = results.map(({ own, times }) => ({
    tfjs: times["tfjs wasm"]?.median / times[own].median,
    torch: times["torch, 1 thread"]?.median / times[own].median,
  }));
  for (const { network, own, times } of results) {
    lines.push(
      `${network}, µs a step`,
      table([
        ["", "median", "min", "MAD", "times ours"],
        ...Object.entries(times).map(([name, time]) => [name, ...microseconds(time), short(time.median / times[own].median)]),
      ]),
      "",
    );
  }
  const [first, second] = ratios;
  const kept = (peer) => second[peer] / first[peer];
  lines.push(
    goalLine({ name: "TensorFlow.js takes", value: first.tfjs, goal: 40, unit: "×", atLeast: true }),
    goalLine({ name: "PyTorch takes", value: first.torch, goal: 12, unit: "×", atLeast: true }),
    goalLine({ name: "second network's ratio of the first's, TensorFlow.js", value: kept("tfjs"), goal: 0.8, unit: "", atLeast: true }),
    goalLine({ name: "second network's ratio of the first's, PyTorch", value: kept("torch"), goal: 0.8, unit: "", atLeast: true }),
    goalLine({ name: "JavaScript allocated a step (its result, the clock)", value: memory.bytesPerStep, goal: 128, unit: "bytes" }),
    goalLine({ name: `heap growth over ${memory.steps} steps`, value: memory.heapGrowth / 1024, goal: 64, unit: "KiB" }),
    goalLine({ name: `wasm growth over ${memory.steps} steps`, value: memory.wasmGrowth, goal: 0, unit: "bytes" }),
  );
  return lines.join("\n");
}
