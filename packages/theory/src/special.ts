/**
 * The incomplete gamma function and what follows from it, in float64 to about 1e-14: p-values of fits must not depend on a
 * library of a thousand functions. Sources: NIST DLMF 8.7.1 (series), 8.9.2 (continued fraction), 5.11.1 (Stirling).
 */

/** Coefficients B₂ₖ/(2k(2k−1)) of Stirling's series, DLMF 5.11.1. */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400];
/** Above this argument eight Stirling terms are exact to 1e-18. */
const STIRLING_FROM = 12;

/** ln Γ(a) − [(a − ½) ln a − a + ½ ln 2π] for a ≥ 12. */
function stirlingRest(a: number): number {
  let sum = 0;
  for (let k = STIRLING.length - 1; k >= 0; k--) sum = sum / (a * a) + (STIRLING[k] as number);
  return sum / a;
}

/** x − ln(1 + x), without cancellation near 0. */
function excess(x: number): number {
  if (Math.abs(x) > 0.25) return x - Math.log1p(x);
  // ln(1+x) = 2 artanh(r), r = x/(2+x); x − 2r = r x, so the two leading terms cancel by algebra.
  const r = x / (2 + x);
  let power = r * r * r;
  let sum = 0;
  for (let k = 3; k < 40; k += 2) {
    const term = power / k;
    sum += term;
    if (term === 0 || Math.abs(term) < 1e-18 * Math.abs(sum)) break;
    power *= r * r;
  }
  return r * x - 2 * sum;
}

/** ln Γ(a) for a > 0. */
export function lnGamma(a: number): number {
  // Γ(a) = Γ(a + n) / (a (a+1) … (a+n−1)): step up to where Stirling holds.
  let product = 1;
  let up = a;
  while (up < STIRLING_FROM) product *= up++;
  return (up - 0.5) * Math.log(up) - up + 0.5 * Math.log(2 * Math.PI) + stirlingRest(up) - Math.log(product);
}

/** x^a e^{-x} / Γ(a): the factor before series and continued fraction, without the loss of a·ln x − x − ln Γ(a) at large a. */
function gammaDensityTimesX(a: number, x: number): number {
  if (a >= STIRLING_FROM) return Math.sqrt(a / (2 * Math.PI)) * Math.exp(-a * excess((x - a) / a) - stirlingRest(a));
  return Math.exp(a * Math.log(x) - x - lnGamma(a));
}

const TINY = 1e-300;

/** Regularised incomplete gamma functions P (lower) and Q = 1 − P (upper), each accurate where it is the smaller one. */
export function incompleteGamma(a: number, x: number): { lower: number; upper: number } {
  if (!(a > 0) || !(x >= 0)) return { lower: Number.NaN, upper: Number.NaN };
  if (x === 0) return { lower: 0, upper: 1 };
  if (x === Infinity) return { lower: 1, upper: 0 };
  const factor = gammaDensityTimesX(a, x);
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; term > 1e-17 * sum; n++) {
      term *= x / (a + n);
      sum += term;
    }
    const lower = factor * sum;
    return { lower, upper: 1 - lower };
  }
  // Lentz's method on DLMF 8.9.2.
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let h = d;
  for (let n = 1; n < 1e6; n++) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / (Math.abs(an * d + b) < TINY ? TINY : an * d + b);
    c = b + an / c;
    if (Math.abs(c) < TINY) c = TINY;
    const change = c * d;
    h *= change;
    if (Math.abs(change - 1) < 1e-16) break;
  }
  const upper = factor * h;
  return { lower: 1 - upper, upper };
}

/** P(χ² with `degrees` degrees of freedom > x): the p-value of a fit. */
export function chiSquareSurvival(x: number, degrees: number): number {
  return x <= 0 ? 1 : incompleteGamma(degrees / 2, x / 2).upper;
}

/** The error function, to about 1e-15 relative. */
export function erf(x: number): number {
  if (Math.abs(x) > 2) return Math.sign(x) * incompleteGamma(0.5, x * x).lower;
  // DLMF 7.6.2: all terms of one sign, so nothing cancels.
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
