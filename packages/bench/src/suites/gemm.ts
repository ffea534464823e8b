/** Matrix products: rate, share of the machine's own peak measured in the same rounds, two threads against one, and shapes at which blocked kernels fall off a cliff. */
import { type Absent, compare } from "../measure/compare.js";
import { pairedRatio } from "../measure/statistics.js";
import { YARDSTICK_FLOPS } from "../measure/yardstick.js";
import { type Own, ofEach, ownProduct, withEngines } from "../own/engine.js";
import { openAll } from "../peers/index.js";
import { checkProduct, type MatrixProblem, matrixProblem } from "../problems/gemm.js";
import type { Comparison, Curve, Figure, RooflinePoint, SuiteContext, SuiteResult, Table, Timing } from "../suite.js";
import { absentNotes, percent, ratioText, short } from "../text.js";
import { contenderOf } from "./shared.js";

const SQUARES = [64, 128, 256, 512, 1024];
/** One off the blocks' sizes, primes, and the thin shapes of small networks and of vectors. */
const ODD: readonly (readonly [m: number, n: number, k: number])[] = [
  ...[63, 65, 127, 129, 193, 255, 257, 331, 513, 1023].map((n) => [n, n, n] as const),
  [1, 1024, 1024],
  [1024, 1, 1024],
  [1024, 1024, 1],
  [3, 3, 4096],
  [7, 4096, 64],
  [4096, 7, 64],
  [32, 64, 4],
  [17, 48, 5],
  [1000, 10, 784],
];
/** Odd shapes are there for cliffs of a factor, not for percents. */
const ODD_ROUNDS = 3;

interface Measured extends Comparison {
  readonly problem: MatrixProblem;
  readonly flops: number;
}

export async function run(context: SuiteContext): Promise<SuiteResult> {
  const { peers, threads } = context;
  return withEngines(
    threads.map((count) => ({ threads: count })),
    async (engines) => {
      const measure = async (problem: MatrixProblem, withPeers: boolean): Promise<Measured> => {
        const { m, n, k, dtype } = problem;
        const ours = await ofEach(engines, (own) => ownProduct(own, problem));
        const field = withPeers ? await openAll(peers, "gemm", problem, threads) : { contenders: [], absent: {} as Absent };
        const flops = 2 * m * n * k;
        const comparison = await compare(
          withPeers ? context : { ...context, effort: { ...context.effort, rounds: Math.min(ODD_ROUNDS, context.effort.rounds) } },
          `${dtype} ${m} × ${n} × ${k}`,
          { ...field, contenders: [...ours, ...field.contenders] },
          (product) => checkProduct(problem, product),
          { flops, bytes: (dtype === "f32" ? 4 : 8) * (m * k + k * n + m * n) },
        );
        return { ...comparison, flops, problem };
      };
      const squares: Measured[] = [];
      for (const dtype of ["f32", "f64"] as const)
        for (const n of SQUARES) squares.push(await measure(matrixProblem(n, n, n, dtype), true));
      const odd: Measured[] = [];
      for (const [m, n, k] of ODD) odd.push(await measure(matrixProblem(m, n, k, "f32"), false));
      return describe(squares, odd, engines);
    },
  );
}

async function describe(squares: readonly Measured[], odd: readonly Measured[], engines: readonly Own[]): Promise<SuiteResult> {
  const { flopsPerSecond, bytesPerSecond } = await (engines[0] as Own).engine.backend.machine();
  const roof = { flopsPerSecond, bytesPerSecond };
  const labels = engines.map(({ label }) => label);
  const [one, many] = [labels[0] as string, labels.at(-1) as string];
  const all = [...squares, ...odd];
  const plain = all.map(({ problem: _, ...comparison }) => comparison);
  return {
    comparisons: plain,
    tables: [
      ...(["f32", "f64"] as const).flatMap((dtype) => {
        const rows = squares.filter(({ problem }) => problem.dtype === dtype);
        return [rateTable(dtype, rows), ratioTable(dtype, rows)].filter((table) => table.header.length > 1);
      }),
      {
        title: "f32, odd shapes, GFLOP/s",
        header: ["m × n × k", ...labels, "share of peak"],
        rows: odd.map((row) => [row.name.slice(4), ...labels.map((label) => short(rate(row, label))), percent(share(row, one))]),
      },
    ],
    figures: figures(squares, odd, one, many, engines.at(-1)?.threads ?? 1),
    notes: absentNotes(all),
    roof,
    curves: (["f32", "f64"] as const).flatMap((dtype) =>
      rateCurves(
        dtype,
        squares.filter(({ problem }) => problem.dtype === dtype),
      ),
    ),
    points: all.filter(({ problem }) => problem.dtype === "f32").map((row) => point(row, one)),
  };
}

function timing({ timings }: Comparison, name: string): Timing {
  return timings[name] as Timing;
}

