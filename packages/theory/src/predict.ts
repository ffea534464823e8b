/** A fitted theory away from its data: curves for plots, with the band that the parameters' uncertainty leaves. */

import { TetradError } from "@tetrad/engine";
import { evaluateRows } from "./expression/evaluate.js";
import type { FitResult } from "./fit.js";
import type { SetFit } from "./set-fit.js";
import type { DataSet, Theory } from "./theory.js";

export interface Prediction {
  /** The model at each row, a marginalised offset and factor included. */
  readonly value: Float64Array;
  /** One standard deviation of the model, linear in the parameters' covariance; null where the fit has none. The data's own scatter is not in it. */
  readonly uncertainty: Float64Array | null;
}

/** Central differences over this part of a standard deviation: their error is a millionth of the band's width. */
const STEP = 1e-3;

export interface Tangent {
  /** The model at each row, a marginalised offset and factor included. */
  readonly value: Float64Array;
  /** Its derivatives by the parameters of `fit.covarianceOf` [k][n], offset and factor held; null where the fit has no covariance. */
  readonly slopes: readonly Float64Array[] | null;
}

/**
 * @param fit of this theory
 * @param columns the data set's x columns, all of one length
 * @param set name of the data set whose model is meant; the first unless told
 * @throws ARGUMENT for a fit of another theory, an unknown data set or a missing column
 */
export function predict(
  theory: Theory,
  fit: FitResult,
  columns: Readonly<Record<string, ArrayLike<number>>>,
  set = (theory.sets[0] as DataSet).name,
): Prediction {
  const { value, slopes } = tangentAt(theory, fit, columns, set);
  const { covariance } = fit;
  if (slopes === null || covariance === null) return { value, uncertainty: null };
  const uncertainty = value.map((_, row) => {
    let variance = 0;
    for (const [i, a] of slopes.entries())
      for (const [j, b] of slopes.entries()) variance += (a[row] as number) * (b[row] as number) * (covariance[i]?.[j] as number);
    return Math.sqrt(Math.max(0, variance));
  });
  return { value, uncertainty };
}

/** The best fit and its first derivatives away from the data. Parameters and errors as of `predict`. */
export function tangentAt(theory: Theory, fit: FitResult, columns: Readonly<Record<string, ArrayLike<number>>>, set: string): Tangent {
  if (fit.theory !== theory.name || fit.model !== theory.modelText) {
    throw new TetradError("ARGUMENT", { op: "predict", what: "the fit is of another theory", got: fit.theory, expected: theory.name });
  }
  const index = theory.sets.findIndex(({ name }) => name === set);
  if (index < 0)
    throw new TetradError("ARGUMENT", {
      op: "predict",
      what: `there is no data set ${set}`,
      expected: theory.sets.map(({ name }) => name).join(", "),
    });
  const { data, model } = theory.sets[index] as DataSet;
  const fitted = fit.sets[index] as SetFit;
  const length = columns[data.x[0] as string]?.length ?? 0;
  const best: Record<string, number> = {
    ...theory.constants,
    ...Object.fromEntries(fit.parameters.map(({ name, value }) => [name, value])),
  };
  const at = (changes: Readonly<Record<string, number>>): Float64Array =>
    evaluateRows(model, { ...best, ...changes, ...columns }, length).map((value) => value * (fitted.scale?.value ?? 1));
  const offset = fitted.offset?.value ?? 0;
  const value = at({}).map((v) => v + offset);
  const { covariance, covarianceOf } = fit;
  if (covariance === null) return { value, slopes: null };
  const slopes = covarianceOf.map((name, i) => {
    const h = STEP * Math.sqrt(covariance[i]?.[i] as number);
    if (!(h > 0)) return new Float64Array(length);
    const [up, down] = [at({ [name]: (best[name] as number) + h }), at({ [name]: (best[name] as number) - h })];
    return up.map((v, row) => (v - (down[row] as number)) / (2 * h));
  });
  return { value, slopes };
}
