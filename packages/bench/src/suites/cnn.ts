/** An Adam step of a convolutional network, batch 64 of 28 × 28 pictures. */
import { agree, compare } from "../measure/compare.js";
import { ownCnn } from "../own/cnn.js";
import { ofEach, withEngines } from "../own/engine.js";
import { openAll } from "../peers/index.js";
import { cnnFlops, cnnProblem } from "../problems/cnn.js";
import type { SuiteContext, SuiteResult } from "../suite.js";
import { absentNotes, comparisonTable } from "../text.js";
import { avx2Figures, firstResult } from "./shared.js";

const AGREEMENT = 1e-3;

export async function run(context: SuiteContext): Promise<SuiteResult> {
  const { peers, threads } = context;
  return withEngines(
    threads.map((count) => ({ threads: count })),
    async (engines) => {
      const problem = cnnProblem();
      const ours = await ofEach(engines, (own) => ownCnn(own, problem));
      const field = await openAll(peers, "cnn", problem, threads);
      const check = firstResult((losses, expected) => agree(losses, expected, AGREEMENT));
      const comparison = await compare(
        context,
        "conv 32, conv 64, 128, 10, batch 64",
        { ...field, contenders: [...ours, ...field.contenders] },
        check,
        { flops: cnnFlops(problem.rows) },
      );
      return {
        comparisons: [comparison],
        tables: [comparisonTable(comparison, "ms", `${comparison.name}, a step`)],
        figures: avx2Figures(comparison, 0.6),
        notes: absentNotes([comparison]),
      };
    },
  );
}
