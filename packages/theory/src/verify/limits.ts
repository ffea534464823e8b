/** Does a theory become another one where it should? What its file asserts under `limits`, computed. */
import { evaluate } from "../expression/evaluate.js";
import type { Observed } from "../likelihood-graph.js";
import { random } from "../random.js";
import { freeParameters, type Limit, parameterValues, type Theory } from "../theory.js";
import { type Finding, skipped } from "./finding.js";

export interface LimitCheck {
  readonly limit: Limit;
  readonly holds: boolean;
  /** Largest difference over all points, relative to the right side, or where that is 0 to the left one away from the limit; NaN where a side has no value. */
  readonly worst: number;
  /** Parameters and columns at the worst point. */
  readonly at: Readonly<Record<string, number>>;
  readonly points: number;
}

/** Parameter points beside the best fit: an identity holds for all of them, a coincidence for one. */
const POINTS = 8;

/**
 * Both sides at the rows of the data, and at points around θ by up to one scale each way; `when` takes precedence over both.
 * @param scales [k]
 */
export function checkLimit(
  theory: Theory,
  observed: readonly Observed[],
  limit: Limit,
  theta: ArrayLike<number>,
  scales: ArrayLike<number>,
  seed = 0,
): LimitCheck {
  const source = random(seed);
  const x = limit.set === undefined ? {} : (observed[limit.set] as Observed).observations.x;
  const columns = Object.keys(limit.when).filter((name) => theory.parameters.every((parameter) => parameter.name !== name));
  const away = observed.find(({ observations }) => columns.every((name) => name in observations.x))?.observations.x ?? x;
  let worst = 0;
  let at: Record<string, number> = {};
  let points = 0;
  for (let p = 0; p <= POINTS; p++) {
    const own = Float64Array.from(freeParameters(theory), ({ lower, upper }, i) => {
      const moved = (theta[i] as number) + (p === 0 ? 0 : (2 * source.next() - 1) * (scales[i] as number));
      return Math.min(Math.max(moved, lower), upper);
    });
    const values = parameterValues(theory, own);
    const environment = { ...values, ...x, ...limit.when };
    const [left, right] = [evaluate(limit.formula, environment), evaluate(limit.equals, environment)];
    const rows = Math.max(left.length, right.length);
    points += rows;
    // Beside 0 nothing says what is small: 1e-20 N is much for two electrons.
    const usual = right.includes(0) ? magnitude(evaluate(limit.formula, { ...environment, ...values, ...away })) : 1;
    for (let row = 0; row < rows; row++) {
      const [a, b] = [left[left.length === 1 ? 0 : row] as number, right[right.length === 1 ? 0 : row] as number];
      const difference = Math.abs(a - b) / (b === 0 ? usual : Math.abs(b));
      if (difference <= worst || Number.isNaN(worst)) continue;
      worst = difference;
      const columns = Object.fromEntries(Object.entries(x).map(([name, column]) => [name, column[row] as number]));
      at = { ...Object.fromEntries(freeParameters(theory).map(({ name }, i) => [name, own[i] as number])), ...columns, ...limit.when };
    }
  }
  return { limit, holds: worst <= limit.within, worst, at, points };
}

/** The largest finite value there is, or 1 where all are 0. */
function magnitude(values: ArrayLike<number>): number {
  const largest = Array.from(values).reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
  return largest === 0 ? 1 : largest;
}

export function limitFinding({ limit, holds, worst, at, points }: LimitCheck): Finding {
  const condition = Object.entries(limit.when)
    .map(([name, value]) => `${name} = ${value}`)
    .join(", ");
  const claim = `${limit.formulaText} = ${limit.equalsText}${condition === "" ? "" : ` where ${condition}`}`;
  const numbers = { worst: Number.isFinite(worst) ? worst : null, within: limit.within, points };
  const place = Object.entries(at)
    .map(([name, value]) => `${name} = ${Number(value.toPrecision(6))}`)
    .join(", ");
  const off = Number.isFinite(worst) ? `they differ by ${worst.toExponential(1)} (${limit.within} allowed)` : "a side has no finite value";
  const verdict = holds
    ? `${claim}: holds at ${points} points, to ${worst.toExponential(1)}.`
    : `${claim}: does not hold; at ${place} ${off}.`;
  return { check: `limit ${limit.name}`, title: `Limit: ${limit.name}`, outcome: holds ? "passed" : "failed", verdict, numbers };
}

export function noLimits(): Finding {
  return skipped("limits", "Limits", "The file states none: `limits` asserts what the theory becomes where it should be another one.");
}

/** Units were solved for while the file was read, which refuses what cannot hold; this says how much they were told. */
export function unitsFinding({ parameters }: Theory): Finding {
  const [check, title] = ["units", "Units"];
  const stated = parameters.filter(({ unit }) => unit !== undefined).length;
  if (stated === 0) return skipped(check, title, "No parameter states a unit; with units, formulas are checked for adding km/s to Mpc.");
  const numbers = { stated, parameters: parameters.length };
  return {
    check,
    title,
    outcome: "passed",
    verdict: `Every formula agrees with the units of ${stated} of ${parameters.length} parameters.`,
    numbers,
  };
}
