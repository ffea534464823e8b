/** A training step of a small GPT: 6 layers, 192 wide, 128 tokens of context, 16 sequences. */
import { agree, compare } from "../measure/compare.js";
import { ofEach, withEngines } from "../own/engine.js";
import { ownGptStep } from "../own/transformers.js";
import { openAll } from "../peers/index.js";
import { gptProblem } from "../problems/gpt.js";
import { forwardFlops } from "../problems/transformer.js";
import type { SuiteContext, SuiteResult } from "../suite.js";
import { absentNotes, comparisonTable } from "../text.js";
import { avx2Figures, firstResult } from "./shared.js";

const AGREEMENT = 1e-3;

export async function run(context: SuiteContext): Promise<SuiteResult> {
  const { peers, threads } = context;
  return withEngines(
    threads.map((count) => ({ threads: count })),
    async (engines) => {
      const problem = gptProblem(16, 128);
      const ours = await ofEach(engines, (own) => ownGptStep(own, problem));
      const field = await openAll(peers, "gptStep", problem, threads);
      const { vocabulary, width } = problem.config;
      const flops = 3 * (forwardFlops(problem) + 2 * problem.rows * problem.tokens * vocabulary * width);
      const comparison = await compare(
        context,
        "AdamW step, 16 × 128 tokens",
        { ...field, contenders: [...ours, ...field.contenders] },
        firstResult((losses, expected) => agree(losses, expected, AGREEMENT)),
        { flops },
      );
      return {
        comparisons: [comparison],
        tables: [comparisonTable(comparison, "ms")],
        figures: avx2Figures(comparison, 0.75),
        notes: absentNotes([comparison]),
      };
    },
  );
}
