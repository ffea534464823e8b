/**
 * Line search for the strong Wolfe conditions by J. J. Moré, D. J. Thuente, ACM Trans. Math. Softw. 20 (1994) 286: safeguarded
 * cubic and quadratic steps inside a shrinking interval. Bounded above by the largest step that stays in the box.
 */

export interface LinePoint {
  readonly step: number;
  readonly value: number;
  /** dφ/dstep. */
  readonly slope: number;
}

export interface LineSearchOptions {
  readonly initialStep: number;
  readonly maxStep: number;
  /** Sufficient decrease, c1. */
  readonly decrease?: number;
  /** Curvature, c2. */
  readonly curvature?: number;
  readonly maxEvaluations?: number;
  /** Absolute rounding error of values: changes within it are no changes. 0 unless told. */
  readonly rounding?: number;
}

export interface LineSearchResult extends LinePoint {
  /** `wolfe`: both conditions hold. `bound`: still falling at the largest step. `failed`: rounding or the allowance ended it; the point is the best one seen. */
  readonly status: "wolfe" | "bound" | "failed";
  readonly evaluations: number;
}

/** Interval shrink per two steps that counts as progress; otherwise bisect (Moré–Thuente, section 4). */
const SHRINK = 0.66;
const NARROW = 1e-16;

/**
 * @param phi value and slope at a step ≥ 0; values that are not finite shorten the step
 * @param origin φ and φ′ at 0, with φ′ < 0
 */
export function strongWolfe(phi: (step: number) => LinePoint, origin: LinePoint, options: LineSearchOptions): LineSearchResult {
  const c1 = options.decrease ?? 1e-4;
  const c2 = options.curvature ?? 0.9;
  const maxEvaluations = options.maxEvaluations ?? 40;
  const rounding = options.rounding ?? 0;
  let maxStep = options.maxStep;
  let step = Math.min(options.initialStep, maxStep);
  let best = origin; // lowest point so far, one end of the interval
  let other = origin;
  let bracketed = false;
  let firstStage = true;
  let width = maxStep;
  let oldWidth = 2 * width;
  let low = 0;
  let high = step + 4 * step;
  let evaluations = 0;
  const test = c1 * origin.slope;

  while (evaluations < maxEvaluations) {
    const at = phi(step);
    evaluations++;
    if (!Number.isFinite(at.value) || !Number.isFinite(at.slope)) {
      // Outside the model's domain: nothing beyond here is reachable, so come a long way back towards the best point.
      maxStep = step;
      step = best.step + 0.1 * (step - best.step);
      high = maxStep;
      if (!(step > best.step)) break;
      continue;
    }
    const ceiling = origin.value + step * test;
    // Values that differ by rounding only cannot be compared; slopes still can (W. W. Hager, H. Zhang, SIAM J. Optim. 16 (2005) 170).
    if ((at.value <= ceiling || Math.abs(at.value - origin.value) <= rounding) && Math.abs(at.slope) <= c2 * -origin.slope)
      return { ...at, status: "wolfe", evaluations };
    if (step === options.maxStep && at.value <= ceiling && at.slope <= test) return { ...at, status: "bound", evaluations };
    if (bracketed && (step <= low || step >= high || high - low <= NARROW * high)) break;
    if (firstStage && at.value <= ceiling && at.slope >= Math.min(c1, c2) * origin.slope) firstStage = false;

    // In the first stage the auxiliary function ψ = φ − c1 φ′(0) step is searched, so that the interval holds a point of both conditions.
    const shift = firstStage && at.value <= best.value && at.value > ceiling ? test : 0;
    const tilt = (p: LinePoint): LinePoint => ({ step: p.step, value: p.value - p.step * shift, slope: p.slope - shift });
    const next = trialStep(tilt(best), tilt(other), tilt(at), bracketed, low, Math.min(high, maxStep));
    [best, other] = next.ends.map((end) => (end === "at" ? at : end === "best" ? best : other)) as [LinePoint, LinePoint];
    bracketed = next.bracketed;
    step = next.step;

    if (bracketed) {
      if (Math.abs(other.step - best.step) >= SHRINK * oldWidth) step = best.step + 0.5 * (other.step - best.step);
      oldWidth = width;
      width = Math.abs(other.step - best.step);
      low = Math.min(best.step, other.step);
      high = Math.max(best.step, other.step);
    } else {
      low = step + 1.1 * (step - best.step);
      high = step + 4 * (step - best.step);
    }
    step = Math.min(Math.max(step, 0), maxStep);
    if (bracketed && (step <= low || step >= high)) step = best.step + 0.5 * (other.step - best.step);
    if (step === best.step) break;
  }
  return { ...best, status: "failed", evaluations };
}

