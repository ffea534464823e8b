/** Autodiff against differences of values: the slopes that fits and samplers rest on, checked for this theory at its own best fit. */
import type { Likelihood } from "../likelihood.js";
import type { Vector } from "../minimise/dense.js";
import { normalPair, random } from "../random.js";
import type { Finding } from "./finding.js";

/** Steps in units of each parameter's scale: the two are extrapolated, which leaves an error of the fourth order. */
const STEP = 1e-2;
/** Where second derivatives jump, as Huber's do when a datum passes the corner, differences err by a part of the step that extrapolation does not take away. */
const STEP_WITH_CORNERS = 1e-5;
/** Relative to the slope, or to a change of the value by 1 over one scale where that is more. Extrapolated differences keep about eight digits of smooth theories. */
export const GRADIENT_TOLERANCE = 1e-5;
const POINTS = 4;

export interface GradientCheck {
  /** Largest |autodiff − differences| over points and parameters, relative. */
  readonly worst: number;
  /** The parameter it belongs to. */
  readonly parameter: string;
  readonly at: readonly number[];
  /** Slopes compared; those near bounds or regions without values are left out. */
  readonly compared: number;
}

/**
 * Richardson's extrapolation (4 D(h/2) − D(h))/3 of central differences D at θ and points scattered around it.
 * @param scales [k], each parameter's standard deviation or another step that matters
 * @param seed of the other points
 */
export function checkGradients(
  likelihood: Pick<Likelihood, "parameters" | "valueAndGradient"> & Partial<Pick<Likelihood, "observed">>,
  theta: Vector,
  scales: Vector,
  seed = 0,
): GradientCheck {
  const { parameters, observed } = likelihood;
  const step = observed?.some(({ set }) => set.noise.kind === "huber") === true ? STEP_WITH_CORNERS : STEP;
  const source = random(seed);
  const valueAt = (point: Vector, i: number, move: number): number => {
    const moved = Float64Array.from(point);
    moved[i] = (moved[i] as number) + move;
    return likelihood.valueAndGradient(moved).value;
  };
  let result: GradientCheck = { worst: 0, parameter: (parameters[0] as { name: string }).name, at: Array.from(theta), compared: 0 };
  for (let p = 0; p < POINTS; p++) {
    const point = theta.map((value, i) => value + (p === 0 ? 0 : (scales[i] as number) * normalPair(source)[0]));
    const { value: centre, gradient: slopes } = likelihood.valueAndGradient(point);
    const gradient = Float64Array.from(slopes);
    parameters.forEach(({ name, lower, upper }, i) => {
      const h = step * (scales[i] as number);
      const x = point[i] as number;
      if (!(x - h > lower && x + h < upper)) return;
      const [up, down, upHalf, downHalf] = [h, -h, h / 2, -h / 2].map((move) => valueAt(point, i, move)) as [
        number,
        number,
        number,
        number,
      ];
      const difference = (4 * ((upHalf - downHalf) / h) - (up - down) / (2 * h)) / 3;
      if (!Number.isFinite(difference) || !Number.isFinite(centre)) return;
      const slope = gradient[i] as number;
      const error = Math.abs(slope - difference) / Math.max(Math.abs(slope), 1 / (scales[i] as number));
      const worse = !(error <= result.worst);
      result = worse
        ? { worst: error, parameter: name, at: Array.from(point), compared: result.compared + 1 }
        : { ...result, compared: result.compared + 1 };
    });
  }
  return result;
}

export function gradientFinding(check: GradientCheck): Finding {
  const [name, title] = ["gradients", "Slopes"];
  const { worst, parameter, compared } = check;
  const numbers = { worst, compared, tolerance: GRADIENT_TOLERANCE };
  if (compared === 0)
    return {
      check: name,
      title,
      outcome: "doubtful",
      verdict: "No slope could be compared: every point lies at a bound or has no value.",
      numbers,
    };
  const passed = worst <= GRADIENT_TOLERANCE;
  const verdict = `Of ${compared} slopes by autodiff the worst, by ${parameter}, differs from central differences by ${worst.toExponential(1)} (at most ${GRADIENT_TOLERANCE} allowed)${passed ? "." : ": the theory has a kink or jump there, or too few nodes for its integrals."}`;
  return { check: name, title, outcome: passed ? "passed" : "failed", verdict, numbers };
}
