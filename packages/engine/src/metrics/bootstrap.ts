/** How sure a measured figure is: the percentile bootstrap over examples (Efron and Tibshirani 1993, chapter 13). */
import { TetradError } from "../errors.js";
import { fillUniform } from "../random.js";

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A figure of the examples with these numbers, some of them several times. */
export type Statistic = (examples: Int32Array) => number;

export interface BootstrapOptions {
  /** 1,000 unless told */
  readonly resamples?: number;
  /** 0.95 unless told */
  readonly confidence?: number;
  readonly seed?: number;
}

/** Tells these numbers apart from others under the same seed. */
const STREAM = 0xb0075;

/**
 * The figure of all `count` examples, and what it would be between for other examples of the same kind. Resamples of which it is NaN do not count.
 * @throws TetradError ARGUMENT for no examples, or for options out of range
 */
export function bootstrapInterval(count: number, statistic: Statistic, options: BootstrapOptions = {}): Interval {
  return intervalOf(resampled(count, statistic, options), statistic(everyOne(count)), options);
}

export interface PairedComparison {
  readonly first: number;
  readonly second: number;
  /** Second less first */
  readonly difference: Interval;
  /** Twice the share of resamples on the rarer side of 0, one more counted (Davison and Hinkley 1997): below 0.05 where the 95 % interval leaves out 0 */
  readonly p: number;
}

/** Two figures of the same examples: what is drawn is drawn for both. @throws TetradError as `bootstrapInterval` */
export function pairedBootstrap(count: number, first: Statistic, second: Statistic, options: BootstrapOptions = {}): PairedComparison {
  const all = everyOne(count);
  const figures = { first: first(all), second: second(all) };
  const drawn = resampled(count, (examples) => second(examples) - first(examples), options);
  const difference = intervalOf(drawn, figures.second - figures.first, options);
  const beyond = Math.min(drawn.filter((value) => value <= 0).length, drawn.filter((value) => value >= 0).length);
  return { ...figures, difference, p: Math.min(1, (2 * (beyond + 1)) / (drawn.length + 1)) };
}

const everyOne = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i);

/** The figure of each resample, sorted. */
function resampled(count: number, statistic: Statistic, { resamples = 1000, seed = 0 }: BootstrapOptions): Float64Array {
  if (count < 1) throw new TetradError("ARGUMENT", { op: "bootstrap", what: "there are no examples" });
  if (!(resamples >= 1)) throw new TetradError("ARGUMENT", { op: "bootstrap", what: "it takes a resample", got: `${resamples}` });
  const numbers = new Float64Array(count);
  const figures = Float64Array.from({ length: resamples }, (_, step) => {
    fillUniform(numbers, { seed, stream: STREAM, step, hi: count });
    return statistic(Int32Array.from(numbers, Math.floor));
  });
  return figures.filter((figure) => !Number.isNaN(figure)).sort();
}

function intervalOf(drawn: Float64Array, value: number, { confidence = 0.95 }: BootstrapOptions): Interval {
  if (!(confidence > 0 && confidence < 1))
    throw new TetradError("ARGUMENT", {
      op: "bootstrap",
      what: "confidence is out of range",
      got: `${confidence}`,
      expected: "between 0 and 1",
    });
  return { value, low: quantile(drawn, (1 - confidence) / 2), high: quantile(drawn, (1 + confidence) / 2) };
}

/** Linear between neighbours; NaN of nothing. */
export function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}
