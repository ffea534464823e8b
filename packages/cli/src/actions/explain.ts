/** The work of `tetrad explain`: every kernel launch of one training step, with what it costs. */
import type { LaunchChoice } from "@tetrad/engine";
import type { Context } from "../context.js";
import { stepProgram } from "../training/step-program.js";

export interface ExplainOptions {
  /** The plan alone, without measurements. */
  readonly plan?: boolean;
  /** Variants of kernels and threads, with the source of each choice. */
  readonly why?: boolean;
}

/** Steps after which the number of threads is measured: 4 to warm up and 6 for each of at most some candidates. */
const DECIDING_STEPS = 64;

export async function explainAction({ terminal, withEngine }: Context, path: string, { plan, why }: ExplainOptions): Promise<void> {
  const compile = await stepProgram(path);
  await withEngine(async (engine) => {
    const program = await compile(engine);
    if (why === true) {
      for (let step = 0; step < DECIDING_STEPS; step++) await program.step();
      const choices = program.choices();
      terminal.result(whyText(program.placement, engine.describe().why, choices), {
        placement: program.placement,
        backend: engine.describe().why,
        choices: choices.map(({ title, variant = null, source }) => ({ title, variant, source })),
      });
      program.close();
      return;
    }
    const text = plan === true ? program.planText() : await program.explainAsync();
    terminal.result(text, {
      placement: program.placement,
      plan: program.planText(),
      launches: plan === true ? null : await program.profileAsync(),
    });
    program.close();
  });
}

function whyText(placement: string, backend: string, choices: readonly LaunchChoice[]): string {
  const width = Math.max(...choices.map(({ title }) => title.length));
  return [
    `backend  ${backend}`,
    `threads  ${placement}`,
    ...choices.map(({ title, variant, source }) => `${title.padEnd(width)}  ${variant === undefined ? "" : `${variant}: `}${source}`),
  ].join("\n");
}
