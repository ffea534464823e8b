/**
 * Charts as Vega-Lite specifications (A. Satyanarayan et al., IEEE Trans. Vis. Comput. Graph. 23 (2017) 341; version 6 of the language), with
 * their data inline: what a reader changes for a paper. Domains and ticks are those of the drawing in the page.
 */
import type { AxisScale, ChartSpec } from "./chart.js";
import { LIGHT } from "./colours.js";
import type { CornerCell, CornerSpec } from "./corner.js";
import type { LegendEntry } from "./figure.js";
import { type Json, markLayers } from "./vega-layers.js";

/** A specification, ready for JSON.stringify. */
export type VegaLite = Readonly<Record<string, Json>>;

const SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json";

interface Placed {
  readonly x: AxisScale;
  readonly y: AxisScale;
  readonly width: number;
  readonly height: number;
}

export function chartSpec({ title, caption, x, y, marks, legend = [] }: ChartSpec, { width, height, ...scales }: Placed): VegaLite {
  return {
    ...around(title, caption),
    width,
    height,
    encoding: {
      x: { ...channel("x", scales.x, x.label, x.kind), axis: axisOf(scales.x, x.label, x.names) },
      y: { ...channel("y", scales.y, y.label, y.kind), axis: axisOf(scales.y, y.label, y.names) },
    },
    layer: marks.flatMap((mark) => markLayers(mark, scales.x.scale.domain, scales.y.scale.domain, colourBy(legend))),
  };
}

/** Rows of squares, the lower triangle alone. */
export function cornerSpec(
  { title, caption, axes, legend = [] }: CornerSpec,
  rows: readonly (readonly CornerCell[])[],
  side: number,
  gap: number,
): VegaLite {
  const last = axes.length - 1;
  const square = ({ column, row, x, y, marks }: CornerCell): Json => {
    const [across, up] = [axes[column]?.label ?? "", row === column ? "" : (axes[row]?.label ?? "")];
    return {
      width: side,
      height: side,
      encoding: {
        x: { ...channel("x", x, across), axis: axisOf(x, row === last ? across : null) },
        y: { ...channel("y", y, up), axis: axisOf(y, column === 0 && row > 0 ? up : null) },
      },
      layer: marks.flatMap((mark) => markLayers(mark, x.scale.domain, y.scale.domain, colourBy(legend))),
    };
  };
  return {
    ...around(title, caption),
    spacing: gap,
    // Axes of different squares are different parameters.
    vconcat: rows.map((row) => ({ spacing: gap, hconcat: row.map(square) })),
    resolve: { scale: { x: "independent", y: "independent", color: "shared" } },
  };
}

function around(title: string, caption: string): Record<string, Json> {
  return {
    $schema: SCHEMA,
    title,
    description: caption,
    background: "white",
    config: {
      view: { stroke: "#aab2bd" },
      axis: { gridColor: "#e6e9ed", titleFontWeight: "normal" },
      legend: { orient: "top", labelLimit: 0, symbolOpacity: 1 },
    },
  };
}

function channel(field: "x" | "y", { scale }: AxisScale, label: string, kind: "linear" | "log" = "linear"): Record<string, Json> {
  return {
    field,
    type: "quantitative",
    title: label === "" ? null : label,
    scale: { type: kind, domain: [...scale.domain], nice: false, ...(kind === "linear" && { zero: false }) },
  };
}

/** @param title null for no labels at all, inside a corner plot */
function axisOf({ ticks }: AxisScale, title: string | null, names?: readonly string[]): Json {
  if (title === null) return { values: [], title: null };
  // Labels as the page has them, whatever a locale or a format would make of the numbers.
  const labels = JSON.stringify(ticks.map(({ label }) => label));
  const values = ticks.map(({ value }) => value);
  return {
    values,
    labelExpr: `${labels}[indexof(${JSON.stringify(values)}, datum.value)]`,
    ...(names === undefined ? {} : { grid: false, ticks: false }),
  };
}

/** The colour of a layer: by its place in the legend, or plainly where it has none. */
export type ColourBy = (
  series: LegendEntry["series"],
  symbol: LegendEntry["symbol"],
) => { readonly transform?: Json; readonly color: Readonly<Record<string, Json>> };

function colourBy(legend: readonly LegendEntry[]): ColourBy {
  const scale = { domain: legend.map(({ label }) => label), range: legend.map(({ series }) => LIGHT[series]) };
  return (series, symbol) => {
    const own = legend.filter((entry) => entry.series === series);
    const entry = own.find((one) => one.symbol === symbol) ?? own[0];
    if (entry === undefined) return { color: { value: LIGHT[series] } };
    const calculate = JSON.stringify(entry.label);
    return { transform: [{ calculate, as: "series" }], color: { field: "series", type: "nominal", scale, title: null } };
  };
}
