/** One training step of a configuration as a program on real rows: what explain, trace and tune look at. */
import type { Engine, Tensor, TrainProgram } from "@tetrad/engine";
import { loadYaml } from "../config/load-yaml.js";
import { trainConfig } from "../config/train-config.js";
import { buildLoss, buildModel, buildOptimizer } from "./build.js";
import { encodePart, prepare } from "./prepare.js";

/** Reads configuration and table; the result compiles the step for an engine and writes the first batch. */
export async function stepProgram(path: string): Promise<(engine: Engine) => Promise<TrainProgram>> {
  const config = await loadYaml(path, trainConfig);
  const prepared = await prepare(path, config);
  const { preprocessing, split } = prepared;
  const batch = encodePart(prepared, split.train.slice(0, config.batchSize));
  const model = buildModel(config, preprocessing);
  const loss = buildLoss(preprocessing);
  // As engine.fit declares them, so that the plan is the one that training runs, and what is tuned here is found there.
  const bounded = split.train.length % batch.rows.length === 0 ? {} : { bounded: "batch" };
  return async (engine) => {
    const store = engine.store(model.params, { seed: config.seed });
    const program = await engine.compile(
      store,
      {
        x: { shape: batch.x.shape, ...bounded },
        y: { shape: batch.y.shape, dtype: preprocessing.target.kind === "number" ? "f32" : "i32", ...bounded },
      },
      (params, { x, y }) => loss(model.apply(params, x as Tensor, { training: true }), y as Tensor),
      { optimizer: buildOptimizer(config) },
    );
    program.set({ x: batch.x.data, y: batch.y.data });
    return program;
  };
}
