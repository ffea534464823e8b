/** The work of `tetrad train`: a network for a table, from configuration to saved model. */
import { basename, dirname, extname, relative, resolve } from "node:path";
import { listed, writeFileAtomic } from "@tetrad/engine";
import { loadYaml } from "../config/load-yaml.js";
import { trainConfig } from "../config/train-config.js";
import type { Context } from "../context.js";
import { interruptible } from "../interrupt.js";
import { duration } from "../progress.js";
import { trainReport } from "../report/train-report.js";
import { resultText } from "../training/evaluate.js";
import { prepare } from "../training/prepare.js";
import { train } from "../training/train.js";

export interface TrainOptions {
  readonly out?: string;
  readonly resume?: boolean;
  readonly report?: string;
}

export async function trainAction({ terminal, withEngine }: Context, path: string, options: TrainOptions): Promise<void> {
  const config = await loadYaml(path, trainConfig);
  const out = options.out ?? config.out ?? `${basename(config.data, extname(config.data))}-model`;
  const prepared = await prepare(path, config);
  for (const note of prepared.notes) terminal.note(`note: ${note}`);
  const progress = terminal.progress("training");
  const begin = performance.now();
  const outcome = await withEngine((engine) =>
    interruptible((signal) =>
      train({
        engine,
        config,
        prepared,
        out,
        resume: options.resume ?? false,
        command: `tetrad train ${path}${options.out === undefined ? "" : ` --out ${options.out}`}`,
        signal,
        onProgress: (p) => {
          const validation = p.validationLoss === undefined ? "" : ` validation ${p.validationLoss.toExponential(2)}`;
          progress.update(
            p.step / p.steps,
            `epoch ${Math.min(p.epoch + 1, p.epochs)}/${p.epochs} loss ${p.loss.toExponential(2)}${validation} ${duration(p.secondsLeft)} left`,
          );
        },
      }),
    ).finally(() => progress.end()),
  );
  const seconds = (performance.now() - begin) / 1000;
  if (options.report !== undefined) await writeFileAtomic(options.report, trainReport({ config, prepared, outcome }));
  const { train: a, validation: b, test: c } = prepared.split;
  const { bold, dim } = terminal.colors;
  const text = [
    `${bold(`${config.target} from ${listed(prepared.preprocessing.inputs.map(({ name }) => name))}`)}`,
    `${outcome.parameters} parameters, ${a.length} rows to train, ${b.length} to validate, ${c.length} to test; ${outcome.steps} steps in ${duration(seconds)}, ${outcome.microsecondsPerStep.toFixed(1)} µs a step`,
    dim(outcome.placement),
    ...(outcome.test === undefined ? [] : ["", `on the ${c.length} rows kept for testing:`, resultText(outcome.test.result)]),
    "",
    `saved in ${out}; predict with: tetrad predict ${out} ${relative(".", resolve(dirname(path), config.data))}`,
  ].join("\n");
  terminal.result(text, {
    model: out,
    target: config.target,
    inputs: prepared.preprocessing.inputs.map(({ name }) => name),
    parameters: outcome.parameters,
    rows: { train: a.length, validation: b.length, test: c.length },
    steps: outcome.steps,
    seconds,
    microsecondsPerStep: outcome.microsecondsPerStep,
    placement: outcome.placement,
    finalLoss: outcome.history.loss.at(-1) ?? null,
    finalValidationLoss: outcome.history.validationLoss.at(-1) ?? null,
    test: outcome.test?.result ?? null,
    notes: prepared.notes,
    report: options.report ?? null,
  });
}
