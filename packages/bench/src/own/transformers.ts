/**
 * The one place where our language models enter the `bert`, `gpt` and `scaling` suites. Each function gets an engine and a problem whose weights
 * carry PyTorch's names and layouts, and returns a contender; undefined means that there is none yet, and the suites say "absent".
 */
import type { Contender } from "../measure/contender.js";
import type { BertProblem } from "../problems/bert.js";
import type { GptProblem } from "../problems/gpt.js";
import type { Own } from "./engine.js";

export const NO_TRANSFORMER = "tetrad: absent: no transformer yet";

/** Result: the last hidden states (rows, tokens, width) of the first batch. */
export async function ownBertForward(_own: Own, _problem: BertProblem): Promise<Contender | undefined> {
  return undefined;
}

/** A step of AdamW over cross-entropy of the classification head; result: the losses of the first `agreed` steps. */
export async function ownBertStep(_own: Own, _problem: BertProblem): Promise<Contender | undefined> {
  return undefined;
}

/** A step of AdamW over the mean cross-entropy of every token; result: the losses of the first `agreed` steps. */
export async function ownGptStep(_own: Own, _problem: GptProblem): Promise<Contender | undefined> {
  return undefined;
}
