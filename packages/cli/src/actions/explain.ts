/** The work of `tetrad explain`: every kernel launch of one training step, with what it costs. */
import type { Context } from "../context.js";
import { stepProgram } from "../training/step-program.js";

export interface ExplainOptions {
  /** The plan alone, without measurements. */
  readonly plan?: boolean;
}

export async function explainAction({ terminal, withEngine }: Context, path: string, { plan }: ExplainOptions): Promise<void> {
  const compile = await stepProgram(path);
  await withEngine(async (engine) => {
    const program = await compile(engine);
    const text = plan === true ? program.planText() : program.explain();
    terminal.result(text, {
      placement: program.placement,
      plan: program.planText(),
      launches: plan === true ? null : program.profile(),
    });
    program.close();
  });
}
