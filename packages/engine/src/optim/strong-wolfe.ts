/** The line search of PyTorch's L-BFGS, `_strong_wolfe`: bracket, then zoom, by cubic interpolation (Nocedal and Wright 2006, algorithms 3.5 and 3.6). */

/** A point on the line: step length, value, gradient [n] and slope along the line. */
export interface LineSample {
  readonly t: number;
  readonly value: number;
  readonly gradient: Float64Array;
  readonly slope: number;
}

/** Sufficient decrease and curvature: the strong Wolfe conditions' constants. */
const C1 = 1e-4;
const C2 = 0.9;
/** A bracket whose ends differ by less than this in every parameter is not searched further. */
const NARROWEST = 1e-9;
/** A trial this close (of the bracket's width) to an end makes too little progress twice in a row. */
const EDGE = 0.1;

/**
 * @param sample evaluates the function at step t
 * @param origin t = 0; its slope must be negative
 * @param first the step to try first
 * @param reach largest component of the direction: what a step of 1 moves
 * @param most samples after the first
 * @returns the step that satisfies both conditions, or the lowest end of the bracket when the allowance ran out
 */
export function strongWolfe(sample: (t: number) => LineSample, origin: LineSample, first: number, reach: number, most: number): LineSample {
  // Negated, so that a value that is not a number counts as too high and the bracket closes on it.
  const tooHigh = ({ t, value }: LineSample) => !(value <= origin.value + C1 * t * origin.slope);
  const flat = ({ slope }: LineSample) => Math.abs(slope) <= -C2 * origin.slope;

  let previous = origin;
  let now = sample(first);
  let trials = 0;
  let bracketed = false;
  for (; trials < most; trials++) {
    if (tooHigh(now) || (trials > 1 && now.value >= previous.value)) {
      bracketed = true;
      break;
    }
    if (flat(now)) return now;
    if (now.slope >= 0) {
      bracketed = true;
      break;
    }
    const t = cubicMinimum(previous, now, now.t + 0.01 * (now.t - previous.t), now.t * 10);
    previous = now;
    now = sample(t);
  }
  const ends: [LineSample, LineSample] = bracketed ? [previous, now] : [origin, now];
  let low = lower(ends);
  let stuck = false;
  while (trials < most) {
    const [left, right] = ends[0].t <= ends[1].t ? [ends[0].t, ends[1].t] : [ends[1].t, ends[0].t];
    if ((right - left) * reach < NARROWEST) break;
    let t = cubicMinimum(ends[0], ends[1], left, right);
    const margin = EDGE * (right - left);
    if (Math.min(right - t, t - left) < margin) {
      if (stuck || t >= right || t <= left) {
        t = Math.abs(t - right) < Math.abs(t - left) ? right - margin : left + margin;
        stuck = false;
      } else stuck = true;
    } else stuck = false;
    const trial = sample(t);
    trials++;
    const high = (1 - low) as 0 | 1;
    if (tooHigh(trial) || trial.value >= ends[low].value) {
      ends[high] = trial;
      low = lower(ends);
      continue;
    }
    if (flat(trial)) return trial;
    if (trial.slope * (ends[high].t - ends[low].t) >= 0) ends[high] = ends[low];
    ends[low] = trial;
  }
  return ends[low];
}

/** Index of the end with the lower value; one that is not a number never is. */
function lower([a, b]: readonly [LineSample, LineSample]): 0 | 1 {
  return Number.isNaN(a.value) || b.value < a.value ? 1 : 0;
}

/** Where the cubic through two values and slopes is least, within [lo, hi]; its middle where the cubic has no minimum. */
function cubicMinimum(p: LineSample, q: LineSample, lo: number, hi: number): number {
  const d1 = p.slope + q.slope - (3 * (p.value - q.value)) / (p.t - q.t);
  const square = d1 ** 2 - p.slope * q.slope;
  if (!(square >= 0)) return (lo + hi) / 2;
  const d2 = Math.sqrt(square);
  const minimum =
    p.t <= q.t
      ? q.t - (q.t - p.t) * ((q.slope + d2 - d1) / (q.slope - p.slope + 2 * d2))
      : p.t - (p.t - q.t) * ((p.slope + d2 - d1) / (p.slope - q.slope + 2 * d2));
  // An infinite value at one end leaves no cubic.
  return Number.isNaN(minimum) ? (lo + hi) / 2 : Math.min(Math.max(minimum, lo), hi);
}
