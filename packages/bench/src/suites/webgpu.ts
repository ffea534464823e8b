/** The WebGPU backend beside the WebGPU backends of other libraries, on the adapter that all of them find; a call lasts until its result has been read. */
import { type Engine, matmul, type Tensor } from "@tetrad/engine";
import { agree, compare } from "../measure/compare.js";
import type { Contender } from "../measure/contender.js";
import { median } from "../measure/statistics.js";
import { type Own, ownProduct, withEngines } from "../own/engine.js";
import { ownGpuOp } from "../own/gpu-op.js";
import { ownMlp } from "../own/mlp.js";
import { ownGptStep } from "../own/transformers.js";
import { openAll } from "../peers/index.js";
import { checkProduct, matrixProblem } from "../problems/gemm.js";
import { gptProblem } from "../problems/gpt.js";
import { gpuOpProblems } from "../problems/gpu-ops.js";
import { LARGE, mlpFlops, mlpProblem } from "../problems/mlp.js";
import { forwardFlops } from "../problems/transformer.js";
import type { Comparison, Figure, SuiteContext, SuiteResult } from "../suite.js";
import { absentNotes, comparisonTable } from "../text.js";
import { firstResult } from "./shared.js";

const SIZES = [256, 512, 1024];
/** Sums of 512 terms in another order, and peers' polynomials for erf (Abramowitz and Stegun 7.1.26, 1.5e-7). */
const AGREEMENT = 1e-4;
const STEPS_AGREEMENT = 2e-4;
const GOAL = 1.5;

const SMALL = { layers: 2, width: 128, heads: 4, intermediate: 512, vocabulary: 512, positions: 64 } as const;

/** A call of a peer takes up to 4.5 s on a software adapter. */
const ROUNDS = 5;

export async function run(full: SuiteContext): Promise<SuiteResult> {
  const context = { ...full, effort: { ...full.effort, rounds: Math.min(ROUNDS, full.effort.rounds) } };
  return withEngines([{ backend: "webgpu" }], async ([first]) => {
    const own = first as Own;
    const comparisons: Comparison[] = [];
    const measure = async (
      name: string,
      task: string,
      problem: unknown,
      ours: Contender,
      check: (result: ArrayLike<number>) => void,
      work: { readonly flops: number; readonly bytes?: number },
    ): Promise<void> => {
      const field = await openAll(context.peers, `gpu-${task}`, problem, context.threads);
      comparisons.push(await compare(context, name, { ...field, contenders: [ours, ...field.contenders] }, check, work));
    };
    for (const n of SIZES) {
      const problem = matrixProblem(n, n, n, "f32");
      const work = { flops: 2 * n ** 3, bytes: 12 * n * n };
      await measure(`GEMM ${n}`, "gemm", problem, await ownProduct(own, problem), (product) => checkProduct(problem, product), work);
    }
    for (const problem of gpuOpProblems()) {
      const { op, shape, operands, eps, flops, bytes } = problem;
      const check = firstResult((result, expected) => agree(result, expected, AGREEMENT, 1));
      const sent = { shape, eps, ...operands };
      await measure(`${op} [${shape.join(", ")}]`, op, sent, await ownGpuOp(own, problem), check, { flops, bytes });
    }
    const losses = () => firstResult((result, expected) => agree(result, expected, STEPS_AGREEMENT));
    const mlp = mlpProblem(LARGE);
    await measure(`step of ${LARGE.name}`, "mlp", mlp, await ownMlp(own, mlp), losses(), { flops: mlpFlops(LARGE) });
    // Plain Adam, which all have.
    const plain = gptProblem(4, SMALL.positions, SMALL);
    const gpt = { ...plain, optimizer: { ...plain.optimizer, lr: 1e-3, weightDecay: 0 } };
    const name = "step of a transformer, 2 layers of 128, 4 × 64 tokens";
    await measure(name, "gpt", gpt, await ownGptStep(own, gpt), losses(), { flops: 3 * forwardFlops(gpt) });
    context.log("launches");
    const seconds = await hostSeconds(own.engine);
    return {
      comparisons,
      tables: comparisons.map((comparison) => comparisonTable(comparison, "ms", comparison.name)),
      figures: [
        ...comparisons.flatMap(figures),
        { name: `host time a launch, of ${LAUNCHES} in a submit`, value: seconds * 1e6, goal: 4, unit: "µs", atLeast: false },
        { name: "launches a second of host time", value: 1 / seconds, goal: 200_000, unit: "", atLeast: true },
      ],
      notes: [`adapter: ${own.engine.describe().why}`, ...absentNotes(comparisons)],
    };
  });
}

const LAUNCHES = 512;
const CALLS = 30;

/** Seconds of the calling thread for one launch, through the whole public API: until the device has the work, not until it has done it. */
async function hostSeconds(engine: Engine): Promise<number> {
  const program = await engine.compileFunction(
    ({ x }) => {
      let y = x as Tensor;
      for (let i = 0; i < LAUNCHES; i++) y = matmul(y, x as Tensor);
      return { y };
    },
    { x: [4, 4] },
  );
  program.set({ x: new Float32Array(16).fill(0.25) });
  const times: number[] = [];
  for (let call = 0; call < CALLS; call++) {
    const begin = performance.now();
    const answer = program.call();
    times.push(performance.now() - begin);
    const { y } = await answer;
    if (y?.[0] !== 0.25) throw new Error(`${LAUNCHES} products of quarters give ${y?.[0]}`);
  }
  program.close();
  return median(times) / 1e3 / LAUNCHES;
}

function figures({ name, ratios }: Comparison): Figure[] {
  return Object.entries(ratios).map(([peer, { value }]) => ({
    name: `${name} against ${peer}`,
    value,
    goal: GOAL,
    unit: "×",
    atLeast: true,
  }));
}
