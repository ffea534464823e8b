/** How time grows: a training step with its rows, an encoder with its tokens, a matrix product with threads. */
import { agree, compare } from "../measure/compare.js";
import type { Contender } from "../measure/contender.js";
import { type Own, ofEach, ownProduct, withEngines } from "../own/engine.js";
import { ownMlp } from "../own/mlp.js";
import { ownBertForward } from "../own/transformers.js";
import { openAll, threadsText } from "../peers/index.js";
import { bertProblem } from "../problems/bert.js";
import { checkProduct, matrixProblem } from "../problems/gemm.js";
import { LARGE, mlpFlops, mlpProblem } from "../problems/mlp.js";
import { forwardFlops } from "../problems/transformer.js";
import type { Comparison, Curve, SuiteContext, SuiteResult, Table } from "../suite.js";
import { absentNotes, short } from "../text.js";
import { contenderOf, firstResult } from "./shared.js";

const AGREEMENT = 1e-3;
/** Losses and hidden states are of about this size. */
const SCALE = 1;
/** The curves of all peers would hide one another. */
const SHOWN = new Set(["tfjs", "torch-avx2"]);
/** Points are many, and a curve forgives what a ratio would not. */
const ROUNDS = 3;

/** One kind of work at growing sizes. */
interface Sweep<P> {
  readonly title: string;
  /** What grows. */
  readonly unit: string;
  readonly sizes: readonly number[];
  problem(size: number): P;
  readonly task: string;
  own(own: Own, problem: P): Promise<Contender>;
  flops(problem: P): number;
}

const ROWS: Sweep<ReturnType<typeof mlpProblem>> = {
  title: "Adam step of 784-512-256-10",
  unit: "row",
  sizes: [1, 8, 64, 512],
  problem: (rows) => mlpProblem({ ...LARGE, rows }),
  task: "mlp",
  own: ownMlp,
  flops: mlpFlops,
};

const TOKENS: Sweep<ReturnType<typeof bertProblem>> = {
  title: "forward of MiniLM's shapes, 4 sequences",
  unit: "token",
  sizes: [16, 64, 256],
  problem: (tokens) => bertProblem(4, tokens),
  task: "bertForward",
  own: ownBertForward,
  flops: forwardFlops,
};

interface Swept {
  readonly comparisons: readonly Comparison[];
  readonly tables: readonly Table[];
  readonly curves: readonly Curve[];
}

export async function run(full: SuiteContext): Promise<SuiteResult> {
  const context = { ...full, effort: { ...full.effort, rounds: Math.min(ROUNDS, full.effort.rounds) } };
  const rows = await sweep(context, ROWS);
  const tokens = await sweep(context, TOKENS);
  const threads = await sweepThreads(context);
  const parts = [rows, tokens, threads];
  const comparisons = parts.flatMap((part) => part.comparisons);
  return {
    comparisons,
    tables: parts.flatMap((part) => part.tables),
    figures: [],
    notes: absentNotes(comparisons),
    curves: parts.flatMap((part) => part.curves),
  };
}

async function sweep<P>(context: SuiteContext, { title, unit, sizes, problem, task, own, flops }: Sweep<P>): Promise<Swept> {
  const { threads } = context;
  const peers = context.peers.filter(({ name }) => SHOWN.has(name));
  const options = threads.map((count) => ({ threads: count }));
  const comparisons = await withEngines(options, async (engines) => {
    const found: Comparison[] = [];
    for (const size of sizes) {
      const made = problem(size);
      const ours = await ofEach(engines, (engine) => own(engine, made));
      const field = await openAll(peers, task, made, threads);
      const contenders = [...ours, ...field.contenders];
      const check = firstResult((result, expected) => agree(result, expected, AGREEMENT, SCALE));
      found.push(await compare(context, `${title}, ${size} ${unit}s`, { ...field, contenders }, check, { flops: flops(made) }));
    }
    return found;
  });
  const names = [...new Set(comparisons.flatMap(({ timings }) => Object.keys(timings)))];
  const microseconds = ({ timings }: Comparison, name: string) => (timings[name]?.median ?? Number.NaN) * 1000;
  return {
    comparisons,
    tables: [
      {
        title: `${title}, µs`,
        header: [`${unit}s`, ...names],
        rows: comparisons.map((one, i) => [`${sizes[i]}`, ...names.map((name) => short(microseconds(one, name)))]),
      },
    ],
    curves: names.map((label) => ({
      chart: title,
      label,
      ...contenderOf(comparisons, label),
      xLabel: `${unit}s`,
      yLabel: `µs a ${unit}`,
      points: comparisons
        .map((one, i) => [sizes[i] as number, microseconds(one, label) / (sizes[i] as number)] as const)
        .filter(([, y]) => Number.isFinite(y)),
    })),
  };
}

/** One, two, four … threads, up to the most that this run may use. */
async function sweepThreads(context: SuiteContext): Promise<Swept> {
  const most = context.threads.at(-1) as number;
  const powers = Array.from({ length: 16 }, (_, i) => 2 ** i).filter((count) => count < most);
  const counts = [...powers, most];
  const problem = matrixProblem(1024, 1024, 1024, "f32");
  const flops = 2 * 1024 ** 3;
  const options = counts.map((count) => ({ threads: count }));
  const measured = await withEngines(options, async (engines) => {
    const found: { readonly comparison: Comparison; readonly rate: number }[] = [];
    for (const [i, own] of engines.entries()) {
      const field = { contenders: [await ownProduct(own, problem)], absent: {} };
      const name = `f32 1024 × 1024 × 1024, ${threadsText(counts[i] as number)}`;
      const comparison = await compare(context, name, field, (product) => checkProduct(problem, product), { flops });
      found.push({ comparison, rate: flops / (comparison.timings[own.label] as { median: number }).median / 1e6 });
    }
    return found;
  });
  const first = measured[0]?.rate as number;
  return {
    comparisons: measured.map(({ comparison }) => comparison),
    tables: [
      {
        title: "f32 product, n = 1024",
        header: ["threads", "GFLOP/s", "of one thread"],
        rows: measured.map(({ rate }, i) => [`${counts[i]}`, short(rate), `${short(rate / first)} ×`]),
      },
    ],
    curves: [
      {
        chart: "f32 product, n = 1024",
        label: "tetrad",
        who: "tetrad",
        xLabel: "threads",
        yLabel: "GFLOP/s",
        points: measured.map(({ rate }, i) => [counts[i] as number, rate] as const),
      },
    ],
  };
}
