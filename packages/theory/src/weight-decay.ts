/** Weight decay of theories: what pulls a network's weights to 0, said as a prior, so that every method and every uncertainty knows of it. */

import { TetradError } from "@tetrad/engine";
import type { Prior, Theory } from "./theory.js";

/**
 * The theory with λ/2 Σ θ² over its free parameters added to −ln(likelihood × prior) (ridge regression: A. E. Hoerl, R. W. Kennard, Technometrics 12 (1970) 55):
 * a normal prior around 0 of width 1/√λ, multiplied with the one that a parameter has. λ is in units of one over the parameter's own squared.
 * @throws TetradError ARGUMENT where λ is not positive
 */
export function withWeightDecay(theory: Theory, lambda: number): Theory {
  if (!(lambda > 0 && Number.isFinite(lambda)))
    throw new TetradError("ARGUMENT", {
      op: theory.name,
      what: "weight decay is not a positive number",
      got: `${lambda}`,
      hint: "leave it out to fit without",
    });
  const decayed = (prior: Prior): Prior => {
    if (prior.kind === "flat") return { kind: "normal", mean: 0, sd: 1 / Math.sqrt(lambda) };
    const precision = 1 / prior.sd ** 2;
    return { kind: "normal", mean: (precision * prior.mean) / (precision + lambda), sd: 1 / Math.sqrt(precision + lambda) };
  };
  return {
    ...theory,
    parameters: theory.parameters.map((parameter) => (parameter.fixed ? parameter : { ...parameter, prior: decayed(parameter.prior) })),
  };
}
