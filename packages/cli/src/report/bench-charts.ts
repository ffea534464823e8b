/** Charts of speed: bars against peers, curves, and the roofline (Williams, Waterman and Patterson 2009, doi:10.1145/1498765.1498785). */
import type { Comparison, Curve, Roof, RooflinePoint, SuiteResult } from "@tetrad/bench";
import { chart } from "./chart.js";
import { type SeriesClass, seriesAt } from "./colours.js";
import type { Figure, LegendEntry } from "./figure.js";
import { bars, curve, dots, type Point, vertical } from "./marks.js";

/** One colour a library, in every chart; more threads than one are dashed. */
const SERIES: Readonly<Record<string, SeriesClass>> = {
  tetrad: "s1",
  tfjs: "s2",
  "tfjs-webgpu": "s2",
  ort: "s3",
  torch: "s4",
  jax: "s5",
  "jax-webgpu": "s5",
  "torch-avx2": "s6",
  ortnode: "s7",
};

function seriesOf(who: string): SeriesClass {
  return SERIES[who] ?? "s7";
}

/** How many times as long as ours the peers take, each bar from 1. */
export function ratioChart({ name, ratios, timings }: Comparison): Figure {
  const shown = Object.entries(ratios);
  const ends = shown.flatMap(([, { low, high }]) => [low, high]).filter((value) => value > 0 && Number.isFinite(value));
  return chart({
    title: name,
    caption:
      "Time of each peer in units of ours with as many threads; the whisker is the 95 % interval. Right of the dashed line we are faster.",
    x: { label: "times as long as ours", kind: "log", domain: [Math.min(0.5, ...ends), Math.max(2, ...ends)], ticks: 5 },
    y: { label: "", domain: [shown.length, 0], exact: true, names: shown.map(([peer]) => peer) },
    height: 70 + 26 * shown.length,
    left: 158,
    marks: [
      bars(shown.map(([peer, { value, low, high }]) => ({ from: 1, to: value, low, high, series: seriesOf(timings[peer]?.who ?? "") }))),
      vertical(1),
    ],
  });
}

/** Curves of one chart share its axes, both logarithmic. */
export function curveCharts(curves: readonly Curve[]): Figure[] {
  return [...new Set(curves.map(({ chart: title }) => title))].map((title) => {
    const own = curves.filter((one) => one.chart === title && one.points.length > 0);
    const xs = own.flatMap(({ points }) => points.map(([x]) => x));
    const ys = own.flatMap(({ points }) => points.map(([, y]) => y));
    const { xLabel, yLabel } = own[0] as Curve;
    const style = ({ threads }: Curve) => ((threads ?? 1) > 1 ? ("dashes" as const) : ("line" as const));
    return chart({
      title,
      caption: `${yLabel} against ${xLabel}, both axes logarithmic.`,
      // a little wider than the curves, so that their ends are not cut
      x: { label: xLabel, kind: "log", domain: [Math.min(...xs) / 1.08, Math.max(...xs) * 1.08], exact: true, at: [...new Set(xs)] },
      y: { label: yLabel, kind: "log", domain: [Math.min(...ys), Math.max(...ys)] },
      legend: own.map((one): LegendEntry => ({ label: one.label, series: seriesOf(one.who), symbol: style(one) })),
      marks: own.flatMap((one) => [
        curve(one.points, seriesOf(one.who), style(one)),
        dots({ points: one.points, series: seriesOf(one.who), radius: 2.6 }),
      ]),
    });
  });
}

/** Undefined where no suite measured a roof. */
export function rooflineChart(suites: readonly (readonly [name: string, result: SuiteResult])[]): Figure | undefined {
  // Two suites measure it at different minutes; the higher is nearer to the machine's own.
  const roofs = suites.flatMap(([, { roof: one }]) => (one === undefined ? [] : [one]));
  const groups = suites
    .flatMap(([name, { points = [] }]) => (points.length > 0 ? [{ name, points }] : []))
    .map((group, i) => ({ ...group, series: seriesAt(i % 5) }));
  if (roofs.length === 0 || groups.length === 0) return undefined;
  const roof: Roof = {
    flopsPerSecond: Math.max(...roofs.map(({ flopsPerSecond }) => flopsPerSecond)),
    bytesPerSecond: Math.max(...roofs.map(({ bytesPerSecond }) => bytesPerSecond)),
  };
  const all = groups.flatMap(({ points }) => points);
  const [left, right] = widened(all.map(({ flopsPerByte }) => flopsPerByte));
  const [low, high] = widened([...all.map(({ flopsPerSecond }) => flopsPerSecond / 1e9), roof.flopsPerSecond / 1e9]);
  const place = ({ flopsPerByte, flopsPerSecond }: RooflinePoint): Point => [flopsPerByte, flopsPerSecond / 1e9];
  return chart({
    title: "Roofline of one thread",
    caption: `Each dot is an op or a matrix product; rest on it to read its name. No dot can lie above the line while its data come from memory (${(roof.bytesPerSecond / 1e9).toFixed(1)} GB/s read, ${(roof.flopsPerSecond / 1e9).toFixed(1)} GFLOP/s); data that fit into a cache may.`,
    x: { label: "operations per byte", kind: "log", domain: [left, right], exact: true },
    y: { label: "GFLOP/s", kind: "log", domain: [low, high], exact: true },
    height: 360,
    legend: [
      { label: "roof", series: "s6", symbol: "line" },
      ...groups.map(({ name, series }): LegendEntry => ({ label: name, series, symbol: "dot" })),
    ],
    marks: [
      curve(roofPoints(roof, left, right), "s6"),
      ...groups.map(({ points, series }) =>
        dots({
          points: points.map(place),
          series,
          labels: points.map(
            (one) => `${one.label}: ${(one.flopsPerSecond / 1e9).toPrecision(3)} GFLOP/s at ${one.flopsPerByte.toPrecision(3)} per byte`,
          ),
        }),
      ),
    ],
  });
}

/** Rises with the bandwidth to the ridge, then runs flat. */
function roofPoints({ flopsPerSecond, bytesPerSecond }: Roof, left: number, right: number): Point[] {
  const ridge = flopsPerSecond / bytesPerSecond;
  const at = (x: number): Point => [x, Math.min(flopsPerSecond, bytesPerSecond * x) / 1e9];
  return [left, ...(ridge > left && ridge < right ? [ridge] : []), right].map(at);
}

function widened(values: readonly number[]): [number, number] {
  return [Math.min(...values) / 1.6, Math.max(...values) * 1.6];
}
