/**
 * Low-rank adapters: W x + s B A x, of which A and B alone are trained (Hu et al. 2021, arXiv:2106.09685); rank-stabilised scale α/√r (Kalajdzievski 2023,
 * arXiv:2312.03732); and DoRA, which trains the lengths of W + s B A's rows apart from their directions (Liu et al. 2024, arXiv:2402.09353).
 */

import {
  add,
  div,
  dropout,
  linear,
  matmul,
  mul,
  type ParamSpec,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
  transpose,
  widened,
} from "@tetrad/engine";
import type { Adapter } from "../models/backbone.js";
import { commonConfig, type LayerValues, type MakeMethod, type PeftConfig, savedModules, type Values } from "./method.js";
import { isModuleOf, type Target, targetsOf, usualTargets } from "./targets.js";

export interface LoraConfig extends PeftConfig {
  /** Rank; 8 unless told */
  readonly r?: number;
  /** Scale α/r; 8 unless told */
  readonly loraAlpha?: number;
  /** Probability of dropping an element of what A takes */
  readonly loraDropout?: number;
  /** Scale α/√r instead */
  readonly useRslora?: boolean;
  readonly useDora?: boolean;
  /** Which offsets of the base model are trained: none, those of adapted layers, or all */
  readonly bias?: "none" | "lora_only" | "all";
}

const A = "lora_A.weight";
const B = "lora_B.weight";
const MAGNITUDE = "lora_magnitude_vector";

export function lora({
  r = 8,
  loraAlpha = 8,
  loraDropout = 0,
  useRslora = false,
  useDora = false,
  bias = "none",
  ...common
}: LoraConfig): MakeMethod {
  return (backbone, fresh = []) => {
    const modulesToSave = savedModules(common, fresh);
    const targetModules = common.targetModules ?? usualTargets(backbone, "lora");
    const targets = targetsOf(backbone, targetModules);
    const scale = useRslora ? loraAlpha / Math.sqrt(r) : loraAlpha / r;
    const turned = backbone.fanInFanOut;
    const params: Record<string, ParamSpec> = {};
    for (const { name, input, output } of targets) {
      // PyTorch's kaiming_uniform_(a = √5) is uniform within 1/√in.
      params[`${name}.${A}`] = { shape: [r, input], init: { uniform: 1 / Math.sqrt(input) } };
      params[`${name}.${B}`] = { shape: [output, r], init: "zeros" };
      if (useDora) params[`${name}.${MAGNITUDE}`] = { shape: [output], init: "ones" };
    }
    const trained = (name: string) => bias === "all" || (bias === "lora_only" && targets.some((target) => name === `${target.name}.bias`));
    return {
      params,
      trains: (name) => (name.endsWith(".bias") && trained(name)) || isModuleOf(name, modulesToSave),
      adapters: (weights, { training }) =>
        new Map(
          targets.map(({ name }): [string, Adapter] => {
            const of = (part: string) => weights[`${name}.${part}`] as Tensor;
            const low = (x: Tensor) =>
              mul(linear(linear(training && loraDropout > 0 ? dropout(x, { rate: loraDropout }) : x, of(A)), of(B)), scale);
            if (!useDora) return [name, (x, plain) => add(plain(x), low(x))];
            return [
              name,
              (x, plain) => {
                const weight = turned ? transpose(of("weight")) : widened(of("weight"));
                // The lengths count as constants in the backward pass, as the paper has it (section 4.3).
                const lengths = stopGradient(sqrt(sum(square(add(weight, mul(matmul(of(B), of(A)), scale))), 1)));
                const own = weights[`${name}.bias`];
                const whole = add(own === undefined ? plain(x) : sub(plain(x), own), low(x));
                const sized = mul(whole, div(of(MAGNITUDE), lengths));
                return own === undefined ? sized : add(sized, own);
              },
            ];
          }),
        ),
      initial: (of) =>
        new Map(
          useDora
            ? targets.map(
                (target) => [`${target.name}.${MAGNITUDE}`, rowLengths(rows(of(`${target.name}.weight`), target, turned), target)] as const,
              )
            : [],
        ),
      merges: targets.map(({ name }) => name),
      merged(layer, { weight, bias: offset }, own) {
        const target = targets.find(({ name }) => name === layer) as Target;
        const [a, b] = [own(`${layer}.${A}`), own(`${layer}.${B}`)];
        const sums = rows(weight, target, turned);
        const { input, output } = target;
        for (let o = 0; o < output; o++) {
          for (let k = 0; k < r; k++) {
            const factor = scale * (b[o * r + k] as number);
            for (let i = 0; i < input; i++) sums[o * input + i] = (sums[o * input + i] as number) + factor * (a[k * input + i] as number);
          }
        }
        if (useDora) {
          const lengths = rowLengths(sums, target);
          const magnitudes = own(`${layer}.${MAGNITUDE}`);
          for (let o = 0; o < output; o++) {
            const factor = (magnitudes[o] as number) / (lengths[o] as number);
            for (let i = 0; i < input; i++) sums[o * input + i] = (sums[o * input + i] as number) * factor;
          }
        }
        return { weight: turned ? turn(sums, output, input) : sums, bias: offset } satisfies LayerValues;
      },
      config: {
        ...commonConfig({ ...common, targetModules, modulesToSave }),
        alpha_pattern: {},
        bias,
        fan_in_fan_out: turned,
        init_lora_weights: true,
        layers_pattern: null,
        layers_to_transform: null,
        lora_alpha: loraAlpha,
        lora_dropout: loraDropout,
        peft_type: "LORA",
        r,
        rank_pattern: {},
        use_dora: useDora,
        use_rslora: useRslora,
      },
    };
  };
}

/** A weight in float64 with an output a row. */
function rows(weight: Values, { input, output }: Target, turned: boolean): Float64Array {
  return turned ? turn(weight, input, output) : Float64Array.from(weight);
}

function turn(values: Values, height: number, width: number): Float64Array {
  const out = new Float64Array(height * width);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) out[x * height + y] = values[y * width + x] as number;
  return out;
}

function rowLengths(values: Float64Array, { input, output }: Target): Float64Array {
  return Float64Array.from({ length: output }, (_, o) =>
    Math.sqrt(values.subarray(o * input, (o + 1) * input).reduce((total, v) => total + v * v, 0)),
  );
}
