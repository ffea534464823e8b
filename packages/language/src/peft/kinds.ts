/** What adapters on one base model have in common, and what each has of its own. */

import { type JsonObject, normalizeSpec, type ParamSpecs, type Tensor, TetradError } from "@tetrad/engine";
import type { Head } from "../heads/head.js";
import type { LanguageModel } from "../model.js";
import type { Params } from "../models/backbone.js";
import { matchWeights } from "../weights/match.js";
import type { WeightFile } from "../weights/read.js";
import { type Adapted, adapterValues, type WideData } from "./adapt.js";
import type { AdapterFolder } from "./folder.js";

/** Adapters whose programs are the same: all but their values. */
export interface Kind {
  readonly adapted: Adapted;
  /** Parameters in the place of the base's, and besides them */
  readonly own: ParamSpecs;
  /** What stands before their names in the store */
  readonly prefix: string;
  /** The base as adapters of the kind make it, and as it is with its own parameters alone, where the base's layers have its share */
  readonly within: LanguageModel["within"];
  readonly merged: LanguageModel["within"];
  /** Whose values the store has */
  holder?: string;
}

/** An adapter's folder, and what it is on the base at hand */
export interface Found {
  readonly name: string;
  readonly path: string;
  readonly adapter: AdapterFolder;
  readonly kind: Kind;
  readonly head: Head;
  readonly config: JsonObject;
}

export interface Entry {
  readonly kind: Kind;
  readonly model: LanguageModel;
  readonly values: ReadonlyMap<string, WideData>;
}

/** What decides of a configuration on the program; where things lie, what they are called and how they began does not. */
const ABOUT =
  /^(base_model_name_or_path|model_name|name|model_class|revision|prompt_tuning_init\w*|tokenizer_name_or_path|prefix_projection|encoder_hidden_size)$/;

/** The same for adapters of a kind. */
export function likeness({ architecture }: Head, { method }: Adapted, own: ParamSpecs): string {
  return JSON.stringify([architecture, Object.entries(method.config).filter(([name]) => !ABOUT.test(name)), own]);
}

/** Of an adapted model's parameters, those that are trained, and those that the base has not. */
export function ownSpecs(params: ParamSpecs, base: ParamSpecs): ParamSpecs {
  const shape = (specs: ParamSpecs, name: string) => (specs[name] === undefined ? "" : normalizeSpec(specs[name]).shape.join());
  return Object.fromEntries(
    Object.entries(params).filter(([name, spec]) => normalizeSpec(spec).state !== true || shape(params, name) !== shape(base, name)),
  );
}

export function kindOf(adapted: Adapted, own: ParamSpecs, prefix: string): Kind {
  const merged = (params: Params): Params => ({
    ...params,
    ...Object.fromEntries(Object.keys(own).map((name) => [name, params[`${prefix}${name}`] as Tensor])),
  });
  return { adapted, own, prefix, merged, within: (params, context) => adapted.within(merged(params), context) };
}

/** The base as an adapter makes it. */
export function view(base: LanguageModel, { kind, head, config }: Found): LanguageModel {
  const { virtual } = kind.adapted.method;
  return {
    ...base,
    config,
    head,
    backbone: kind.adapted.backbone,
    tokenizer: virtual?.as === "words" ? base.tokenizer.prompted(virtual.tokens) : base.tokenizer,
    within: kind.within,
  };
}

export const isTrained = ({ adapted: { params } }: Kind, name: string): boolean =>
  normalizeSpec(params[name] as ParamSpecs[string]).state !== true;

/** Values of an adapter's own parameters: those of its folder, and of its head what the base model's file has. */
export function valuesOf({ backbone }: LanguageModel, { kind, head, adapter, path }: Found, file: WeightFile | undefined): Entry["values"] {
  const [trained, others] = [true, false].map((wanted) => Object.entries(kind.own).filter(([name]) => isTrained(kind, name) === wanted));
  const shapes = new Map(trained?.map(([name, spec]) => [name, normalizeSpec(spec).shape]));
  const values = adapterValues(shapes, adapter, path, backbone.prefix);
  if (file === undefined) return values;
  const { found } = matchWeights(backbone, { ...backbone.params, ...head.params }, file, { freshHead: true });
  for (const [name] of others ?? []) {
    const tensor = found.get(name);
    if (tensor === undefined)
      throw new TetradError("FORMAT", { op: path, what: "neither the adapter nor its base model has this parameter", got: name });
    values.set(name, file.read(tensor).data);
  }
  return values;
}
