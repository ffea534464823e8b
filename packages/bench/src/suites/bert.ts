/** Sentence encoders of MiniLM's shapes: forward of one short text and of a batch, and a training step. */
import { agree, compare } from "../measure/compare.js";
import { ofEach, withEngines } from "../own/engine.js";
import { ownBertForward, ownBertStep } from "../own/transformers.js";
import { openAll } from "../peers/index.js";
import { bertProblem } from "../problems/bert.js";
import { forwardFlops } from "../problems/transformer.js";
import type { Comparison, Figure, SuiteContext, SuiteResult } from "../suite.js";
import { absentNotes, comparisonTable } from "../text.js";
import { avx2Figures, firstResult } from "./shared.js";

const WORK = [
  { name: "forward, 1 × 16 tokens", task: "bertForward", rows: 1, tokens: 16, open: ownBertForward },
  { name: "forward, 32 × 64 tokens", task: "bertForward", rows: 32, tokens: 64, open: ownBertForward },
  { name: "AdamW step, 16 × 64 tokens", task: "bertStep", rows: 16, tokens: 64, open: ownBertStep },
] as const;

/** Hidden states are of size 1 after the last norm, so their error is counted against that, not against each number's own size. */
const AGREEMENT = { bertForward: { tolerance: 1e-3, scale: 1 }, bertStep: { tolerance: 1e-3, scale: 0 } };

export async function run(context: SuiteContext): Promise<SuiteResult> {
  const { peers, threads } = context;
  return withEngines(
    threads.map((count) => ({ threads: count })),
    async (engines) => {
      const comparisons: Comparison[] = [];
      for (const { name, task, rows, tokens, open } of WORK) {
        const problem = bertProblem(rows, tokens);
        const ours = await ofEach(engines, (own) => open(own, problem));
        const field = await openAll(peers, task, problem, threads);
        const { tolerance, scale } = AGREEMENT[task];
        const check = firstResult((result, expected) => agree(result, expected, tolerance, scale));
        const flops = forwardFlops(problem) * (task === "bertStep" ? 3 : 1);
        comparisons.push(await compare(context, name, { ...field, contenders: [...ours, ...field.contenders] }, check, { flops }));
      }
      return {
        comparisons,
        tables: comparisons.map((comparison) => comparisonTable(comparison, "ms")),
        figures: figures(comparisons),
        notes: absentNotes(comparisons),
      };
    },
  );
}

function figures([short, batch, step]: readonly Comparison[]): Figure[] {
  const found: Figure[] = [];
  for (const comparison of [short, batch] as Comparison[]) {
    for (const [peer, { value }] of Object.entries(comparison.ratios))
      if (peer.startsWith("ort web"))
        found.push({ name: `${comparison.name} against ${peer}`, value, goal: 1.4, unit: "×", atLeast: true });
    found.push(...avx2Figures(comparison, 0.45));
  }
  found.push(...avx2Figures(step as Comparison, 0.58));
  return found;
}
