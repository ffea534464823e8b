/** One chart: axes, grid and legend around marks, as a self-contained figure that a screen reader can announce. */
import { scaleLinear, scaleLog } from "d3-scale";
import { drawMark, type Scale } from "./draw-marks.js";
import { type Caption, CHART_WIDTH, type Figure, fileName, framed, idOf } from "./figure.js";
import type { Mark } from "./marks.js";
import { element, escapeText } from "./svg.js";
import { chartSpec } from "./vega-lite.js";

export interface Axis {
  readonly label: string;
  readonly kind?: "linear" | "log";
  /** Extended to round numbers unless `exact`. */
  readonly domain: readonly [number, number];
  readonly exact?: boolean;
  /** About how many ticks. */
  readonly ticks?: number;
  /** Exactly these ticks, for a few values that were chosen, not measured. */
  readonly at?: readonly number[];
  /** Names instead of numbers: the k-th stands at k + ½ of a domain from 0 to their count, and has no grid line. */
  readonly names?: readonly string[];
}

export interface ChartSpec extends Caption {
  readonly x: Axis;
  readonly y: Axis;
  readonly marks: readonly Mark[];
  readonly height?: number;
  /** Room for the labels of the y axis. */
  readonly left?: number;
}

const HEIGHT = 300;
const MARGIN = { top: 10, right: 20, bottom: 44, left: 62 };

export function chart(spec: ChartSpec): Figure {
  const height = spec.height ?? HEIGHT;
  const left = spec.left ?? MARGIN.left;
  const x = makeScale(spec.x, left, CHART_WIDTH - MARGIN.right);
  const y = makeScale(spec.y, height - MARGIN.bottom, MARGIN.top);
  const clip = `clip-${idOf(spec.title + spec.caption)}`;
  const frame = { x: left, y: MARGIN.top, width: CHART_WIDTH - left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
  return {
    name: fileName(spec.title),
    html: framed(
      spec,
      [CHART_WIDTH, height],
      [
        element("clipPath", { id: clip }, element("rect", frame)),
        xAxis(x, spec.x.label, left, height),
        yAxis(y, spec.y, left, height),
        element("g", { "clip-path": `url(#${clip})` }, ...spec.marks.map((mark) => drawMark(mark, x.scale, y.scale))),
        element("rect", { ...frame, class: "frame" }),
      ],
    ),
    vegaLite: () => chartSpec(spec, { x, y, width: frame.width, height: frame.height }),
  };
}

export interface Tick {
  readonly value: number;
  /** In pixels. */
  readonly at: number;
  readonly label: string;
}

export interface AxisScale {
  readonly scale: Scale;
  readonly ticks: readonly Tick[];
}

export function makeScale(axis: Axis, from: number, to: number): AxisScale {
  const [low, high] = axis.domain;
  const around: [number, number] = axis.kind === "log" ? [low / 2, high * 2] : [low - 1, high + 1];
  const padded: [number, number] = low === high ? around : [low, high];
  const scale = (axis.kind === "log" ? scaleLog() : scaleLinear()).domain(padded).range([from, to]);
  if (axis.exact !== true) scale.nice(axis.ticks ?? 6);
  const [a, b] = scale.domain() as [number, number];
  const placed = Object.assign((value: number) => scale(value), { domain: [a, b] as const });
  const tick = (value: number, label: string): Tick => ({ value, at: scale(value), label });
  if (axis.names !== undefined) return { scale: placed, ticks: axis.names.map((label, k) => tick(k + 0.5, label)) };
  if (axis.at !== undefined) return { scale: placed, ticks: axis.at.map((value) => tick(value, String(value))) };
  const count = axis.ticks ?? 6;
  const shown = axis.kind === "log" ? wholePowers(scale.ticks(count)) : scale.ticks(count);
  const format = axis.kind === "log" ? logLabels(shown) : linearLabels(shown, scale.tickFormat(count));
  return { scale: placed, ticks: shown.map((value) => tick(value, format(value))) };
}

/** Within one decade there is no whole power to label, so every tick stays. */
function wholePowers(ticks: readonly number[]): readonly number[] {
  const powers = ticks.filter((value) => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9);
  return powers.length >= 2 ? powers : ticks;
}

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** d3's own labels, except where they would be long rows of zeros. */
function linearLabels(ticks: readonly number[], plain: (value: number) => string): (value: number) => string {
  const largest = Math.max(...ticks.map(Math.abs));
  return largest > 0 && (largest < 1e-3 || largest >= 1e6) ? (value) => (value === 0 ? "0" : powerOfTen(value)) : plain;
}

/** Plain numbers while they are short, powers of ten for all once one of them is not. */
function logLabels(ticks: readonly number[]): (value: number) => string {
  const plain = ticks.every((value) => value >= 0.009 && value <= 11_000);
  return (value) => (plain ? String(Number(value.toPrecision(3))) : powerOfTen(value));
}

function powerOfTen(value: number): string {
  const exponent = Math.floor(Math.log10(Math.abs(value)) + 1e-9);
  const factor = Number((value / 10 ** exponent).toPrecision(3));
  const digits = String(Math.abs(exponent)).replace(/\d/g, (digit) => SUPERSCRIPT[Number(digit)] as string);
  return `${factor === 1 ? "" : factor === -1 ? "−" : `${String(factor).replace("-", "−")}·`}10${exponent < 0 ? "⁻" : ""}${digits}`;
}

function xAxis({ ticks }: AxisScale, label: string, left: number, height: number): string {
  const bottom = height - MARGIN.bottom;
  const lines = ticks.map(
    ({ at, label: text }) =>
      `${element("path", { d: `M${at.toFixed(2)} ${MARGIN.top}V${bottom}`, class: "grid" })}${element("text", { x: at, y: bottom + 16, "text-anchor": "middle" }, escapeText(text))}`,
  );
  return (
    lines.join("") +
    element(
      "text",
      { x: (left + CHART_WIDTH - MARGIN.right) / 2, y: height - 8, "text-anchor": "middle", class: "label" },
      escapeText(label),
    )
  );
}

function yAxis({ ticks }: AxisScale, { label, names }: Axis, left: number, height: number): string {
  const lines = ticks.map(
    ({ at, label: text }) =>
      `${names === undefined ? element("path", { d: `M${left} ${at.toFixed(2)}H${CHART_WIDTH - MARGIN.right}`, class: "grid" }) : ""}${element("text", { x: left - 7, y: at + 4, "text-anchor": "end" }, escapeText(text))}`,
  );
  const middle = (MARGIN.top + height - MARGIN.bottom) / 2;
  return (
    lines.join("") +
    element(
      "text",
      { x: 0, y: 0, transform: `translate(14 ${middle}) rotate(-90)`, "text-anchor": "middle", class: "label" },
      escapeText(label),
    )
  );
}
