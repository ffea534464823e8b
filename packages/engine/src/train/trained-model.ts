/** A model with its parameters: predicts, saves itself as a folder, and comes back from one. */

import type { Engine } from "../engine.js";
import { TetradError } from "../errors.js";
import type { JsonObject } from "../io/json.js";
import { readModelFolder, writeModelFolder } from "../io/model-folder.js";
import type { StorableTensor } from "../io/safetensors.js";
import { type NdInput, toNd } from "../nd-input.js";
import { type Model, modelFromConfig } from "../nn/model.js";
import type { FunctionProgram } from "../program.js";
import { formatShape, sizeOf } from "../shape.js";
import type { Store } from "../store.js";
import type { Tensor } from "../tensor.js";

/** Rows of one prediction call; the axis is bounded, so fewer cost what they are. */
const ROWS = 256;

export class TrainedModel {
  #program: Promise<FunctionProgram> | undefined;

  constructor(
    private readonly engine: Engine,
    readonly model: Model,
    readonly store: Store,
    /** What else was saved in config.json. */
    readonly extra: JsonObject = {},
  ) {}

  /**
   * @param x rows (n, …) of inputs, nested or flat
   * @returns outputs (n, …), row-major
   */
  async predict(x: NdInput): Promise<Float32Array> {
    const { model } = this;
    const { data } = toNd(x);
    const width = sizeOf(model.inputShape);
    const rows = data.length / width;
    if (!Number.isInteger(rows)) {
      throw new TetradError("SHAPE", {
        op: "predict",
        what: "x does not hold whole rows",
        got: `${data.length} values`,
        expected: `rows of ${formatShape(model.inputShape)}`,
      });
    }
    const program = await this.program();
    const outputs = sizeOf(model.outputShape);
    const result = new Float32Array(rows * outputs);
    for (let first = 0; first < rows; first += ROWS) {
      const n = Math.min(ROWS, rows - first);
      const { output } = await program.call({ x: Float32Array.from(data.subarray(first * width, (first + n) * width)) });
      result.set((output as Float32Array).subarray(0, n * outputs), first * outputs);
    }
    return result;
  }

  /** The compiled prediction of up to 256 rows, made at first use. */
  program(): Promise<FunctionProgram> {
    const { model } = this;
    this.#program ??= this.engine.compileWith(
      this.store,
      { x: { shape: [ROWS, ...model.inputShape], bounded: "rows" } },
      (params, inputs) => model.apply(params, inputs["x"] as Tensor, { training: false }),
    );
    return this.#program;
  }

  /** Writes `config.json` and `model.safetensors` as a whole; `extra` goes into the configuration beside the model's own. */
  async save(folder: string, extra: JsonObject = {}, files: Readonly<Record<string, Uint8Array | string>> = {}): Promise<void> {
    const tensors: Record<string, StorableTensor> = {};
    await this.store.pull();
    for (const name of this.store.names)
      tensors[name] = { shape: [...this.store.shape(name)], data: this.store.get(name) as Float32Array<ArrayBuffer> };
    await writeModelFolder(folder, { ...this.model.config, ...this.extra, ...extra }, tensors, { format: "pt" }, files);
  }

  async close(): Promise<void> {
    const program = await this.#program;
    program?.close();
    this.#program = undefined;
    this.store.release();
  }
}

/**
 * The model that the folder's configuration describes, or `own`, one of the caller's making, with the folder's parameters and states.
 * @throws TetradError IO, FORMAT; lists missing, extra and misshaped tensors
 */
export async function loadModel(engine: Engine, folder: string, own?: Model): Promise<TrainedModel> {
  const { config, tensors } = await readModelFolder(folder);
  const model = own ?? modelFromConfig(config);
  const store = engine.store(model.params);
  const faults: string[] = [];
  for (const name of store.names) {
    if (!tensors.entries.has(name)) faults.push(`missing ${name}`);
    else {
      const tensor = tensors.read(name);
      const expected = store.shape(name);
      if (formatShape(tensor.shape) === formatShape(expected)) store.set(name, tensor.data);
      else faults.push(`${name} is ${formatShape(tensor.shape)}, expected ${formatShape(expected)}`);
    }
  }
  for (const name of tensors.entries.keys()) if (!store.names.includes(name)) faults.push(`unexpected ${name}`);
  if (faults.length > 0)
    throw new TetradError("FORMAT", {
      op: folder,
      what: `weights do not fit the model: ${faults.join("; ")}`,
      hint: "config.json and model.safetensors must come from the same run",
    });
  return new TrainedModel(engine, model, store, config);
}
