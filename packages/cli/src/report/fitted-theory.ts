/** Theories with their fits as reports draw them: each in one colour throughout. */
import type { FitResult, Theory } from "@tetrad/theory";
import type { SeriesClass } from "./colours.js";

export interface FittedTheory {
  readonly theory: Theory;
  readonly fit: FitResult;
}

const THEORIES: readonly SeriesClass[] = ["s2", "s1", "s3", "s4"];
/** Of the data, which no theory has. */
export const MEASURED: SeriesClass = "s6";

export function theorySeries(index: number): SeriesClass {
  return THEORIES[index % THEORIES.length] as SeriesClass;
}
