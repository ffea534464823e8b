/** Theories with the priors that the page's sliders put in the place of the text's. */
import type { Theory } from "@tetrad/theory";
import type { Setup } from "./setup.js";

export const SOURCE = "the theory's text";

export function believed(theory: Theory, priors: Setup["priors"]): Theory {
  const parameters = theory.parameters.map((parameter) => {
    const prior = priors[parameter.name];
    return prior === undefined ? parameter : { ...parameter, prior: { kind: "normal" as const, ...prior } };
  });
  return { ...theory, parameters };
}
