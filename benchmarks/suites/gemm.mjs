// Matrix products: rate, share of the machine's own peak measured in the same run, two threads against one, and shapes at which blocked kernels fall off a cliff.
import { compare } from "../lib/measure.mjs";
import { PEAK_FLOPS, peakContender } from "../lib/peak.mjs";
import { normal, uniform } from "../lib/random.mjs";
import { goalLine, percent, short, table } from "../lib/report.mjs";
import { median } from "../lib/statistics.mjs";
import { openAll } from "../peers/index.mjs";
import { open } from "../peers/tetrad.mjs";

const SQUARES = [64, 128, 256, 512, 1024];
/** One off the blocks' sizes, primes, and the thin shapes of small networks and of vectors. */
const ODD = [
  ...[63, 65, 95, 97, 127, 129, 191, 193, 255, 257, 331, 511, 513, 769, 1023].map((n) => [n, n, n]),
  [1, 1024, 1024],
  [1024, 1, 1024],
  [1024, 1024, 1],
  [3, 3, 4096],
  [7, 4096, 64],
  [4096, 7, 64],
  [32, 64, 4],
  [17, 48, 5],
  [1000, 10, 784],
];
/** Elements checked of large products. */
const CHECKED = 400;
/** Rounding of a sum of k products, in units of Σ|a||b|; blocked sums stay far below k. */
const ROUNDINGS = { f32: 8 * 2 ** -24, f64: 8 * 2 ** -53 };

export async function run({ peers, effort, log }) {
  const engines = [await open({ threads: 1 }), await open({ threads: 2 })];
  const [one, two] = engines;
  const peak = peakContender(one.engine);
  const results = [];
  try {
    for (const dtype of ["f32", "f64"]) {
      for (const n of SQUARES) {
        const problem = makeProblem(n, n, n, dtype);
        log(`gemm ${dtype} ${n}`);
        const contenders = [await one.gemm(problem), await two.gemm(problem), ...(await openAll(peers, "gemm", problem))];
        results.push({ kind: "square", ...(await measure(problem, contenders, peak, effort)) });
      }
    }
    for (const [m, n, k] of ODD) {
      const problem = makeProblem(m, n, k, "f32");
      log(`gemm f32 ${m}×${n}×${k}`);
      results.push({
        kind: "odd",
        ...(await measure(problem, [await one.gemm(problem), await two.gemm(problem)], peak, {
          ...effort,
          rounds: Math.min(3, effort.rounds),
        })),
      });
    }
  } finally {
    peak.close();
    for (const engine of engines) await engine.close();
  }
  return { results, text: describe(results, one.label, two.label) };
}

function makeProblem(m, n, k, dtype) {
  const make = (length) => (dtype === "f32" ? new Float32Array(length) : new Float64Array(length));
  return { m, n, k, dtype, a: normal(make(m * k), m + 1), b: normal(make(k * n), n + 2) };
}

async function measure(problem, contenders, peak, effort) {
  const { m, n, k, dtype } = problem;
  try {
    for (const { name, result } of contenders) check(name, problem, await result());
    const times = await compare([...contenders, peak], effort);
    // Vectors of f64 have half as many lanes.
    const peakRate = PEAK_FLOPS / times.peak.median / 1e6 / (dtype === "f64" ? 2 : 1);
    const rates = Object.fromEntries(contenders.map(({ name }) => [name, (2 * m * n * k) / times[name].median / 1e6]));
    return { m, n, k, dtype, peak: peakRate, rates, times };
  } finally {
    for (const contender of contenders) await contender.close();
  }
}

