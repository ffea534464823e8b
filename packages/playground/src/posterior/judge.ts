/** All chains' draws so far, and what they say: summaries with a verdict, contours, traces, the band over the data. In a worker, for it takes tens of milliseconds. */
import {
  type ChainDraws,
  chainTable,
  DENSITY_CELLS,
  density1d,
  density2d,
  densityAxis,
  densityLevel,
  evaluate,
  freeParameters,
  getdistFiles,
  parameterValues,
  pooled,
  quantile,
  summariseChains,
  type Theory,
} from "@tetrad/theory";
import { contours } from "d3-contour";
import type { ChainNews, CornerCell, Files, View } from "./messages.js";
import { readSetup, type Setup } from "./setup.js";

/** Fewer draws a chain say nothing. */
const FEWEST = 10;
/** Parameters in the corner plot. */
const MOST = 6;
const BINS = 32;
const TRACE_POINTS = 300;
const BAND_DRAWS = 200;
const SIGMA = [0.15865525393145707, 0.5, 0.8413447460685429] as const;
const SHARES = [0.9545, 0.6827] as const;

export class Judge {
  readonly #theory: Theory;
  readonly #news: ChainNews[][];

  constructor(
    setup: Setup,
    chains: number,
    readonly grid: Readonly<Record<string, readonly number[]>>,
  ) {
    this.#theory = readSetup(setup).theory;
    this.#news = Array.from({ length: chains }, () => []);
  }

  add(news: ChainNews): void {
    this.#news[news.index]?.push(news);
  }

