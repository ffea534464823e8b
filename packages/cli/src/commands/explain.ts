/** `tetrad explain CONFIG.yaml`: every kernel launch of one training step, with what it costs. */
import type { Tensor } from "@tetrad/engine";
import { Command } from "commander";
import { loadYaml } from "../config/load-yaml.js";
import { trainConfig } from "../config/train-config.js";
import { buildLoss, buildModel, buildOptimizer } from "../training/build.js";
import { encodePart, prepare } from "../training/prepare.js";
import type { Io } from "../terminal.js";
import { contextOf } from "./context.js";

export function explainCommand(io: Io): Command {
  return new Command("explain")
    .description("show what one training step does: every launch with shapes, bytes, operations, time and share of the machine's limits")
    .argument("<config>", "YAML file of `tetrad train`")
    .option("--plan", "print the plan alone, without measurements: the same text on every machine")
    .addHelpText(
      "after",
      "\nExamples:\n  tetrad explain examples/iris/train.yaml\n  tetrad explain examples/iris/train.yaml --plan\n  tetrad explain examples/iris/train.yaml --json",
    )
    .action(async (path: string, { plan }: { plan?: boolean }, command: Command) => {
      const { terminal, withEngine } = contextOf(command, io);
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
    });
}
