/**
 * Bottleneck adapters: two small layers behind a part of each layer, which is trained alone: behind attention and feed-forward parts (Houlsby et al. 2019,
 * arXiv:1902.00751), or behind feed-forward parts only (Pfeiffer et al. 2020, arXiv:2005.00052). Python's peft has none: folders are those of its `adapters`
 * (AdapterHub: Poth et al. 2023, arXiv:2311.11077), written and read as safetensors.
 */

import { add, dropout, type JsonObject, mul, type ParamSpec, TetradError, writeSafetensors } from "@tetrad/engine";
import type { Behind } from "../models/backbone.js";
import { activationOf, affine } from "../models/parts.js";
import { type MakeMethod, type PeftConfig, savedModules } from "./method.js";
import { isModuleOf } from "./targets.js";

export type BottleneckPlaces = "houlsby" | "pfeiffer";

export interface BottleneckConfig extends Omit<PeftConfig, "targetModules"> {
  /** Behind both parts of a layer, or (pfeiffer, unless told) behind the feed-forward part, then with the norm that follows it before and after */
  readonly architecture?: BottleneckPlaces;
  /** The model's width over that between the two layers; 16 unless told */
  readonly reductionFactor?: number;
  /** By transformers' name; "swish" of houlsby and "relu" of pfeiffer unless told */
  readonly nonLinearity?: string;
  /** Factor of what the adapter adds; 1 unless told */
  readonly scaling?: number;
  /** Probability of dropping an element of that */
  readonly dropout?: number;
  /** What folders call the adapter */
  readonly name?: string;
  /** Where adapters go and whether a norm comes first, if not as an architecture says */
  readonly places?: { readonly attention: boolean; readonly feedForward: boolean; readonly normFirst: boolean };
}

export const BOTTLENECK_FILES = { adapter: "adapter.safetensors", head: "model_head.safetensors", headConfig: "head_config.json" } as const;

/** What `adapters` calls the two layers */
const [DOWN, UP] = ["adapter_down.0", "adapter_up"];

const PLACES = {
  houlsby: { attention: true, feedForward: true, normFirst: false },
  pfeiffer: { attention: false, feedForward: true, normFirst: true },
} as const;

export function bottleneck({
  architecture = "pfeiffer",
  reductionFactor = 16,
  nonLinearity = architecture === "houlsby" ? "swish" : "relu",
  scaling = 1,
  dropout: rate = 0,
  name: adapterName = "adapter",
  places = PLACES[architecture],
  ...config
}: BottleneckConfig): MakeMethod {
  return ({ width, cache: { layers }, parts, modelType }, fresh = []) => {
    if (parts === undefined)
      throw new TetradError("UNSUPPORTED", { op: "peft", what: "bottleneck adapters of this model are not built", got: modelType });
    if (!(reductionFactor >= 1 && reductionFactor <= width)) {
      const expected = `1 to ${width}, the model's width`;
      throw new TetradError("ARGUMENT", { op: "peft", what: "the reduction factor is out of range", got: `${reductionFactor}`, expected });
    }
    const modulesToSave = savedModules(config, fresh);
    const act = activationOf(nonLinearity);
    const inner = Math.max(1, Math.floor(width / reductionFactor));
    const all = Array.from({ length: layers }, (_, i) => parts(i)).flatMap(({ attention, feedForward }) => [
      ...(places.attention ? [attention] : []),
      ...(places.feedForward ? [feedForward] : []),
    ]);
    // Begins as BERT's layers do, whatever the model: adapters' init_weights "bert"
    const layer = (name: string, input: number, output: number): Record<string, ParamSpec> => ({
      [`${name}.weight`]: { shape: [output, input], init: { normal: 0.02 } },
      [`${name}.bias`]: { shape: [output], init: "zeros" },
    });
    const params = Object.assign(
      {},
      ...all.flatMap((part) => [layer(`${part}.adapters.${DOWN}`, width, inner), layer(`${part}.adapters.${UP}`, inner, width)]),
    ) as Record<string, ParamSpec>;
    const described: JsonObject = {
      config: {
        ...FIXED,
        dropout: rate,
        mh_adapter: places.attention,
        non_linearity: nonLinearity,
        original_ln_before: places.normFirst,
        output_adapter: places.feedForward,
        reduction_factor: reductionFactor,
        scaling,
      },
      hidden_size: width,
      model_name: config.base,
      model_type: modelType,
      name: adapterName,
      version: VERSION,
    };
    return {
      params,
      trains: (name) => isModuleOf(name, modulesToSave),
      adapters: () => new Map(),
      behind: (weights, { training }) =>
        new Map(
          all.map((part): [string, Behind] => [
            part,
            (h, input, normed) => {
              const x = places.normFirst ? normed(add(h, input)) : h;
              const up = affine(weights, `${part}.adapters.${UP}`, act(affine(weights, `${part}.adapters.${DOWN}`, x)));
              return add(mul(training && rate > 0 ? dropout(up, { rate }) : up, scaling), h);
            },
          ]),
        ),
      initial: () => new Map(),
      merges: [],
      merged: (_, base) => base,
      config: described,
      files(tensors, model) {
        const some = (wanted: boolean) => new Map([...tensors].filter(([name]) => Object.hasOwn(params, name) === wanted));
        const adapter = new Map([...some(true)].map(([name, tensor]) => [name.replace(".adapters.", `.adapters.${adapterName}.`), tensor]));
        const head = some(false);
        const classes = (model["architectures"] as readonly string[] | undefined)?.[0] ?? null;
        const labels = (model["label2id"] as JsonObject | undefined) ?? null;
        const heads = {
          config: null,
          hidden_size: width,
          label2id: labels,
          model_class: classes,
          model_name: config.base,
          model_type: modelType,
          name: null,
          num_labels: labels === null ? null : Object.keys(labels).length,
          version: VERSION,
        };
        return {
          ...(head.size > 0 && {
            [BOTTLENECK_FILES.head]: writeSafetensors(head, { format: "pt" }),
            [BOTTLENECK_FILES.headConfig]: `${JSON.stringify(heads, null, 2)}\n`,
          }),
          [BOTTLENECK_FILES.adapter]: writeSafetensors(adapter, { format: "pt" }),
          "adapter_config.json": `${JSON.stringify({ ...described, model_class: classes }, null, 2).replace(WHOLE_SCALING, "$1.0")}\n`,
        };
      },
    };
  };
}

/** `adapters` wants a float and takes JSON's 1 for a whole number. */
const WHOLE_SCALING = /("scaling": -?\d+)(?=,?\n)/;

/** The version of `adapters` whose folders these are */
const VERSION = "adapters.1.3.0";

/** Fields of a configuration that are as here, or else UNSUPPORTED */
export const FIXED: JsonObject = {
  adapter_residual_before_ln: false,
  cross_adapter: false,
  factorized_phm_W: true,
  factorized_phm_rule: false,
  hypercomplex_nonlinearity: "glorot-uniform",
  init_weights: "bert",
  init_weights_seed: null,
  inv_adapter: null,
  inv_adapter_reduction_factor: null,
  is_parallel: false,
  learn_phm: true,
  leave_out: [],
  ln_after: false,
  ln_before: false,
  original_ln_after: true,
  phm_bias: true,
  phm_c_init: "normal",
  phm_dim: 4,
  phm_init_range: 0.0001,
  phm_layer: false,
  phm_rank: 1,
  residual_before_ln: true,
  shared_W_phm: false,
  shared_phm_rule: true,
  stochastic_depth: 0,
  use_gating: false,
};
