/** The work of `tetrad tune`: compile, search, keep the result. */
import { stat } from "node:fs/promises";
import { type Engine, type FunctionProgram, type TrainProgram, type Tuned, writeFileAtomic } from "@tetrad/engine";
import type { Context } from "../context.js";
import { loadSaved } from "../training/saved-model.js";
import { stepProgram } from "../training/step-program.js";
import { saveTuning, tuningText } from "../tuning-cache.js";

export interface TuneOptions {
  readonly seconds: number;
  readonly export?: string;
}

export async function tuneAction(
  { terminal, withEngine }: Context,
  env: Readonly<Record<string, string | undefined>>,
  path: string,
  { seconds, export: file }: TuneOptions,
): Promise<void> {
  const folder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const compile = folder ? predictionProgram(path) : await stepProgram(path);
  await withEngine(async (engine) => {
    const program = await compile(engine);
    const tuned = program.tune({ seconds });
    const cached = await saveTuning(env, tuned.table);
    if (file !== undefined) await writeFileAtomic(file, tuningText(tuned.table));
    terminal.result(textOf(tuned, folder ? "prediction" : "step", file === undefined ? [cached] : [cached, file]), {
      threads: tuned.threads,
      microseconds: tuned.microseconds,
      times: tuned.times,
      variants: Object.fromEntries(Object.entries(tuned.table.launches).map(([launch, { variant }]) => [launch, variant])),
      untried: tuned.untried,
      cached,
      exported: file ?? null,
    });
    program.close();
  });
}

/** A model's prediction of one full batch, on numbers like those that standardised columns hold. */
function predictionProgram(folder: string): (engine: Engine) => Promise<FunctionProgram | TrainProgram> {
  return async (engine) => {
    const { model } = await loadSaved(engine, folder);
    const program = await model.program();
    program.set({ x: Float32Array.from({ length: program.inputSize("x") }, (_, i) => Math.sin(i)) });
    return program;
  };
}

function textOf({ threads, microseconds, times, table, untried }: Tuned, what: string, files: readonly string[]): string {
  const lines = [
    `threads   ${threads}: ${times.map((time) => `${time.microseconds.toFixed(1)} µs on ${time.threads}`).join(", ")}`,
    ...Object.entries(table.launches).map(([launch, { variant }]) => `variant   ${variant} for ${launch}`),
    ...(untried > 0 ? [`untried   ${untried} launches: give it more --seconds`] : []),
    `one ${what}  ${microseconds.toFixed(1)} µs`,
    `kept in   ${files.join(" and ")}`,
  ];
  return lines.join("\n");
}