/** GFLOP/s */
function rate(row: Measured, name: string): number {
  return row.flops / timing(row, name).median / 1e6;
}

/** Operations of the yardstick's call; a vector holds half as many f64 as f32. */
function peakFlops({ problem }: Measured): number {
  return problem.dtype === "f64" ? YARDSTICK_FLOPS / 2 : YARDSTICK_FLOPS;
}

/** Share of the peak of one thread, within rounds. */
function share(row: Measured, name: string): number {
  return (row.flops / peakFlops(row)) * pairedRatio(row.yardstick, timing(row, name).rounds).value;
}

function rateTable(dtype: string, rows: readonly Measured[]): Table {
  const names = [...new Set(rows.flatMap(({ timings }) => Object.keys(timings)))];
  return {
    title: `${dtype}, GFLOP/s (share of the 128-bit multiply-add peak of one thread)`,
    header: ["n", ...names],
    rows: rows.map((row) => [
      `${row.problem.n}`,
      ...names.map((name) => (row.timings[name] === undefined ? "" : `${short(rate(row, name))} (${percent(share(row, name))})`)),
    ]),
  };
}

function ratioTable(dtype: string, rows: readonly Measured[]): Table {
  const names = [...new Set(rows.flatMap(({ ratios }) => Object.keys(ratios)))];
  return {
    title: `${dtype}, times as long as ours with as many threads [95 %]`,
    header: names.length === 0 ? ["n"] : ["n", ...names],
    rows: rows.map((row) => [`${row.problem.n}`, ...names.map((name) => ratioText(row.ratios[name]))]),
  };
}

function rateCurves(dtype: string, rows: readonly Measured[]): Curve[] {
  return [...new Set(rows.flatMap(({ timings }) => Object.keys(timings)))].map((label) => ({
    chart: `${dtype} products n × n × n`,
    label,
    ...contenderOf(rows, label),
    xLabel: "n",
    yLabel: "GFLOP/s",
    points: rows.filter(({ timings }) => timings[label] !== undefined).map((row) => [row.problem.n, rate(row, label)] as const),
  }));
}

function point(row: Measured, name: string): RooflinePoint {
  return { label: row.name, flopsPerByte: row.flops / (row.bytes as number), flopsPerSecond: rate(row, name) * 1e9 };
}

function figures(squares: readonly Measured[], odd: readonly Measured[], one: string, many: string, threads: number): Figure[] {
  const square = (n: number, dtype: "f32" | "f64" = "f32") =>
    squares.find(({ problem }) => problem.n === n && problem.dtype === dtype) as Measured;
  const shareAt = (n: number) => share(square(n), one);
  // On a machine with noisy neighbours the median says what was to be had, the fastest sample what the kernel can do.
  const bestShare = (n: number) => {
    const row = square(n);
    return (row.flops / YARDSTICK_FLOPS) * (Math.min(...row.yardstick) / timing(row, one).min);
  };
  const large = SQUARES.filter((n) => n >= 256);
  const neighbour = ({ problem: { n } }: Measured) =>
    square(SQUARES.reduce((best, other) => (Math.abs(other - n) < Math.abs(best - n) ? other : best)));
  const oddSquares = odd.filter(({ problem: { m, n, k } }) => m === n && n === k);
  const big = square(1024);
  const least = { unit: "", atLeast: true };
  return [
    { name: "least share of peak, n ≥ 256", value: Math.min(...large.map(shareAt)), goal: 0.88, ...least },
    { name: "the same of the fastest samples", value: Math.min(...large.map(bestShare)), goal: 0.88, ...least },
    { name: "share of peak at n = 64", value: shareAt(64), goal: 0.75, ...least },
    ...(threads === 2 ? [{ name: "two threads at n = 1024, share of one core's peak", value: share(big, many), goal: 1.6, ...least }] : []),
    ...(threads === 2
      ? [
          {
            name: "two threads against one at n = 1024",
            value: pairedRatio(timing(big, one).rounds, timing(big, many).rounds).value,
            goal: 1.7,
            unit: "×",
            atLeast: true,
          },
        ]
      : []),
    ...["tfjs wasm", "ort web, 1 thread", "jax-js wasm"].flatMap((peer, i) =>
      big.ratios[peer] === undefined
        ? []
        : [
            {
              name: `${peer} at n = 1024`,
              value: (big.ratios[peer] as { value: number }).value,
              goal: [1.4, 2, 2][i] as number,
              unit: "×",
              atLeast: true,
            },
          ],
    ),
    // Both against the peak of their own rounds, of which f64's is half.
    {
      name: "f64 of f32, least",
      value: Math.min(...SQUARES.map((n) => share(square(n, "f64"), one) / shareAt(n) / 2)),
      goal: 0.5,
      ...least,
    },
    {
      name: "odd square of its even neighbour, least",
      value: Math.min(...oddSquares.map((row) => share(row, one) / share(neighbour(row), one))),
      goal: 0.7,
      ...least,
    },
  ];
}
