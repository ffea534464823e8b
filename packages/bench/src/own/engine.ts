/** Our own side of every comparison, through the public API. */
import {
  createEngine,
  type Engine,
  type EngineOptions,
  type FunctionProgram,
  type Optimizer,
  type ParamSpecs,
  type Tensor,
} from "@tetrad/engine";
import type { Contender } from "../measure/contender.js";
import { firstLosses, local } from "../measure/contender.js";
import { threadsText } from "../peers/index.js";
import type { MatrixProblem } from "../problems/gemm.js";

export interface Own {
  readonly label: string;
  readonly engine: Engine;
  readonly threads?: number;
  close(): Promise<void>;
}

/** An engine, named by its build or its backend, and its threads where they are given; without them each plan chooses. */
export async function openOwn(options: EngineOptions = {}): Promise<Own> {
  const engine = await createEngine({ backend: "wasm", ...options });
  const { backend, build } = engine.describe();
  const { threads } = options;
  return {
    label: `tetrad ${backend === "webgpu" ? backend : build}${threads === undefined ? "" : `, ${threadsText(threads)}`}`,
    engine,
    ...(threads !== undefined && { threads }),
    close: () => engine.close(),
  };
}

/** Engines for a suite, closed when `work` is done. */
export async function withEngines<T>(all: readonly EngineOptions[], work: (engines: readonly Own[]) => Promise<T>): Promise<T> {
  const engines: Own[] = [];
  try {
    for (const options of all) engines.push(await openOwn(options));
    return await work(engines);
  } finally {
    for (const own of engines) await own.close();
  }
}

/** One contender of each engine, where there is one. */
export async function ofEach(engines: readonly Own[], open: (own: Own) => Promise<Contender | undefined>): Promise<Contender[]> {
  const opened: Contender[] = [];
  for (const own of engines) {
    const contender = await open(own);
    if (contender !== undefined) opened.push(contender);
  }
  return opened;
}

/** A GPU answers when it has computed; the CPU at once. */
const answersLater = (engine: Engine) => engine.describe().backend === "webgpu";

/** A contender of ours that calls a compiled function over inputs that stay. */
export function ownFunction({ label, threads, engine }: Own, program: FunctionProgram, output: string): Contender {
  return {
    name: label,
    who: "tetrad",
    ...(threads !== undefined && { threads }),
    sample: local(answersLater(engine) ? () => program.call() : () => program.callSync()),
    result: async () => ((await program.call())[output] as ArrayLike<number> & { slice(): ArrayLike<number> }).slice(),
    close: () => program.close(),
  };
}

export interface OwnStep {
  readonly params: ParamSpecs;
  /** Values by the parameters' names. */
  readonly weights: Readonly<Record<string, Float32Array>>;
  readonly inputs: Parameters<Engine["compile"]>[1];
  loss(params: Record<string, Tensor>, inputs: Record<string, Tensor>): Tensor;
  readonly optimizer: Optimizer;
  readonly batches: readonly Readonly<Record<string, Float32Array | Int32Array>>[];
  /** How many first losses are the result. */
  readonly agreed: number;
}

/** A contender of ours that takes optimiser steps, batch after batch; its result is the losses of the first ones. */
export async function ownStep({ label, engine, threads }: Own, step: OwnStep): Promise<Contender> {
  const store = engine.store(step.params);
  for (const name of store.names) store.set(name, step.weights[name] as Float32Array);
  const program = await engine.compile(store, step.inputs, step.loss, { optimizer: step.optimizer });
  let taken = 0;
  const next = () => step.batches[taken++ % step.batches.length] as Record<string, Float32Array>;
  const call = answersLater(engine) ? () => program.step(next()) : () => program.stepSync(next());
  return {
    name: label,
    who: "tetrad",
    ...(threads !== undefined && { threads }),
    sample: local(call),
    result: () => firstLosses(async () => (await call()).loss, step.agreed),
    close() {
      program.close();
      engine.releaseOptimizerState(store);
      store.release();
    },
  };
}

export async function ownProduct(own: Own, { m, n, k, dtype, a, b }: MatrixProblem): Promise<Contender> {
  const { matmul } = await import("@tetrad/engine");
  const program = await own.engine.compileFunction((inputs) => ({ c: matmul(inputs["a"] as Tensor, inputs["b"] as Tensor) }), {
    a: { shape: [m, k], dtype },
    b: { shape: [k, n], dtype },
  });
  program.set({ a, b });
  return ownFunction(own, program, "c");
}
