/** Corner plot: each parameter's curve on the diagonal, below it the regions of each pair; whoever has a posterior says what is drawn in them. */
import { type Axis, type AxisScale, makeScale } from "./chart.js";
import { drawMark } from "./draw-marks.js";
import { type Caption, CHART_WIDTH, type Figure, fileName, framed, idOf } from "./figure.js";
import type { Mark } from "./marks.js";
import { element, escapeText } from "./svg.js";
import { cornerSpec } from "./vega-lite.js";

export interface CornerSpec extends Caption {
  /** One for each parameter, across and up. */
  readonly axes: readonly Axis[];
  /** Heights from 0 to 1. */
  readonly diagonal: (parameter: number) => readonly Mark[];
  readonly pair: (column: number, row: number) => readonly Mark[];
}

/** A square of a corner plot, placed. */
export interface CornerCell {
  readonly column: number;
  readonly row: number;
  readonly x: AxisScale;
  readonly y: AxisScale;
  readonly marks: readonly Mark[];
}

/** Of the diagonal: the curve stays a little below the frame. */
const HEIGHTS: Axis = { label: "", domain: [0, 1.08], exact: true, ticks: 3 };
const MARGIN = { top: 8, right: 12, bottom: 42, left: 62 };
const GAP = 8;
/** Width of a digit of a label. */
const LETTER = 6.4;

export function corner(spec: CornerSpec): Figure {
  const k = spec.axes.length;
  const size = k > 3 ? CHART_WIDTH * Math.min(2, k / 3) : CHART_WIDTH;
  const side = (size - MARGIN.left - MARGIN.right - GAP * (k - 1)) / k;
  const cells = Array.from({ length: k }, (_, row) => Array.from({ length: row + 1 }, (__, column) => cellOf(spec, side, column, row)));
  const height = MARGIN.top + place(k, side) - GAP + MARGIN.bottom;
  const parts = cells.flat().map((cell) => drawCell(cell, spec, side, idOf(spec.title + spec.caption)));
  return {
    name: fileName(spec.title),
    html: framed(spec, [size, height], parts),
    vegaLite: () => cornerSpec(spec, cells, side, GAP),
  };
}

function place(index: number, side: number): number {
  return index * (side + GAP);
}

function cellOf({ axes, diagonal, pair }: CornerSpec, side: number, column: number, row: number): CornerCell {
  const left = MARGIN.left + place(column, side);
  const top = MARGIN.top + place(row, side);
  // Labels stand side by side along an axis: room decides how many.
  const ticks = side > 150 ? 4 : side > 90 ? 3 : 2;
  const across = axes[column] as Axis;
  const up = row === column ? HEIGHTS : (axes[row] as Axis);
  return {
    column,
    row,
    x: spaced(makeScale({ ticks, ...across, exact: true }, left, left + side)),
    y: makeScale({ ticks, ...up, exact: true }, top + side, top),
    marks: row === column ? diagonal(row) : pair(column, row),
  };
}

/** Every so many ticks, so that their labels keep apart. */
function spaced({ scale, ticks }: AxisScale): AxisScale {
  const [first, second] = ticks;
  if (first === undefined || second === undefined) return { scale, ticks };
  const widest = LETTER * Math.max(...ticks.map(({ label }) => label.length)) + GAP;
  const every = Math.ceil(widest / (second.at - first.at));
  return { scale, ticks: ticks.filter((_, i) => i % every === 0) };
}

function drawCell({ column, row, x, y, marks }: CornerCell, { axes }: CornerSpec, side: number, id: string): string {
  const [left, top] = [MARGIN.left + place(column, side), MARGIN.top + place(row, side)];
  const clip = `clip-${id}-${column}-${row}`;
  const frame = { x: left, y: top, width: side, height: side };
  const parts = [
    element("clipPath", { id: clip }, element("rect", frame)),
    element("g", { "clip-path": `url(#${clip})` }, ...marks.map((mark) => drawMark(mark, x.scale, y.scale))),
    element("rect", { ...frame, class: "frame" }),
  ];
  if (row === axes.length - 1) {
    for (const tick of x.ticks)
      parts.push(element("text", { x: tick.at, y: top + side + 15, "text-anchor": "middle", class: "small" }, escapeText(tick.label)));
    parts.push(
      element(
        "text",
        { x: left + side / 2, y: top + side + 34, "text-anchor": "middle", class: "label" },
        escapeText((axes[column] as Axis).label),
      ),
    );
  }
  if (column === 0 && row > 0) {
    for (const tick of y.ticks)
      parts.push(element("text", { x: left - 6, y: tick.at + 4, "text-anchor": "end", class: "small" }, escapeText(tick.label)));
    const transform = `translate(13 ${top + side / 2}) rotate(-90)`;
    parts.push(element("text", { x: 0, y: 0, transform, "text-anchor": "middle", class: "label" }, escapeText((axes[row] as Axis).label)));
  }
  return parts.join("");
}
