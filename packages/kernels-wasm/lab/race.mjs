/** Two versions of a kernel on one problem, in turns: A B, B A, A B, … so that whatever slows the machine slows both. */
import { mismatch } from "../../../tests/support/tolerance.ts";
import { kernelsOf, Placed } from "./placed.mjs";

/** One burst of a version: long beside the clock's and a call's own cost, short beside the time slice of another program. */
const BURST_MS = 1.5;
/** Bursts of each version in a round, in turns; the fastest counts, since other programs only add. */
export const BURSTS = 3;
/** V8 optimises a function after some calls, on a thread of its own; a loop that began before stays slow until its call returns. */
const WARM_UP_MS = 60;
const WARM_UP_CALLS = 30;
/** A cold problem goes round so many bytes of copies, that no cache holds them: a decoder reads every layer's weights before it reads one again. */
const COLD_BYTES = 96 << 20;
/** A large problem is raced in fewer rounds, but never in so few that their median has no interval. */
const RACE_MS = 2500;
export const FEWEST_ROUNDS = 9;
const RESAMPLES = 2000;

/**
 * @param {{ problem: object, target: object, dtype: string, threads: number, rounds: number }} options
 * @param {(kernel: string) => number} slotsA the version to beat
 * @param {(kernel: string) => number} slotsB the candidate
 */
export async function race(runtime, roof, { problem, target, dtype, threads, rounds }, slotsA, slotsB) {
  const own = problem.launches.filter((launch) => [...kernelsOf([launch])].some((kernel) => target.kernels.includes(kernel)));
  const flops = own.reduce((sum, launch) => sum + launch.flops, 0);
  const bytes = own.reduce((sum, launch) => sum + launch.bytes, 0);
  const copies = problem.cold ? Math.ceil(COLD_BYTES / bytes) : 1;
  const placed = Array.from({ length: copies }, () => new Placed(runtime, problem));
  const loads = [];
  const load = (at, launches, slots) => {
    const loaded = at.load(launches, slots);
    loads.push(loaded);
    return (steps) => at.run(loaded, steps, threads);
  };
  try {
    // The launches of this kernel are timed alone: what they read lies where a whole run has left it.
    const results = [slotsA, slotsB].map((slots) => placed.map((at) => outputsOf(at, load(at, problem.launches, slots))));
    const different = difference(problem, results[0][0], results[1][0]);
    if (different !== undefined) return { different };
    const version = (slots) => {
      const runs = placed.map((at) => load(at, own, slots));
      return (steps) => {
        for (const run of runs) run(steps);
      };
    };
    const [a, b] = [version(slotsA), version(slotsB)];
    const { steps, ms } = warmUp([a, b], copies);
    const most = Math.min(rounds, Math.max(FEWEST_ROUNDS, Math.floor(RACE_MS / (2 * BURSTS * steps * ms))));
    const time = (run) => {
      const before = performance.now();
      run(steps);
      return (performance.now() - before) / (steps * copies);
    };
    const times = await inTurns([a, b], time, most);
    roof.remeasure();
    const footprint = copies === 1 ? bytes : COLD_BYTES;
    return { threads, ...rateOf({ flops, bytes, footprint, ms: Math.min(...times.b) }, roof, dtype, threads), ...ratioOf(times) };
  } finally {
    for (const loaded of loads) loaded.release();
    for (const at of placed) at.release();
  }
}

/**
 * The fastest burst of either version in each round; who comes first changes from burst to burst.
 * @param {readonly [object, object]} versions
 * @param {(version: object) => number | Promise<number>} time of one burst
 */
export async function inTurns(versions, time, rounds, bursts = BURSTS) {
  const times = { a: [], b: [] };
  for (let round = 0; round < rounds; round++) {
    const fastest = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let burst = 0; burst < bursts; burst++)
      for (const i of (round + burst) % 2 === 0 ? [0, 1] : [1, 0]) fastest[i] = Math.min(fastest[i], await time(versions[i]));
    times.a.push(fastest[0]);
    times.b.push(fastest[1]);
  }
  return times;
}

function outputsOf(at, run) {
  at.plant();
  run(1);
  return at.problem.outputs.map(({ tensor }) => at.view(tensor).slice());
}

/** Where the candidate's results are further from the other version's than both may be from the truth. */
export function difference({ outputs }, a, b) {
  for (const [i, { label, tolerance }] of outputs.entries()) {
    const off = mismatch({ data: b[i] }, { data: a[i] }, 2 * tolerance);
    if (off !== undefined) return `${label}: element ${off.index} is ${off.got}, but ${off.want} from the version to beat`;
  }
  return undefined;
}

/** Steps of a burst, and what one takes. Many short calls: code is optimised between calls, not within one. */
function warmUp(versions, copies) {
  let fastest = Number.POSITIVE_INFINITY;
  for (const run of versions) {
    const begin = performance.now();
    for (let calls = 0; ; calls++) {
      const before = performance.now();
      run(1);
      const now = performance.now();
      fastest = Math.min(fastest, now - before);
      if (now - begin < WARM_UP_MS) continue;
      // Problems that take long compile within their first calls.
      if (calls * copies >= WARM_UP_CALLS || (calls >= 3 && now - begin > 10 * WARM_UP_MS)) break;
    }
  }
  const steps = copies > 1 ? 1 : Math.max(1, Math.min(20_000, Math.round(BURST_MS / fastest)));
  for (const run of versions) run(steps);
  return { steps, ms: fastest };
}

/** GFLOP/s where arithmetic is the limit, GB/s where memory is; and the share of what the machine can do. */
export function rateOf({ flops, bytes, footprint, ms }, roof, dtype, threads) {
  const compute = flops / roof.flops(dtype, threads);
  const memory = bytes / (roof.bytes(footprint) * threads);
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
