/** One chart: axes, grid and legend around marks, as a self-contained figure that a screen reader can announce. */
import { scaleLinear, scaleLog } from "d3-scale";
import { element, escapeText } from "./svg.js";

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

export interface Scale {
  (value: number): number;
  readonly domain: readonly [number, number];
}

/** Draws into the plot area. Colours are classes `s1` to `s7`, defined by the page for light and dark. */
export type Mark = (x: Scale, y: Scale) => string;

export type SeriesClass = "s1" | "s2" | "s3" | "s4" | "s5" | "s6" | "s7";

export interface LegendEntry {
  readonly label: string;
  readonly series: SeriesClass;
  readonly symbol: "line" | "dashes" | "dot";
}

export interface ChartSpec {
  /** Read out by screen readers, shown above the chart. */
  readonly title: string;
  /** What there is to see, in plain language; shown below. */
  readonly caption: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly marks: readonly Mark[];
  readonly legend?: readonly LegendEntry[];
  readonly height?: number;
  /** Room for the labels of the y axis. */
  readonly left?: number;
}

/** Chosen so that 12-unit text is still 9 px high on a phone 360 px wide. */
const WIDTH = 480;
const MARGIN = { top: 10, right: 20, bottom: 44, left: 62 };

export function chart(spec: ChartSpec): string {
  const height = spec.height ?? 300;
  const left = spec.left ?? MARGIN.left;
  const x = makeScale(spec.x, left, WIDTH - MARGIN.right);
  const y = makeScale(spec.y, height - MARGIN.bottom, MARGIN.top);
  const clip = `clip-${hash(spec.title + spec.caption)}`;
  const frame = { x: left, y: MARGIN.top, width: WIDTH - left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
  const body = [
    element("title", {}, escapeText(spec.title)),
    element("desc", {}, escapeText(spec.caption)),
    element("clipPath", { id: clip }, element("rect", frame)),
    xAxis(x, spec.x.label, left, height),
    yAxis(y, spec.y, left, height),
    element("g", { "clip-path": `url(#${clip})` }, ...spec.marks.map((mark) => mark(x.scale, y.scale))),
    element("rect", { ...frame, class: "frame" }),
  ];
  const svg = element("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": spec.title }, ...body);
  return figure(spec.title, svg, spec.caption, spec.legend);
}

export function figure(title: string, svg: string, caption: string, legend: readonly LegendEntry[] = []): string {
  const keys = legend.length === 0 ? "" : element("div", { class: "legend" }, ...legend.map(legendKey));
  return element("figure", {}, element("h3", {}, escapeText(title)), keys, svg, element("figcaption", {}, escapeText(caption)));
}

function legendKey({ label, series, symbol }: LegendEntry): string {
  const sample =
    symbol === "dot"
      ? element("circle", { cx: 12, cy: 6, r: 4, class: `${series} dot` })
      : element("path", { d: "M0 6H24", class: `${series} line${symbol === "dashes" ? " dashes" : ""}` });
  return element("span", {}, element("svg", { viewBox: "0 0 24 12", "aria-hidden": "true" }, sample), escapeText(label));
}

interface AxisScale {
  readonly scale: Scale;
  readonly ticks: readonly { at: number; label: string }[];
}

export function makeScale(axis: Axis, from: number, to: number): AxisScale {
  const [low, high] = axis.domain;
  const around: [number, number] = axis.kind === "log" ? [low / 2, high * 2] : [low - 1, high + 1];
  const padded: [number, number] = low === high ? around : [low, high];
  const scale = (axis.kind === "log" ? scaleLog() : scaleLinear()).domain(padded).range([from, to]);
  if (axis.exact !== true) scale.nice(axis.ticks ?? 6);
  const [a, b] = scale.domain() as [number, number];
  const placed = Object.assign((value: number) => scale(value), { domain: [a, b] as const });
  if (axis.names !== undefined) return { scale: placed, ticks: axis.names.map((label, k) => ({ at: scale(k + 0.5), label })) };
  if (axis.at !== undefined) return { scale: placed, ticks: axis.at.map((value) => ({ at: scale(value), label: String(value) })) };
  const count = axis.ticks ?? 6;
  const shown = axis.kind === "log" ? wholePowers(scale.ticks(count)) : scale.ticks(count);
  const format = axis.kind === "log" ? logLabels(shown) : scale.tickFormat(count);
  return {
    scale: placed,
    ticks: shown.map((value) => ({ at: scale(value), label: format(value) })),
  };
}

/** Within one decade there is no whole power to label, so every tick stays. */
function wholePowers(ticks: readonly number[]): readonly number[] {
  const powers = ticks.filter((value) => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9);
  return powers.length >= 2 ? powers : ticks;
}

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Plain numbers while they are short, powers of ten for all once one of them is not. */
function logLabels(ticks: readonly number[]): (value: number) => string {
  const plain = ticks.every((value) => value >= 0.009 && value <= 11_000);
  return (value) => (plain ? String(Number(value.toPrecision(3))) : powerOfTen(value));
}

function powerOfTen(value: number): string {
  const exponent = Math.floor(Math.log10(value) + 1e-9);
  const factor = Number((value / 10 ** exponent).toPrecision(3));
  const digits = String(Math.abs(exponent)).replace(/\d/g, (digit) => SUPERSCRIPT[Number(digit)] as string);
  return `${factor === 1 ? "" : `${factor}·`}10${exponent < 0 ? "⁻" : ""}${digits}`;
}

function xAxis({ ticks }: AxisScale, label: string, left: number, height: number): string {
  const bottom = height - MARGIN.bottom;
  const lines = ticks.map(
    ({ at, label: text }) =>
      `${element("path", { d: `M${at.toFixed(2)} ${MARGIN.top}V${bottom}`, class: "grid" })}${element("text", { x: at, y: bottom + 16, "text-anchor": "middle" }, escapeText(text))}`,
  );
  return (
    lines.join("") +
    element("text", { x: (left + WIDTH - MARGIN.right) / 2, y: height - 8, "text-anchor": "middle", class: "label" }, escapeText(label))
  );
}

function yAxis({ ticks }: AxisScale, { label, names }: Axis, left: number, height: number): string {
  const lines = ticks.map(
    ({ at, label: text }) =>
      `${names === undefined ? element("path", { d: `M${left} ${at.toFixed(2)}H${WIDTH - MARGIN.right}`, class: "grid" }) : ""}${element("text", { x: left - 7, y: at + 4, "text-anchor": "end" }, escapeText(text))}`,
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

/** An id that is the same in every run, so that equal results give equal reports. FNV-1a. */
function hash(text: string): string {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return (h >>> 0).toString(36);
}
