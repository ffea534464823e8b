/** Which tensor of a file is which parameter of a model: prefixes that a file leaves out, old names, tensors of other heads. */

import { listed, normalizeSpec, type ParamSpecs, TetradError } from "@tetrad/engine";
import type { WeightFile } from "./read.js";

/** The part of a model that no head changes. */
export interface Body {
  readonly modelType: string;
  readonly prefix: string;
  readonly params: ParamSpecs;
}

export interface Match {
  /** parameter → tensor of the file */
  readonly found: ReadonlyMap<string, string>;
  /** Parameters of the head that the file has not: they start as random numbers. */
  readonly fresh: readonly string[];
  /** Tensors that belong to no part of this model: another head's. */
  readonly unused: readonly string[];
}

/** Buffers that some versions stored and that are computed, and T5's second and third names of its word embeddings. */
const BUFFERS =
  /(^|\.)(position_ids|token_type_ids|attn\.bias|attn\.masked_bias|rotary_emb\.inv_freq|EncDecAttention\.relative_attention_bias\.weight)$|^(encoder|decoder)\.embed_tokens\.weight$/;
/** First parts of the names of heads. */
const HEADS =
  /^(cls|classifier|crf|pre_classifier|qa_outputs|lm_head|score|vocab_\w+|pooler|bert\.pooler|roberta\.pooler|transformer\.h\.\d+\.crossattention)\b/;

const OLD_NAMES: readonly (readonly [RegExp, string])[] = [
  [/\.gamma$/, ".weight"],
  [/\.beta$/, ".bias"],
];

/**
 * @param head whether parameters of the head may be new
 * @throws TetradError FORMAT that lists tensors that are missing, of another shape, or of no model that has this body
 */
export function matchWeights(backbone: Body, params: ParamSpecs, file: WeightFile, { freshHead }: { readonly freshHead: boolean }): Match {
  const found = new Map<string, string>();
  const unused: string[] = [];
  const strange: string[] = [];
  const misshaped = new Map<string, string>();
  for (const [tensor, shape] of file.shapes) {
    const name = parameterName(backbone, params, tensor);
    if (name === undefined) {
      const bare = tensor.startsWith(backbone.prefix) ? tensor.slice(backbone.prefix.length) : tensor;
      if (!BUFFERS.test(tensor)) (HEADS.test(tensor) || HEADS.test(bare) ? unused : strange).push(tensor);
      continue;
    }
    const wanted = normalizeSpec(params[name] as ParamSpecs[string]).shape;
    if (wanted.length === shape.length && wanted.every((extent, i) => extent === shape[i])) found.set(name, tensor);
    else if (freshHead && !Object.hasOwn(backbone.params, name)) unused.push(tensor);
    else misshaped.set(name, `${tensor} [${shape.join(", ")}], expected [${wanted.join(", ")}]`);
  }
  const absent = Object.keys(params).filter((name) => !found.has(name) && !misshaped.has(name));
  const fresh = absent.filter((name) => freshHead && !Object.hasOwn(backbone.params, name));
  const missing = absent.filter((name) => !fresh.includes(name));
  if (missing.length + strange.length + misshaped.size > 0) {
    throw new TetradError("FORMAT", {
      op: file.source,
      what: `these are not the weights of this ${backbone.modelType} model`,
      got: titled({ missing, "of another shape": [...misshaped.values()], unknown: strange }),
      hint: "config.json and weights may come from different folders",
    });
  }
  return { found, fresh, unused };
}

/** What is wrong with which names, for a message. */
export function titled(lists: Readonly<Record<string, readonly string[]>>): string {
  const parts = Object.entries(lists).filter(([, names]) => names.length > 0);
  return parts.map(([title, names]) => `${title}: ${listed(names)}`).join("; ");
}

function parameterName(backbone: Body, params: ParamSpecs, tensor: string): string | undefined {
  const modern = OLD_NAMES.reduce((name, [old, now]) => name.replace(old, now), tensor);
  return [modern, `${backbone.prefix}${modern}`].find((name) => Object.hasOwn(params, name));
}
