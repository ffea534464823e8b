/** A theory's posterior as samplers want it: its density over bounds, its prior as a map from the unit cube, its derived quantities for all draws at once. */
import { TetradError } from "@tetrad/engine";
import { refuseConstraints } from "../constraints.js";
import { evaluateRows } from "../expression/evaluate.js";
import type { Likelihood } from "../likelihood.js";
import type { Parameter } from "../theory.js";
import type { ChainTarget } from "./chain.js";
import type { LogDensity } from "./log-density.js";
import type { NestedTarget } from "./nested.js";
import { boundedNormal, logNormalMass } from "./normal-prior.js";
import type { Support } from "./transform.js";

/** What this file needs of a likelihood. */
export type Posterior = Pick<Likelihood, "theory" | "parameters" | "valueAndGradient" | "explainBreakdown"> &
  Partial<Pick<Likelihood, "curvature" | "satisfies" | "constraints">>;

/** ln(likelihood × prior), where a flat prior counts as 1 between the bounds; −Infinity where a constraint is broken. */
export function posteriorDensity(posterior: Posterior): LogDensity {
  return {
    dim: posterior.parameters.length,
    logDensity(theta, gradient) {
      if (posterior.satisfies?.(theta) === false) return -Infinity;
      const { value, gradient: slopes } = posterior.valueAndGradient(theta);
      if (gradient !== undefined) for (let i = 0; i < gradient.length; i++) gradient[i] = -(slopes[i] as number);
      return -value;
    },
  };
}

export function chainTarget(posterior: Posterior): ChainTarget {
  return {
    density: posteriorDensity(posterior),
    supports: supportsOf(posterior),
    walls: (posterior.constraints?.length ?? 0) > 0,
    explain: (theta) => posterior.explainBreakdown(theta, "where the chain should start"),
  };
}

/** Bounds, and for parameters that lack one, the start and the curvature there: their only hints of a scale. */
function supportsOf(posterior: Posterior): Support[] {
  const { parameters } = posterior;
  const unbounded = parameters.some(({ lower, upper }) => !Number.isFinite(upper - lower));
  const start = Float64Array.from(parameters, (parameter) => parameter.start);
  const hessian = unbounded ? posterior.curvature?.(start).hessian : undefined;
  return parameters.map(({ lower, upper, start: centre, prior }, i) => {
    const curvature = hessian?.[i * (parameters.length + 1)] ?? 0;
    const guess = curvature > 0 && Number.isFinite(curvature) ? 1 / Math.sqrt(curvature) : Math.abs(centre) || 1;
    return { lower, upper, centre, scale: prior.kind === "normal" ? Math.min(prior.sd, guess) : guess };
  });
}

const NO_MASS = "an evidence needs the prior's mass, and what constraints leave of it is not known: sample with metropolis or ensemble";

/**
 * The likelihood alone and the prior's quantile function.
 * @throws ARGUMENT for a parameter with a flat prior and no bounds, which has no normalised prior and therefore no evidence; UNSUPPORTED for constraints
 */
export function nestedTarget(posterior: Posterior): NestedTarget {
  refuseConstraints(posterior.theory, "nested", NO_MASS);
  const quantiles = posterior.parameters.map(quantileOf);
  const priors = posterior.parameters.flatMap(({ prior }, i) => (prior.kind === "normal" ? [{ i, ...prior }] : []));
  return {
    dim: quantiles.length,
    priorTransform(cube, theta) {
      for (let i = 0; i < quantiles.length; i++) theta[i] = (quantiles[i] as (p: number) => number)(cube[i] as number);
    },
    logLikelihood(theta) {
      let value = -posterior.valueAndGradient(theta).value;
      for (const { i, mean, sd } of priors) {
        value += 0.5 * (((theta[i] as number) - mean) / sd) ** 2 + Math.log(sd * Math.sqrt(2 * Math.PI));
      }
      return value;
    },
  };
}

/** ln of the prior's mass between the bounds where a flat prior counts as 1: what ln ∫p exceeds the evidence by. @throws as `nestedTarget` */
export function logPriorVolume(posterior: Posterior): number {
  refuseConstraints(posterior.theory, "evidence", NO_MASS);
  return posterior.parameters.reduce((sum, parameter) => {
    requirePrior(parameter);
    const { prior, lower, upper } = parameter;
    return sum + (prior.kind === "flat" ? Math.log(upper - lower) : logNormalMass(prior, lower, upper));
  }, 0);
}

function requirePrior({ name, prior, lower, upper, at }: Parameter): void {
  if (prior.kind === "normal") {
    if (logNormalMass(prior, lower, upper) > -Infinity) return;
    throw new TetradError("ARGUMENT", {
      op: name,
      what: "the bounds leave nothing of the normal prior",
      got: `bounds [${lower}, ${upper}], mean ${prior.mean}, sd ${prior.sd}`,
      expected: "bounds within 37 standard deviations of its mean",
      at,
    });
  }
  if (Number.isFinite(upper - lower)) return;
  throw new TetradError("ARGUMENT", {
    op: name,
    what: "an evidence needs a prior of unit mass, and this parameter is flat without bounds",
    got: `bounds [${lower}, ${upper}]`,
    expected: "two finite bounds, or a normal prior",
    at,
    hint: `give ${name} bounds, or prior: {normal: [mean, sd]}`,
  });
}

function quantileOf(parameter: Parameter): (p: number) => number {
  requirePrior(parameter);
  const { prior, lower, upper } = parameter;
  if (prior.kind === "flat") return (p) => lower + (upper - lower) * p;
  return boundedNormal(prior, lower, upper);
}

/** Derived quantities [derived][n] of draws θ [n, k]. */
export function derivedDraws({ theory, parameters }: Pick<Posterior, "theory" | "parameters">, theta: Float64Array): Float64Array[] {
  const k = parameters.length;
  const n = theta.length / k;
  const environment: Record<string, number | Float64Array> = { ...theory.constants };
  for (const parameter of theory.parameters) environment[parameter.name] = parameter.start;
  for (const [i, { name }] of parameters.entries())
    environment[name] = Float64Array.from({ length: n }, (_, d) => theta[d * k + i] as number);
  return theory.derived.map(({ expression }) => evaluateRows(expression, environment, n));
}