/** Throws when a product is not that of the two matrices to rounding. */
function check(name, { m, n, k, dtype, a, b }, c) {
  if (c.length !== m * n) throw new Error(`${name}: ${c.length} elements of ${m * n}`);
  const next = uniform(7);
  const all = m * n <= 16384;
  for (let t = 0; t < (all ? m * n : CHECKED); t++) {
    const at = all ? t : Math.floor(next() * m * n);
    const [i, j] = [Math.floor(at / n), at % n];
    let [sum, size] = [0, 0];
    for (let p = 0; p < k; p++) {
      const product = a[i * k + p] * b[p * n + j];
      sum += product;
      size += Math.abs(product);
    }
    if (!(Math.abs(c[at] - sum) <= ROUNDINGS[dtype] * size))
      throw new Error(`${name}: ${m}×${n}×${k} ${dtype} is wrong at (${i}, ${j}): ${c[at]} for ${sum}`);
  }
}

function describe(results, one, two) {
  const lines = [];
  for (const dtype of ["f32", "f64"]) {
    const rows = results.filter((result) => result.kind === "square" && result.dtype === dtype);
    const names = [...new Set(rows.flatMap(({ rates }) => Object.keys(rates)))];
    lines.push(
      `${dtype}, GFLOP/s (share of the 128-bit multiply-add peak of one thread)`,
      table([
        ["n", "peak", ...names],
        ...rows.map(({ n, peak, rates }) => [
          `${n}`,
          short(peak),
          ...names.map((name) => (rates[name] === undefined ? "" : `${short(rates[name])} (${percent(rates[name] / peak)})`)),
        ]),
      ]),
      "",
    );
  }
  const odd = results.filter(({ kind }) => kind === "odd");
  lines.push(
    "f32, odd shapes",
    table([
      ["m × n × k", "1 thread", "share", "2 threads"],
      ...odd.map(({ m, n, k, peak, rates }) => [`${m} × ${n} × ${k}`, short(rates[one]), percent(rates[one] / peak), short(rates[two])]),
    ]),
    "",
  );
  const square = (n, dtype) => results.find((result) => result.kind === "square" && result.n === n && result.dtype === dtype);
  // Each round has every contender once, so ratios are taken within rounds: a slow spell of the machine then meets both sides.
  const within = (times, a, b) => median(times[a].rounds.map((time, i) => time / times[b].rounds[i]));
  const shareOf = ({ m, n, k, dtype, times }) => ((2 * m * n * k) / PEAK_FLOPS) * (dtype === "f64" ? 2 : 1) * within(times, "peak", one);
  const share = (n) => shareOf(square(n, "f32"));
  // On a machine with noisy neighbours the median says what was to be had, the fastest sample what the kernel can do.
  const bestShare = (n) => {
    const { times } = square(n, "f32");
    return (2 * n ** 3) / times[one].min / (PEAK_FLOPS / times.peak.min);
  };
  const large = SQUARES.filter((n) => n >= 256);
  const neighbour = ({ n }) =>
    results
      .filter(({ kind }) => kind === "square")
      .reduce((best, other) => (other.dtype === "f32" && Math.abs(other.n - n) < Math.abs(best.n - n) ? other : best));
  const cliff = Math.min(...odd.filter(({ m, n, k }) => m === n && n === k).map((row) => shareOf(row) / shareOf(neighbour(row))));
  lines.push(
    goalLine({ name: "least share of peak, n ≥ 256", value: Math.min(...large.map(share)), goal: 0.85, unit: "", atLeast: true }),
    `  fastest samples against the fastest of the peak: ${SQUARES.map((n) => `${n}: ${percent(bestShare(n))}`).join(", ")}`,
    goalLine({ name: "share of peak at n = 64", value: share(64), goal: 0.75, unit: "", atLeast: true }),
    goalLine({
      name: "two threads at n = 1024",
      value: within(square(1024, "f32").times, one, two),
      goal: 1.7,
      unit: "×",
      atLeast: true,
    }),
    goalLine({
      name: "f64 of f32, least",
      // Both against the peak of their own rounds, of which f64's is half.
      value: Math.min(...SQUARES.map((n) => shareOf(square(n, "f64")) / share(n) / 2)),
      goal: 0.5,
      unit: "",
      atLeast: true,
    }),
    goalLine({ name: "odd square of its even neighbour, least", value: cliff, goal: 0.7, unit: "", atLeast: true }),
  );
  return lines.join("\n");
}
