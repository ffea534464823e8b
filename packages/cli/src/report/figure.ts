/** A figure of a report: markup for the page, and the same as a Vega-Lite specification. Both come from one description, so they cannot disagree. */
import type { SeriesClass } from "./colours.js";
import { element, escapeText } from "./svg.js";
import type { VegaLite } from "./vega-lite.js";

/** Chosen so that 12-unit text is still 9 px high on a phone 360 px wide. */
export const CHART_WIDTH = 480;

export interface Figure {
  /** File name of its specification without an ending; names of other figures may be equal. */
  readonly name: string;
  readonly html: string;
  /** Built when asked for: most reports are only read. */
  readonly vegaLite: () => VegaLite;
}

export interface LegendEntry {
  readonly label: string;
  readonly series: SeriesClass;
  readonly symbol: "line" | "dashes" | "dot";
}

export interface Caption {
  /** Read out by screen readers, shown above the drawing. */
  readonly title: string;
  /** What there is to see, in plain language; shown below. */
  readonly caption: string;
  readonly legend?: readonly LegendEntry[];
}

/** @param size of the drawing; a wider one than a chart gets a row of the page to itself */
export function framed({ title, caption, legend = [] }: Caption, size: readonly [number, number], parts: readonly string[]): string {
  const keys = legend.length === 0 ? "" : element("div", { class: "legend" }, ...legend.map(legendKey));
  const svg = element(
    "svg",
    { viewBox: `0 0 ${size.join(" ")}`, role: "img", "aria-label": title },
    element("title", {}, escapeText(title)),
    element("desc", {}, escapeText(caption)),
    ...parts,
  );
  const large = size[0] > CHART_WIDTH ? { class: "large" } : {};
  return element("figure", large, element("h3", {}, escapeText(title)), keys, svg, element("figcaption", {}, escapeText(caption)));
}

function legendKey({ label, series, symbol }: LegendEntry): string {
  const sample =
    symbol === "dot"
      ? element("circle", { cx: 12, cy: 6, r: 4, class: `${series} dot` })
      : element("path", { d: "M0 6H24", class: `${series} line${symbol === "dashes" ? " dashes" : ""}` });
  return element("span", {}, element("svg", { viewBox: "0 0 24 12", "aria-hidden": "true" }, sample), escapeText(label));
}

/** `Trace of H0` is `Trace-of-H0`: what every file system takes and a reader recognises. */
export function fileName(title: string): string {
  return title.replaceAll(/[^\p{L}\p{N}_]+/gu, "-").replaceAll(/^-+|-+$/g, "") || "plot";
}

/** An id that is the same in every run, so that equal results give equal reports. FNV-1a. */
export function idOf(text: string): string {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return (h >>> 0).toString(36);
}
