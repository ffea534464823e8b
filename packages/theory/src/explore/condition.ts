/** Conditions on a theory's parameters, such as `age > 13`: by how much they hold. */

import { TetradError } from "@tetrad/engine";
import { evaluate } from "../expression/evaluate.js";
import { parseExpression } from "../expression/parse.js";
import { namesIn } from "../expression/tree.js";
import type { Likelihood } from "../likelihood.js";
import { describeSet } from "../set-fit.js";
import { parameterValues, type Theory } from "../theory.js";

export interface Condition {
  readonly text: string;
  /** Left side minus right side where the condition says >, the other way round where it says <: positive where it holds, NaN where it is undefined. */
  readonly margin: (theta: ArrayLike<number>) => number;
}

/**
 * @param text two formulas with <, <=, > or >= between them, of parameters, constants, derived quantities and chi2
 * @param chi2 of the data at θ, where there are data
 * @throws ARGUMENT for other texts, unknown names (with "did you mean"), or a condition that depends on no free parameter
 */
export function parseCondition(theory: Theory, text: string, chi2?: (theta: ArrayLike<number>) => number): Condition {
  const parts = text.split(/<=|>=|<|>/);
  const [left = "", right = ""] = parts;
  if (parts.length !== 2 || left.trim() === "" || right.trim() === "")
    throw new TetradError("ARGUMENT", {
      op: "condition",
      what: "not two formulas with one comparison between them",
      got: JSON.stringify(text),
      expected: "age > 13, or Om + Ok <= 1, say",
    });
  const names = [
    ...Object.keys(parameterValues(theory)),
    ...theory.derived.map(({ name }) => name),
    ...(chi2 === undefined ? [] : ["chi2"]),
  ];
  const [a, b] = [left, right].map((side) => parseExpression({ text: side.trim(), field: "condition", at: "condition" }, { names })) as [
    ReturnType<typeof parseExpression>,
    ReturnType<typeof parseExpression>,
  ];
  const used = new Set([...namesIn(a), ...namesIn(b)]);
  const derived = theory.derived.filter(({ name }) => used.has(name));
  const varies = [...used, ...derived.flatMap(({ expression }) => [...namesIn(expression)])];
  if (!varies.some((name) => name === "chi2" || theory.parameters.some((parameter) => parameter.name === name && !parameter.fixed)))
    throw new TetradError("ARGUMENT", {
      op: "condition",
      what: "the condition depends on no free parameter, so it changes nowhere",
      got: JSON.stringify(text),
    });
  const sign = text.includes(">") ? 1 : -1;
  return {
    text: text.trim(),
    margin: (theta) => {
      const values = parameterValues(theory, theta);
      const all = {
        ...values,
        ...Object.fromEntries(derived.map(({ name, expression }) => [name, evaluate(expression, values)[0] as number])),
      };
      const environment = used.has("chi2") && chi2 !== undefined ? { ...all, chi2: chi2(theta) } : all;
      return sign * ((evaluate(a, environment)[0] as number) - (evaluate(b, environment)[0] as number));
    },
  };
}

/** χ² of the data at θ, priors left out: −2 ln of likelihood over that of a perfect model. */
export function chi2At(likelihood: Pick<Likelihood, "observed" | "predict">, theta: ArrayLike<number>): number {
  return likelihood.observed.reduce((sum, one, i) => sum + describeSet(one, likelihood.predict(theta, i), () => null).chi2, 0);
}
