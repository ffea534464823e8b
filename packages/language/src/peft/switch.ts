/** Several adapters on one base model that take turns: the base's weights are in memory once, and adapters of one kind share a plan. */

import {
  didYouMean,
  type Engine,
  type FunctionProgram,
  type HostArray,
  type InputSpecs,
  type JsonObject,
  normalizeSpec,
  type Tensor,
  TetradError,
} from "@tetrad/engine";
import type { Head } from "../heads/head.js";
import { type LanguageModel, type OpenOptions, openModel, weightsOf } from "../model.js";
import type { Backbone, Params } from "../models/backbone.js";
import { adapt, checkMerge, mergedValues, SWITCHED } from "./adapt.js";
import { readAdapter } from "./folder.js";
import { type Entry, type Found, isTrained, type Kind, kindOf, likeness, ownSpecs, valuesOf, view } from "./kinds.js";
import type { Values } from "./method.js";

type HeadOf = (backbone: Backbone, config: JsonObject) => Head;

export interface AdaptersOptions extends Omit<OpenOptions, "peft" | "base" | "freeze"> {
  /** Head of the base model alone, if not that of the adapters: `bodyOf` where its folder has none */
  readonly baseHeadOf?: HeadOf;
}

export class Adapters {
  readonly #entries = new Map<string, Entry>();
  /** The base's weights that a merge has changed, as they were */
  readonly #replaced = new Map<string, Values>();
  #current: string | undefined;
  #model: LanguageModel;

  /** @param base the model alone, with room for the adapters' parameters in its store */
  private constructor(
    private readonly engine: Engine,
    readonly base: LanguageModel,
  ) {
    this.#model = base;
  }

