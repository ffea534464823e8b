/** Prompt tuning: word embeddings that belong to no word stand before every text and are all that is trained (Lester et al. 2021, arXiv:2104.08691). */

import { type Tensor, TetradError } from "@tetrad/engine";
import type { Backbone } from "../models/backbone.js";
import { commonConfig, type MakeMethod, type PeftConfig, savedModules, type Values } from "./method.js";
import { isModuleOf } from "./targets.js";

export interface VirtualConfig extends Omit<PeftConfig, "targetModules"> {
  /** P, what stands before every text; 20 unless told */
  readonly numVirtualTokens?: number;
}

export type PromptInit = "RANDOM" | "TEXT";

export interface PromptConfig extends VirtualConfig {
  /** How a new prompt begins: as random numbers like those of a new model's word embeddings (peft's are larger), or as the embeddings of a text, again and again until there are P; TEXT where a text is told */
  readonly promptTuningInit?: PromptInit;
  readonly promptTuningInitText?: string;
}

/** The one tensor of methods that put something before every text */
export const PROMPT_EMBEDDINGS = "prompt_embeddings";

/** @throws TetradError ARGUMENT where there is to be no virtual token */
export function checkVirtual(tokens: number): void {
  if (Number.isInteger(tokens) && tokens > 0) return;
  throw new TetradError("ARGUMENT", { op: "peft", what: "virtual tokens must be a whole number above 0", got: `${tokens}` });
}

/** Fields of adapter_config.json that both methods have. @param heads, @param width what peft cuts a row by */
export function virtualConfig(
  config: VirtualConfig & { readonly numVirtualTokens: number },
  { cache: { heads, layers } }: Backbone,
  width: number,
  modulesToSave: readonly string[] | undefined,
) {
  const { target_modules: _, ...common } = commonConfig({ ...config, modulesToSave });
  return {
    ...common,
    num_attention_heads: heads,
    num_layers: layers,
    num_transformer_submodules: 1,
    num_virtual_tokens: config.numVirtualTokens,
    token_dim: width,
  };
}

export function promptTuning({
  numVirtualTokens = 20,
  promptTuningInitText: text = "",
  promptTuningInit,
  ...config
}: PromptConfig): MakeMethod {
  const init = promptTuningInit ?? (text === "" ? "RANDOM" : "TEXT");
  return (backbone, fresh = []) => {
    checkVirtual(numVirtualTokens);
    const modulesToSave = savedModules(config, fresh);
    const { width, embeddings, initializerRange } = backbone;
    return {
      params: { [PROMPT_EMBEDDINGS]: { shape: [numVirtualTokens, width], init: { normal: initializerRange } } },
      trains: (name) => isModuleOf(name, modulesToSave),
      adapters: () => new Map(),
      virtual: { as: "words", tokens: numVirtualTokens, of: (params) => ({ words: params[PROMPT_EMBEDDINGS] as Tensor }) },
      initial(of, tokenizer) {
        if (init === "RANDOM") return new Map();
        const { ids } = tokenizer?.encode(text, { specialTokens: false }) ?? { ids: [] };
        if (ids.length === 0)
          throw new TetradError("ARGUMENT", { op: "peft", what: "the text that a prompt begins as has no tokens", got: text });
        const table = of(embeddings);
        const rows = Float64Array.from({ length: numVirtualTokens * width }, (_, i) => {
          const id = ids[Math.floor(i / width) % ids.length] as number;
          return table[id * width + (i % width)] as number;
        });
        return new Map<string, Values>([[PROMPT_EMBEDDINGS, rows]]);
      },
      merges: [],
      merged: (_, base) => base,
      config: {
        ...virtualConfig({ ...config, numVirtualTokens }, backbone, width, modulesToSave),
        peft_type: "PROMPT_TUNING",
        prompt_tuning_init: init,
        prompt_tuning_init_text: init === "TEXT" ? text : null,
        // peft asks for it where a prompt begins as a text.
        tokenizer_name_or_path: init === "TEXT" ? config.base : null,
      },
    };
  };
}
