/** Models of one backbone with different heads, in one store: what trains one's backbone trains that of all. */

import { type Engine, normalizeSpec, type ParamSpecs, TetradError } from "@tetrad/engine";
import type { LanguageModel } from "../model.js";
import type { Params } from "../models/backbone.js";

type Models = Readonly<Record<string, LanguageModel>>;

/** Of a head's parameter in the store; the slash keeps the task's name out of what modules are called. */
const nameIn = (task: string, parameter: string): string => `${task}/${parameter}`;

/**
 * The same models over a store that they share; their own are released.
 * @param models by task; without adapters, and with the same configuration of the backbone
 * @throws TetradError FORMAT where their backbones differ
 */
export function overOneBackbone(engine: Engine, models: Models): Models {
  const [first] = Object.values(models) as [LanguageModel];
  const { backbone } = first;
  const parts = [
    { model: first, parameters: Object.keys(backbone.params), nameOf: (name: string) => name },
    ...Object.entries(models).map(([task, model]) => ({
      model,
      parameters: Object.keys(model.head.params),
      nameOf: (name: string) => nameIn(task, name),
    })),
  ];
  for (const [task, model] of Object.entries(models)) checkSame(task, first, model);
  const specs = parts.flatMap(({ model, parameters, nameOf }) => {
    const states = new Set(model.store.layout.filter(({ state }) => state).map(({ name }) => name));
    const all: ParamSpecs = { ...model.backbone.params, ...model.head.params };
    return parameters.map((name) => {
      const spec = normalizeSpec(all[name] as ParamSpecs[string]);
      return [nameOf(name), { ...spec, init: "zeros" as const, ...(states.has(name) && { state: true }) }] as const;
    });
  });
  const store = engine.store(Object.fromEntries(specs), { dtype: first.store.dtype });
  for (const { model, parameters, nameOf } of parts) for (const name of parameters) store.set(nameOf(name), model.store.get(name));
  for (const model of Object.values(models)) model.store.release();
  return Object.fromEntries(
    Object.entries(models).map(([task, model]) => {
      const aliases = Object.fromEntries(Object.keys(model.head.params).map((name) => [name, nameIn(task, name)]));
      const own = (all: Params) => Object.fromEntries(Object.entries(aliases).map(([name, alias]) => [name, all[alias]]));
      return [task, { ...model, store, aliases, within: (all: Params) => ({ ...all, ...own(all) }) as Params }];
    }),
  );
}

function checkSame(task: string, first: LanguageModel, other: LanguageModel): void {
  if (first === other) return;
  const names = Object.keys(first.backbone.params);
  const differs = (name: string) => {
    const [a, b] = [first.store.get(name), other.store.get(name)];
    return a.length !== b.length || a.some((value, i) => !Object.is(value, b[i]));
  };
  const name =
    names.length === Object.keys(other.backbone.params).length ? names.find((one) => !(one in other.backbone.params) || differs(one)) : "";
  if (name === undefined) return;
  throw new TetradError("FORMAT", {
    op: `task ${task}`,
    what: "its backbone is not that of the other tasks",
    ...(name !== "" && { got: `another ${name}` }),
    hint: "open it alone, or train the tasks together again",
  });
}