  /**
   * @param folder of the base model; @param folders of adapters for it, by the names that they are called by
   * @param headOf of each, by its own config.json or the base's
   * @throws TetradError as `openModel`; FORMAT for an adapter of another model
   */
  static async open(
    engine: Engine,
    folder: string,
    folders: Readonly<Record<string, string>>,
    headOf: HeadOf,
    { baseHeadOf = headOf, states, ...options }: AdaptersOptions = {},
  ): Promise<Adapters> {
    const read = await Promise.all(
      Object.entries(folders).map(async ([name, path]) => {
        const adapter = await readAdapter(path);
        return { name, path, adapter, config: await adapter.modelConfig() };
      }),
    );
    const kinds = new Map<string, Kind>();
    const found: Found[] = [];
    let [baseHead, baseConfig]: [Head | undefined, JsonObject] = [undefined, {}];
    const base = await openModel(
      engine,
      folder,
      (backbone, config) => {
        baseConfig = config;
        baseHead = baseHeadOf(backbone, config);
        return baseHead;
      },
      {
        ...options,
        states(backbone, config) {
          for (const { name, path, adapter, config } of read) {
            const head = headOf(backbone, config ?? baseConfig);
            const adapted = adapt(backbone, head, adapter.method);
            const own = ownSpecs(adapted.params, { ...backbone.params, ...baseHead?.params });
            const same = likeness(head, adapted, own);
            const kind = kinds.get(same) ?? kindOf(adapted, own, `${SWITCHED}${kinds.size}.`);
            kinds.set(same, kind);
            found.push({ name, path, adapter, kind, head, config: config ?? baseConfig });
          }
          const slots = [...kinds.values()].flatMap(({ own, prefix }) =>
            Object.entries(own).map(([name, spec]) => [
              `${prefix}${name}`,
              { ...normalizeSpec(spec), init: "zeros" as const, state: true },
            ]),
          );
          return { ...Object.fromEntries(slots), ...states?.(backbone, config) };
        },
      },
    );
    const adapters = new Adapters(engine, base);
    // Parameters of a head that neither the base has here nor the adapter are in the base's folder.
    const missing = found.some(({ kind }) => Object.keys(kind.own).some((name) => !isTrained(kind, name)));
    const file = missing ? await weightsOf(folder, options.gguf) : undefined;
    for (const one of found) adapters.#entries.set(one.name, { kind: one.kind, model: view(base, one), values: valuesOf(base, one, file) });
    return adapters;
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** The adapter at work; undefined where it is the base alone */
  get current(): string | undefined {
    return this.#current;
  }

  /** The model as it is now: for inference */
  get model(): LanguageModel {
    return this.#model;
  }

  /**
   * Puts an adapter to work, or none: its values, some kilobytes, go to where those of its kind lie, and no plan is made anew. What was merged is taken out.
   * @returns the model to use
   * @throws TetradError ARGUMENT for a name that none has
   */
  use(name?: string): LanguageModel {
    const entry = name === undefined ? undefined : this.#entry(name);
    this.#restore();
    if (entry !== undefined && name !== undefined) this.#fill(name, entry);
    this.#current = name;
    this.#model = entry?.model ?? this.base;
    return this.#model;
  }

  /**
   * Puts an adapter to work by its share in the base's weights, in float64 and rounded once: no product more than the base's. `use` takes it out again, to the bit.
   * @throws TetradError ARGUMENT as `use`; UNSUPPORTED for a method that has no share in weights, and for weights that stay as they are stored
   */
  merge(name: string): LanguageModel {
    const entry = this.#entry(name);
    const { kind, model, values } = entry;
    // What is refused leaves the weights as they are.
    checkMerge(kind.adapted.method);
    const { store } = this.base;
    const stored = store.layout.find((parameter) => {
      return parameter.stored !== undefined && kind.adapted.method.merges.some((layer) => parameter.name === `${layer}.weight`);
    });
    if (stored !== undefined) {
      throw new TetradError("UNSUPPORTED", {
        op: "merge",
        what: "weights that stay as they are stored take no adapter's share",
        got: stored.name,
        hint: "open the base model without `quantized` and `quantize`",
      });
    }
    this.#restore();
    const has = new Set(store.names);
    const shares = mergedValues(kind.adapted.method, (parameter) => {
      const own = values.get(parameter);
      return own === undefined ? (has.has(parameter) ? store.get(parameter) : undefined) : Float64Array.from(own);
    });
    for (const [parameter, share] of shares) {
      // An offset that was trained with the adapter lies among the kind's own.
      if (kind.own[parameter] !== undefined) continue;
      this.#replaced.set(parameter, store.get(parameter));
      store.set(parameter, share);
    }
    this.#fill(name, entry);
    this.#current = name;
    this.#model = { ...this.base, config: model.config, head: model.head, within: kind.merged };
    return this.#model;
  }

  /** A program for whoever is at work when it is called: it has a plan for each kind of adapter, made when that is first needed. */
  program(
    inputs: (model: LanguageModel) => InputSpecs,
    outputs: (model: LanguageModel, params: Params, given: Readonly<Record<string, Tensor>>) => Readonly<Record<string, Tensor>>,
  ): AdaptersProgram {
    return new AdaptersProgram(this, (model) =>
      this.engine.compileWith(model.store, inputs(model), (all, given) => outputs(model, model.within(all, { training: false }), given)),
    );
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry !== undefined) return entry;
    throw new TetradError("ARGUMENT", {
      op: "adapters",
      what: "there is no such adapter",
      got: name,
      expected: this.names.join(", "),
      hint: didYouMean(name, this.names),
    });
  }

  #fill(name: string, { kind, values }: Entry): void {
    if (kind.holder === name) return;
    for (const [parameter, data] of values) this.base.store.set(`${kind.prefix}${parameter}`, data);
    kind.holder = name;
  }

  #restore(): void {
    for (const [parameter, values] of this.#replaced) this.base.store.set(parameter, values);
    this.#replaced.clear();
  }
}

export class AdaptersProgram {
  /** By what stands in the place of the base's parameters, which is one for all of a kind */
  readonly #plans = new Map<LanguageModel["within"], Promise<FunctionProgram>>();

  /** Made by `Adapters.program` */
  constructor(
    private readonly adapters: Adapters,
    private readonly compile: (model: LanguageModel) => Promise<FunctionProgram>,
  ) {}

  /** How many plans there are */
  get plans(): number {
    return this.#plans.size;
  }

  /** As a program's `call` */
  async call(feeds: Parameters<FunctionProgram["call"]>[0]): Promise<Readonly<Record<string, HostArray>>> {
    const { model } = this.adapters;
    const plan = this.#plans.get(model.within) ?? this.compile(model);
    this.#plans.set(model.within, plan);
    return (await plan).call(feeds);
  }

  async close(): Promise<void> {
    for (const plan of this.#plans.values()) (await plan).close();
    this.#plans.clear();
  }
}
