/** Two versions of a kernel on one problem, in turns: A B, B A, A B, … so that whatever slows the machine slows both. */
import { mismatch } from "../../../tests/support/tolerance.ts";
import { kernelsOf, Placed } from "./placed.mjs";

/** One burst of a version: long beside the clock's and a call's own cost, short beside the moods of the machine. */
const BURST_MS = 4;
/** V8 optimises a function after some calls, on a thread of its own; a loop that began before stays slow until its call returns. */
const WARM_UP_MS = 60;
const WARM_UP_CALLS = 30;
/** A large problem is raced in fewer rounds, but never in so few that their median has no interval. */
const RACE_MS = 2500;
const FEWEST_ROUNDS = 9;
const RESAMPLES = 2000;

/**
 * @param {{ problem: object, target: object, dtype: string, threads: number, rounds: number }} options
 * @param {(kernel: string) => number} slotsA the version to beat
 * @param {(kernel: string) => number} slotsB the candidate
 */
export function race(runtime, roof, { problem, target, dtype, threads, rounds }, slotsA, slotsB) {
  const placed = new Placed(runtime, problem);
  const loads = [];
  const load = (launches, slots) => {
    const loaded = placed.load(launches, slots);
    loads.push(loaded);
    return loaded;
  };
  try {
    const results = [slotsA, slotsB].map((slots) => {
      const whole = load(problem.launches, slots);
      placed.plant();
      placed.run(whole, 1, threads);
      return problem.outputs.map(({ tensor }) => placed.view(tensor).slice());
    });
    refuseIfDifferent(problem, results);
    // The launches of this kernel alone: what they read lies where the whole run has left it.
    const own = problem.launches.filter((launch) => [...kernelsOf([launch])].some((kernel) => target.kernels.includes(kernel)));
    const flops = own.reduce((sum, launch) => sum + launch.flops, 0);
    const bytes = own.reduce((sum, launch) => sum + launch.bytes, 0);
    const [a, b] = [load(own, slotsA), load(own, slotsB)];
    const { steps, ms } = warmUp(placed, [a, b], threads);
    const most = Math.min(rounds, Math.max(FEWEST_ROUNDS, Math.floor(RACE_MS / (2 * steps * ms))));
    const time = (version) => {
      const before = performance.now();
      placed.run(version, steps, threads);
      return (performance.now() - before) / steps;
    };
    const times = { a: [], b: [] };
    for (let round = 0; round < most; round++) {
      if (round % 2 === 0) times.a.push(time(a));
      times.b.push(time(b));
      if (round % 2 === 1) times.a.push(time(a));
    }
    roof.remeasure();
    return { threads, ...rateOf({ flops, bytes, ms: Math.min(...times.b) }, roof, dtype, threads), ...ratioOf(times) };
  } finally {
    for (const loaded of loads) loaded.release();
    placed.release();
  }
}

function refuseIfDifferent({ outputs }, [a, b]) {
  for (const [i, { label, tolerance }] of outputs.entries()) {
    const off = mismatch({ data: b[i] }, { data: a[i] }, 2 * tolerance);
    if (off !== undefined) throw new Error(`${label}: element ${off.index} is ${off.got} from the candidate, ${off.want} from the other`);
  }
}

/** Steps of a burst, and what one takes. */
function warmUp(placed, versions, threads) {
  let fastest = Number.POSITIVE_INFINITY;
  for (const version of versions) {
    const end = performance.now() + WARM_UP_MS;
    for (let calls = 0; calls < WARM_UP_CALLS || performance.now() < end; calls++) {
      const before = performance.now();
      placed.run(version, 1, threads);
      const ms = performance.now() - before;
      fastest = Math.min(fastest, ms);
      // A large problem compiles within its first calls.
      if (calls >= 3 && performance.now() > end + 10 * WARM_UP_MS) break;
    }
  }
  const steps = Math.max(1, Math.min(20_000, Math.round(BURST_MS / fastest)));
  for (const version of versions) placed.run(version, steps, threads);
  return { steps, ms: fastest };
}

/** GFLOP/s where arithmetic is the limit, GB/s where memory is; and the share of what the machine can do. */
function rateOf({ flops, bytes, ms }, roof, dtype, threads) {
  const compute = flops / roof.flops(dtype, threads);
  const memory = bytes / (roof.bytes(bytes) * threads);
  const bound = compute >= memory ? "compute" : "memory";
  const amount = bound === "compute" ? flops : bytes;
  return {
    bound,
    microseconds: ms * 1000,
    rate: amount / ms / 1e6,
    unit: bound === "compute" ? "GFLOP/s" : "GB/s",
    share: (1000 * Math.max(compute, memory)) / ms,
  };
}

/** Median over paired rounds of time A / time B (above 1: the candidate is faster), with its 95 % interval by bootstrap over the pairs. */
export function ratioOf({ a, b }) {
  const logs = a.map((time, i) => Math.log(time / b[i]));
  let state = 12345;
  const draw = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * logs.length);
  };
  const medians = Float64Array.from({ length: RESAMPLES }, () => median(logs.map(() => logs[draw()]))).sort();
  return {
    ratio: Math.exp(median(logs)),
    low: Math.exp(medians[Math.floor(0.025 * RESAMPLES)]),
    high: Math.exp(medians[Math.ceil(0.975 * RESAMPLES) - 1]),
    rounds: logs.length,
  };
}

function median(values) {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
