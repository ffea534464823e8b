/** What a tagger is trained by: each word's tag by itself, or the tags of a sentence together. */

import { crossEntropy, type Tensor } from "@tetrad/engine";
import { endToEnd } from "../data/batch.js";
import { crfFeeds, crfLoss, crfSpecs } from "../heads/crf.js";
import type { TrainingTask } from "../train/train.js";

/** The tag of tokens that have none: what cross-entropy leaves out */
export const IGNORED = -100;

export const isTag = (label: number) => label !== IGNORED;

/** What a loss takes, and what it is of a head's outputs. */
export interface Objective extends Pick<TrainingTask, "inputs" | "feeds"> {
  lossOf(outputs: Readonly<Record<string, Tensor>>, inputs: Readonly<Record<string, Tensor>>): Tensor;
}

/** Each word's tag by itself. @param targets a tag a token, or none */
export function apart(targets: readonly Int32Array[], labelSmoothing: number): Objective {
  return {
    inputs: ({ tokens }) => ({ labels: { shape: [tokens], dtype: "i32", bounded: "tokens" } }),
    feeds: (batch) => ({ labels: endToEnd(batch, targets) }),
    lossOf: ({ logits }, { labels }) => crossEntropy(logits as Tensor, labels as Tensor, { labelSmoothing }),
  };
}

/** The tags of a sentence together. */
export function chained(targets: readonly Int32Array[], labels: number): Objective {
  const sentences = targets.map((own) => ({
    tags: [...own.filter(isTag)],
    tokens: [...own.keys()].filter((i) => isTag(own[i] as number)),
  }));
  const longest = sentences.reduce((most, { tags }) => Math.max(most, tags.length), 1);
  return {
    inputs: (limits) => crfSpecs(limits, longest, labels),
    feeds: (rows, { cuSeqlens }) =>
      crfFeeds(
        rows.map((row) => sentences[row] as (typeof sentences)[number]),
        cuSeqlens,
        longest,
        labels,
      ),
    lossOf: crfLoss,
  };
}