type End = "best" | "other" | "at";

/** MINPACK-2's dcstep: the next trial step, and which points become the interval's ends. */
function trialStep(
  x: LinePoint,
  y: LinePoint,
  p: LinePoint,
  bracketed: boolean,
  low: number,
  high: number,
): { step: number; ends: readonly [End, End]; bracketed: boolean } {
  const opposite = p.slope * Math.sign(x.slope) < 0;
  const cubicTerms = (a: LinePoint, b: LinePoint): number => (3 * (a.value - b.value)) / (b.step - a.step) + a.slope + b.slope;
  const root = (theta: number, a: number, b: number): number => {
    const s = Math.max(Math.abs(theta), Math.abs(a), Math.abs(b));
    return s * Math.sqrt(Math.max(0, (theta / s) ** 2 - (a / s) * (b / s)));
  };

  if (p.value > x.value) {
    // Higher value: the minimum is bracketed. Cubic if closer to x than the quadratic, else their mean.
    const theta = cubicTerms(x, p);
    const gamma = (p.step < x.step ? -1 : 1) * root(theta, x.slope, p.slope);
    const r = (gamma - x.slope + theta) / (gamma - x.slope + gamma + p.slope);
    const cubic = x.step + r * (p.step - x.step);
    const quadratic = x.step + (x.slope / ((x.value - p.value) / (p.step - x.step) + x.slope) / 2) * (p.step - x.step);
    const step = Math.abs(cubic - x.step) < Math.abs(quadratic - x.step) ? cubic : cubic + (quadratic - cubic) / 2;
    return { step, ends: ["best", "at"], bracketed: true };
  }
  if (opposite) {
    // Lower value, slopes of opposite sign: bracketed. The farther of cubic and secant.
    const theta = cubicTerms(x, p);
    const gamma = (p.step > x.step ? -1 : 1) * root(theta, x.slope, p.slope);
    const r = (gamma - p.slope + theta) / (gamma - p.slope + gamma + x.slope);
    const cubic = p.step + r * (x.step - p.step);
    const secant = p.step + (p.slope / (p.slope - x.slope)) * (x.step - p.step);
    return { step: Math.abs(cubic - p.step) > Math.abs(secant - p.step) ? cubic : secant, ends: ["at", "best"], bracketed: true };
  }
  if (Math.abs(p.slope) < Math.abs(x.slope)) {
    // Lower value, same sign, slope shrinking: cubic only if it tends to infinity in the step's direction.
    const theta = cubicTerms(x, p);
    const gamma = (p.step > x.step ? -1 : 1) * root(theta, x.slope, p.slope);
    const r = (gamma - p.slope + theta) / (gamma + (x.slope - p.slope) + gamma);
    const cubic = r < 0 && gamma !== 0 ? p.step + r * (x.step - p.step) : p.step > x.step ? high : low;
    const secant = p.step + (p.slope / (p.slope - x.slope)) * (x.step - p.step);
    if (bracketed) {
      const nearer = Math.abs(cubic - p.step) < Math.abs(secant - p.step) ? cubic : secant;
      const guard = p.step + SHRINK * (y.step - p.step);
      return { step: p.step > x.step ? Math.min(guard, nearer) : Math.max(guard, nearer), ends: ["at", "other"], bracketed };
    }
    const farther = Math.abs(cubic - p.step) > Math.abs(secant - p.step) ? cubic : secant;
    return { step: Math.max(low, Math.min(high, farther)), ends: ["at", "other"], bracketed };
  }
  // Lower value, same sign, slope not shrinking: cubic with the other end, or as far as allowed.
  if (bracketed) {
    const theta = cubicTerms(p, y);
    const gamma = (p.step > y.step ? -1 : 1) * root(theta, y.slope, p.slope);
    const r = (gamma - p.slope + theta) / (gamma - p.slope + gamma + y.slope);
    return { step: p.step + r * (y.step - p.step), ends: ["at", "other"], bracketed };
  }
  return { step: p.step > x.step ? high : low, ends: ["at", "other"], bracketed };
}
