/** IA³: learned factors on what layers give, or in feed-forward layers on what they take (Liu et al. 2022, arXiv:2205.05638). */

import { mul, type ParamSpec, reshape, type Tensor } from "@tetrad/engine";
import type { Adapter } from "../models/backbone.js";
import { commonConfig, type MakeMethod, type PeftConfig, savedModules } from "./method.js";
import { isModule, isModuleOf, targetsOf, usualTargets } from "./targets.js";

export interface Ia3Config extends PeftConfig {
  /** Those of the targets whose input is scaled, not their output; the usual ones unless told */
  readonly feedforwardModules?: readonly string[] | undefined;
}

export function ia3({ feedforwardModules: given, ...common }: Ia3Config): MakeMethod {
  return (backbone, fresh = []) => {
    const modulesToSave = savedModules(common, fresh);
    const targetModules = common.targetModules ?? usualTargets(backbone, "ia3");
    const feedforwardModules = given ?? usualTargets(backbone, "feedforward");
    const turned = backbone.fanInFanOut;
    const targets = targetsOf(backbone, targetModules).map((target) => ({
      ...target,
      inside: isModule(target.name, feedforwardModules),
    }));
    const params: Record<string, ParamSpec> = {};
    for (const { name, inside, input, output } of targets)
      params[`${name}.ia3_l`] = { shape: inside ? [1, input] : [output, 1], init: "ones" };
    return {
      params,
      trains: (name) => isModuleOf(name, modulesToSave),
      adapters: (weights) =>
        new Map(
          targets.map(({ name, inside }): [string, Adapter] => {
            const factors = reshape(weights[`${name}.ia3_l`] as Tensor, [-1]);
            return [name, inside ? (x, plain) => plain(mul(x, factors)) : (x, plain) => mul(plain(x), factors)];
          }),
        ),
      initial: () => new Map(),
      merges: targets.map(({ name }) => name),
      merged(layer, { weight, bias }, own) {
        const { inside, input, output } = targets.find(({ name }) => name === layer) as (typeof targets)[number];
        const factors = own(`${layer}.ia3_l`);
        // The weight's outer axis is its output, or in (in, out) its input.
        const inner = turned ? output : input;
        const byOuter = inside === turned;
        const factorAt = (i: number) => factors[byOuter ? Math.floor(i / inner) : i % inner] as number;
        return {
          weight: Float64Array.from(weight, (value, i) => value * factorAt(i)),
          bias: inside || bias === undefined ? bias : Float64Array.from(bias, (value, i) => value * (factors[i] as number)),
        };
      },
      config: {
        ...commonConfig({ ...common, targetModules, modulesToSave }),
        fan_in_fan_out: turned,
        feedforward_modules: feedforwardModules,
        init_ia3_weights: true,
        peft_type: "IA3",
      },
    };
  };
}