  /** Draws of each chain, of the shortest one's length where `even`. */
  #chains(even: boolean): ChainDraws[] {
    const all = this.#news.map((news) => {
      const last = news.at(-1) as ChainNews;
      return {
        ...last,
        draws: news.reduce((sum, { draws }) => sum + draws, 0),
        theta: pooled(news.map(({ theta }) => theta)),
        logDensity: pooled(news.map(({ logDensity }) => logDensity)),
        statistics: pooled(news.map(({ statistics }) => statistics)),
      };
    });
    if (!even) return all;
    const draws = Math.min(...all.map((chain) => chain.draws));
    const k = freeParameters(this.#theory).length;
    return all.map((chain) => ({
      ...chain,
      draws,
      theta: chain.theta.subarray(0, draws * k),
      logDensity: chain.logDensity.subarray(0, draws),
      statistics: chain.statistics.subarray(0, draws * chain.statisticNames.length),
    }));
  }

  view(): View | undefined {
    if (this.#news.some((news) => news.reduce((sum, { draws }) => sum + draws, 0) < FEWEST)) return undefined;
    const theory = this.#theory;
    const parameters = freeParameters(theory);
    const chains = this.#chains(true);
    const { summaries, verdict, messages } = summariseChains({ theory, parameters }, chains);
    const table = chainTable(theory, chains);
    const n = (chains[0] as ChainDraws).draws;
    const shown = parameters.slice(0, MOST).map(({ name, lower, upper }, i) => {
      const { values } = table.quantities[i] as { readonly values: Float64Array };
      const sorted = Float64Array.from(values).sort();
      const effective = Math.max(4, summaries[i]?.essBulk ?? 4);
      return { name, values, sorted, effective, axis: densityAxis(values, [lower, upper]), sd: summaries[i]?.sd ?? 0 };
    });
    const cells: CornerCell[] = [];
    shown.forEach((y, row) => {
      for (const [column, x] of shown.slice(0, row + 1).entries()) {
        if (column === row) {
          cells.push({ row, column, paths: [histogram(y.values, y.axis), curve(density1d(y.values, y.axis, y.effective))] });
          continue;
        }
        const density = density2d(x.values, y.values, x.axis, y.axis, Math.min(x.effective, y.effective));
        const trace = contours().size([DENSITY_CELLS, DENSITY_CELLS]);
        const paths = SHARES.map((share) =>
          trace
            .contour(Array.from(density), densityLevel(density, share))
            .coordinates.flat()
            .map((ring) => `M${ring.map(([px = 0, py = 0]) => point(px / DENSITY_CELLS, 1 - py / DENSITY_CELLS)).join("L")}Z`)
            .join(""),
        );
        cells.push({ row, column, paths });
      }
    });
    const diverging = table.statistics.find(({ name }) => name === "diverging");
    return {
      kind: "view",
      draws: n * chains.length,
      cells,
      parameters: shown.map(({ name, values, sorted, axis, sd }) => ({
        name,
        low: axis.low,
        high: axis.high,
        quantiles: SIGMA.map((share) => quantile(sorted, share)),
        sd,
        traces: chains.map((_, c) => traceOf(values.subarray(c * n, (c + 1) * n), axis)),
      })),
      summaries,
      units: [...parameters, ...theory.derived].map(({ unit }) => unit ?? ""),
      verdict,
      messages,
      divergences: diverging?.values.reduce((sum, value) => sum + value, 0) ?? 0,
      band: this.#band(pooled(chains.map(({ theta }) => theta)), parameters.length),
    };
  }

  /** The model's quantiles at each place of the grid, over draws spread through all chains; empty where an offset or factor is integrated out. */
  #band(theta: Float64Array, k: number): number[][] {
    const { model, marginaliseOffset, marginaliseScale } = this.#theory;
    if (marginaliseOffset || marginaliseScale) return [];
    const n = theta.length / k;
    const [places = []] = Object.values(this.grid);
    const curves = Array.from({ length: Math.min(BAND_DRAWS, n) }, (_, i) => {
      const at = Math.floor((i * n) / Math.min(BAND_DRAWS, n));
      const columns = Object.fromEntries(Object.entries(this.grid).map(([name, values]) => [name, Float64Array.from(values)]));
      return evaluate(model, { ...parameterValues(this.#theory, theta.subarray(at * k, (at + 1) * k)), ...columns });
    });
    const sorted = places.map((_, i) => Float64Array.from(curves, (values) => values[values.length === 1 ? 0 : i] as number).sort());
    return SIGMA.map((share) => sorted.map((values) => quantile(values, share)));
  }

  files(): Files {
    const table = chainTable(this.#theory, this.#chains(false));
    const columns = [
      { name: "chain", values: table.chain.map((chain) => chain + 1) },
      { name: "draw", values: table.draw.map((draw) => draw + 1) },
      ...table.quantities,
      { name: "log_density", values: table.logDensity },
      ...table.statistics,
    ];
    const rows = Array.from(table.chain, (_, i) => columns.map(({ values }) => values[i]).join(","));
    const csv = `${[columns.map(({ name }) => name).join(","), ...rows].join("\n")}\n`;
    return { kind: "files", csv, getdist: getdistFiles(this.#theory.name.replaceAll(/[^\w.-]+/g, "-"), this.#theory, table) };
  }
}

const point = (x: number, y: number): string => `${x.toFixed(4)} ${y.toFixed(4)}`;

function histogram(values: Float64Array, { low, high }: { readonly low: number; readonly high: number }): string {
  const counts = new Float64Array(BINS);
  for (const value of values) {
    const bin = Math.min(BINS - 1, Math.floor(((value - low) / (high - low)) * BINS));
    if (bin >= 0) counts[bin] = (counts[bin] as number) + 1;
  }
  const most = Math.max(...counts);
  const tops = Array.from(
    counts,
    (count, i) => `L${point(i / BINS, 1 - (0.9 * count) / most)}L${point((i + 1) / BINS, 1 - (0.9 * count) / most)}`,
  );
  return `M0 1${tops.join("")}L1 1Z`;
}

function curve(heights: Float64Array): string {
  return `M${Array.from(heights, (height, i) => point((i + 0.5) / DENSITY_CELLS, 1 - 0.9 * height)).join("L")}`;
}

function traceOf(values: Float64Array, { low, high }: { readonly low: number; readonly high: number }): string {
  const stride = Math.max(1, Math.ceil(values.length / TRACE_POINTS));
  const count = Math.ceil(values.length / stride);
  const points = Array.from({ length: count }, (_, i) =>
    point(i / Math.max(1, count - 1), 1 - ((values[i * stride] as number) - low) / (high - low)),
  );
  return `M${points.join("L")}`;
}
