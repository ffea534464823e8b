/** How time grows: a training step with its rows, a matrix product with threads. */
import { agree, compare } from "../measure/compare.js";
import { ofEach, ownProduct, withEngines } from "../own/engine.js";
import { ownMlp } from "../own/mlp.js";
import { openAll, threadsText } from "../peers/index.js";
import { checkProduct, matrixProblem } from "../problems/gemm.js";
import { LARGE, mlpFlops, mlpProblem } from "../problems/mlp.js";
import type { Comparison, Curve, SuiteContext, SuiteResult } from "../suite.js";
import { absentNotes, short } from "../text.js";
import { contenderOf, firstResult } from "./shared.js";

const ROWS = [1, 4, 16, 64, 256, 1024];
const AGREEMENT = 1e-3;
/** Peers whose step is known; the curves of all would hide one another. */
const SHOWN = new Set(["tfjs", "torch-avx2"]);

export async function run(context: SuiteContext): Promise<SuiteResult> {
  const byRows = await rowsOf(context);
  const byThreads = await threadsOf(context);
  const names = [...new Set(byRows.flatMap(({ comparison }) => Object.keys(comparison.timings)))];
  const microseconds = (comparison: Comparison, name: string) => (comparison.timings[name]?.median ?? Number.NaN) * 1000;
  const curves: Curve[] = names.map((label) => ({
    chart: "Adam step of 784-512-256-10 against rows",
    label,
    ...contenderOf(
      byRows.map(({ comparison }) => comparison),
      label,
    ),
    xLabel: "rows in a batch",
    yLabel: "µs a row",
    points: byRows
      .map(({ rows, comparison }) => [rows, microseconds(comparison, label) / rows] as const)
      .filter(([, y]) => Number.isFinite(y)),
  }));
  curves.push({
    chart: "f32 product, n = 1024, against threads",
    label: "tetrad",
    who: "tetrad",
    xLabel: "threads",
    yLabel: "GFLOP/s",
    points: byThreads.map(({ threads, rate }) => [threads, rate] as const),
  });
  const comparisons = [...byRows.map(({ comparison }) => comparison), ...byThreads.map(({ comparison }) => comparison)];
  return {
    comparisons,
    tables: [
      {
        title: "Adam step of 784-512-256-10, µs",
        header: ["rows", ...names],
        rows: byRows.map(({ rows, comparison }) => [`${rows}`, ...names.map((name) => short(microseconds(comparison, name)))]),
      },
      {
        title: "f32 product, n = 1024",
        header: ["threads", "GFLOP/s", "of one thread"],
        rows: byThreads.map(({ threads, rate }) => [`${threads}`, short(rate), `${short(rate / (byThreads[0]?.rate as number))} ×`]),
      },
    ],
    figures: [],
    notes: absentNotes(comparisons),
    curves,
  };
}

interface AtRows {
  readonly rows: number;
  readonly comparison: Comparison;
}

async function rowsOf(context: SuiteContext): Promise<AtRows[]> {
  const { threads } = context;
  const peers = context.peers.filter(({ name }) => SHOWN.has(name));
  return withEngines(
    threads.map((count) => ({ threads: count })),
    async (engines) => {
      const found: AtRows[] = [];
      for (const rows of ROWS) {
        const network = { ...LARGE, rows };
        const problem = mlpProblem(network);
        const ours = await ofEach(engines, (own) => ownMlp(own, problem));
        const field = await openAll(peers, "mlp", problem, threads);
        const check = firstResult((losses, expected) => agree(losses, expected, AGREEMENT));
        const comparison = await compare(
          context,
          `784-512-256-10, ${rows} rows`,
          { ...field, contenders: [...ours, ...field.contenders] },
          check,
          {
            flops: mlpFlops(network),
          },
        );
        found.push({ rows, comparison });
      }
      return found;
    },
  );
}

interface AtThreads {
  readonly threads: number;
  readonly rate: number;
  readonly comparison: Comparison;
}

/** One, two, four … threads, up to the most that this run may use. */
async function threadsOf(context: SuiteContext): Promise<AtThreads[]> {
  const most = context.threads.at(-1) as number;
  const counts = [...new Set([...Array.from({ length: 16 }, (_, i) => 2 ** i).filter((count) => count < most), most])];
  const problem = matrixProblem(1024, 1024, 1024, "f32");
  const flops = 2 * 1024 ** 3;
  return withEngines(
    counts.map((count) => ({ threads: count })),
    async (engines) => {
      const found: AtThreads[] = [];
      for (const own of engines) {
        const threads = own.threads as number;
        const field = { contenders: [await ownProduct(own, problem)], absent: {} };
        const comparison = await compare(
          context,
          `f32 1024 × 1024 × 1024, ${threadsText(threads)}`,
          field,
          (product) => checkProduct(problem, product),
          { flops },
        );
        found.push({ threads, rate: flops / (comparison.timings[own.label] as { median: number }).median / 1e6, comparison });
      }
      return found;
    },
  );
}
