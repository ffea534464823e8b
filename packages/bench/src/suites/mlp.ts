/** One training step of small networks, where peers spend their time on dispatch, and of a larger one, where arithmetic decides. */
import { agree, compare } from "../measure/compare.js";
import { type Own, ofEach, openOwn, withEngines } from "../own/engine.js";
import { ownMlp } from "../own/mlp.js";
import { openAll } from "../peers/index.js";
import { LARGE, type MlpNetwork, mlpFlops, mlpProblem, ODD, SMALL } from "../problems/mlp.js";
import type { Comparison, Figure, Ratio, SuiteContext, SuiteResult } from "../suite.js";
import { absentNotes, comparisonTable } from "../text.js";

const AGREEMENT = 1e-4;

export async function run(context: SuiteContext): Promise<SuiteResult> {
  const fixed = context.threads.map((threads) => ({ threads }));
  // The small ones as a user has them, threads chosen by measurement; the large one at equal threads.
  const comparisons = await withEngines([{}, { build: "baseline" }], async (engines) => [
    await measure(context, SMALL, engines),
    await measure(context, ODD, engines),
  ]);
  comparisons.push(await withEngines([...fixed, { threads: 1, build: "baseline" }], (engines) => measure(context, LARGE, engines)));
  return {
    comparisons,
    tables: comparisons.map((comparison) => comparisonTable(comparison, "µs", `${comparison.name}, a step`)),
    figures: figures(comparisons as [Comparison, Comparison, Comparison]),
    notes: absentNotes(comparisons),
  };
}

async function measure(context: SuiteContext, network: MlpNetwork, engines: readonly Own[]): Promise<Comparison> {
  const problem = mlpProblem(network);
  const expected = await referenceLosses(network);
  // Where there is no relaxed SIMD, both builds are one.
  const different = engines.filter(({ label }, i) => engines.findIndex((other) => other.label === label) === i);
  const ours = await ofEach(different, (own) => ownMlp(own, problem));
  const field = await openAll(context.peers, "mlp", problem, context.threads);
  return compare(
    context,
    network.name,
    { ...field, contenders: [...ours, ...field.contenders] },
    (losses) => agree(losses, expected, AGREEMENT),
    {
      flops: mlpFlops(network),
    },
  );
}

/** Losses by the float64 reference backend, which has no kernels. */
async function referenceLosses(network: MlpNetwork): Promise<ArrayLike<number>> {
  const reference = await openOwn({ backend: "reference" });
  try {
    return await (await ownMlp(reference, mlpProblem(network))).result();
  } finally {
    await reference.close();
  }
}

function figures([small, odd, large]: readonly [Comparison, Comparison, Comparison]): Figure[] {
  const found: Figure[] = [];
  for (const [peer, label, goal] of [
    ["tfjs wasm", "TensorFlow.js", 40],
    ["torch, 1 thread", "PyTorch", 12],
  ] as const) {
    const [first, second] = [small.ratios[peer], odd.ratios[peer]];
    if (first === undefined || second === undefined) continue;
    found.push(
      { name: `${label} takes, first network`, value: first.value, goal, unit: "×", atLeast: true },
      { name: `second network's ratio of the first's, ${label}`, value: second.value / first.value, goal: 0.8, unit: "", atLeast: true },
    );
  }
  for (const [name, ratio] of Object.entries(large.ratios) as [string, Ratio][])
    if (name.startsWith("torch avx2"))
      found.push({ name: `784-512-256-10 against ${name}`, value: ratio.value, goal: 0.55, unit: "×", atLeast: true });
  return found;
}
