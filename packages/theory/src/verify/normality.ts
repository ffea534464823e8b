/** Are whitened residuals normal? By the distance of Anderson and Darling, which weighs the tails. */
import { variance } from "../diagnose/effective.js";
import { normalCumulative } from "../diagnose/normal.js";

export interface NormalityTest {
  /** A², mean and variance estimated. */
  readonly statistic: number;
  readonly pValue: number;
}

/** The last fit's parabola turns up at 153: far beyond, where p is below 1e-20, it must not be followed. A residual of 39 standard deviations makes A² infinite. */
const LARGEST = 10;

/**
 * T. W. Anderson, D. A. Darling, J. Am. Stat. Assoc. 49 (1954) 765, for unknown mean and variance; p-value by the fits of R. B. D'Agostino,
 * M. A. Stephens, Goodness-of-Fit Techniques (1986), table 4.9, to A² (1 + 0.75/n + 2.25/n²), which hold from n = 8.
 * @returns undefined below eight values or where all are equal
 */
export function andersonDarling(values: ArrayLike<number>): NormalityTest | undefined {
  const n = values.length;
  const spread = n < 8 ? 0 : Math.sqrt(variance(values));
  if (!(spread > 0)) return undefined;
  const sorted = Float64Array.from(values).sort();
  const mean = sorted.reduce((sum, value) => sum + value, 0) / n;
  const standard = sorted.map((value) => (value - mean) / spread);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const above = normalCumulative(-(standard[n - 1 - i] as number)); // 1 − Φ without cancellation
    sum += ((2 * i + 1) / n) * (Math.log(normalCumulative(standard[i] as number)) + Math.log(above));
  }
  const statistic = -n - sum;
  const a = Math.min(statistic * (1 + 0.75 / n + 2.25 / (n * n)), LARGEST);
  const pValue =
    a < 0.2
      ? 1 - Math.exp(-13.436 + 101.14 * a - 223.73 * a * a)
      : a < 0.34
        ? 1 - Math.exp(-8.318 + 42.796 * a - 59.938 * a * a)
        : a < 0.6
          ? Math.exp(0.9177 - 4.279 * a - 1.38 * a * a)
          : Math.exp(1.2937 - 5.709 * a + 0.0186 * a * a);
  return { statistic, pValue };
}
