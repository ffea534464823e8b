/** What this machine can do right now, in the same run: multiply-adds in registers, and reads of a region as large as a problem's data. */

/** Operations of one repetition of core/probe_fma. */
const FMA_OPERATIONS = 10 * 4 * 16 * 2;
/** Wasm has no on-stack replacement: only calls after the first few run optimised code, so the probe is many short calls. */
const CALL_REPETITIONS = 200;
const PROBE_MS = 40;
/** Bytes of the largest region that is read; far beyond any cache that a second machine would share. */
const LARGEST = 64 << 20;

export class Roof {
  #runtime;
  #words;
  #result;
  #region;
  #rates = new Map();
  #flops = 0;

  constructor(runtime) {
    this.#runtime = runtime;
    const { memory } = runtime;
    this.#words = memory.allocate(512);
    this.#result = this.#words + 128;
    memory.f32(this.#result, 40).fill(0.5);
    this.#region = memory.allocate(LARGEST);
    // Pages that were never written are all the same page of zeros, which every cache holds.
    memory.u8(this.#region, LARGEST).fill(1);
    this.#fastest("probe_read", [this.#result, this.#region, 4096, 1], PROBE_MS);
  }

  /** Operations per second of `threads` threads; a vector holds half as many f64 as f32. */
  flops(dtype, threads) {
    if (this.#flops === 0) this.remeasure();
    return (this.#flops * threads) / (dtype === "f64" ? 2 : 1);
  }

  /** Looks again, since a machine that others use has its better moments. */
  remeasure() {
    const seconds = this.#fastest("probe_fma", [this.#result, CALL_REPETITIONS], PROBE_MS);
    this.#flops = Math.max(this.#flops, (FMA_OPERATIONS * CALL_REPETITIONS) / seconds);
  }

  /** Bytes per second of one thread that reads so many bytes again and again: the rate of the cache that holds them, or of memory. */
  bytes(footprint) {
    const size = Math.min(LARGEST, 2 ** Math.ceil(Math.log2(Math.max(footprint, 4096))));
    let rate = this.#rates.get(size);
    if (rate === undefined) {
      const repeats = Math.max(1, Math.round((1 << 20) / size));
      // A pass over memory takes milliseconds, and the best of some twenty is wanted.
      const ms = size > 8 << 20 ? 4 * PROBE_MS : PROBE_MS;
      rate = (size * repeats) / this.#fastest("probe_read", [this.#result, this.#region, size, repeats], ms);
      this.#rates.set(size, rate);
    }
    return rate;
  }

  #fastest(kernel, parameters, ms) {
    const { memory } = this.#runtime;
    memory.i32(this.#words, 3 + parameters.length).set([this.#runtime.slot(kernel), 0, 3 + parameters.length, ...parameters]);
    let best = Number.POSITIVE_INFINITY;
    const end = performance.now() + ms;
    for (let now = performance.now(); now < end; ) {
      const before = now;
      this.#runtime.runSync(this.#words, 1, 1, 1);
      now = performance.now();
      best = Math.min(best, now - before);
    }
    return best / 1000;
  }
}
