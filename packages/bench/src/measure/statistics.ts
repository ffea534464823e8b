/** The robust numbers that are reported: other programs only ever add time, so a mean would report them, too. */
import { type Interval, quantile } from "@tetrad/engine";
import { uniform } from "../problems/random.js";

export function median(values: ArrayLike<number>): number {
  return quantile(Float64Array.from(values).sort(), 0.5);
}

/** Median absolute deviation from the median. */
export function mad(values: ArrayLike<number>): number {
  const centre = median(values);
  return median(Float64Array.from(values, (value) => Math.abs(value - centre)));
}

/** Enough for the ends of a 95 % interval to be stable to a few per cent of its width (Efron and Tibshirani 1993, §13.3). */
const RESAMPLES = 2000;

/**
 * Median of numerator ÷ denominator round by round, with the 95 % percentile bootstrap over rounds. Both were measured next to each other in
 * each round, so a slow spell of the machine meets both sides and leaves their ratio.
 */
export function pairedRatio(numerator: readonly number[], denominator: readonly number[]): Interval {
  const ratios = numerator.map((value, i) => value / (denominator[i] as number));
  return bootstrap((draw) => median(draw(ratios)), median(ratios));
}

/** Median of `numerator` ÷ median of `denominator`, with the 95 % bootstrap interval: for rounds that do not belong together, of different runs. */
export function unpairedRatio(numerator: readonly number[], denominator: readonly number[]): Interval {
  return bootstrap((draw) => median(draw(numerator)) / median(draw(denominator)), median(numerator) / median(denominator));
}

/** Seeded, so that the same times always give the same interval. */
function bootstrap(statistic: (draw: (values: readonly number[]) => Float64Array) => number, value: number): Interval {
  const next = uniform(1);
  const draw = (values: readonly number[]) => Float64Array.from(values, () => values[Math.floor(next() * values.length)] as number);
  const drawn = Float64Array.from({ length: RESAMPLES }, () => statistic(draw)).sort();
  return { value, low: quantile(drawn, 0.025), high: quantile(drawn, 0.975) };
}
