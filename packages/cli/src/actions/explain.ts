/** The work of `tetrad explain`: every kernel launch of one training step, with what it costs. */
import type { Tensor } from "@tetrad/engine";
import { loadYaml } from "../config/load-yaml.js";
import { trainConfig } from "../config/train-config.js";
import type { Context } from "../context.js";
import { buildLoss, buildModel, buildOptimizer } from "../training/build.js";
import { encodePart, prepare } from "../training/prepare.js";

export interface ExplainOptions {
  /** The plan alone, without measurements. */
  readonly plan?: boolean;
}

export async function explainAction({ terminal, withEngine }: Context, path: string, { plan }: ExplainOptions): Promise<void> {
  const config = await loadYaml(path, trainConfig);
  const prepared = await prepare(path, config);
  const { preprocessing, split } = prepared;
  const batch = encodePart(prepared, split.train.slice(0, config.batchSize));
  const model = buildModel(config, preprocessing);
  const loss = buildLoss(preprocessing);
  await withEngine(async (engine) => {
    const store = engine.store(model.params, { seed: config.seed });
    const program = await engine.compile(
      store,
      { x: batch.x.shape, y: { shape: batch.y.shape, dtype: preprocessing.target.kind === "number" ? "f32" : "i32" } },
      (params, { x, y }) => loss(model.apply(params, x as Tensor, { training: true }), y as Tensor),
      { optimizer: buildOptimizer(config) },
    );
    program.set({ x: batch.x.data, y: batch.y.data });
    const text = plan === true ? program.planText() : program.explain();
    terminal.result(text, {
      placement: program.placement,
      plan: program.planText(),
      launches: plan === true ? null : program.profile(),
    });
    program.close();
  });
}
