/** Numbers and tables for people; everything else is in the JSON. */
import type { Comparison, Figure, SuiteResult, Table } from "./suite.js";

/** Columns of text: the first to the left, others to the right. */
export function tableText({ title, header, rows }: Table): string {
  const all = [header, ...rows];
  const widths = header.map((_, i) => Math.max(...all.map((row) => (row[i] ?? "").length)));
  const line = (row: readonly string[]) =>
    widths
      .map((width, i) => (i === 0 ? (row[i] ?? "").padEnd(width) : (row[i] ?? "").padStart(width)))
      .join("  ")
      .trimEnd();
  return [title, line(header), widths.map((width) => "─".repeat(width)).join("──"), ...rows.map(line)].join("\n");
}

/** Three significant digits. */
export function short(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return "–";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 1e-9))));
  return value.toFixed(Math.min(digits, 4));
}

export function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(0)} %` : "–";
}

export function met({ value, goal, atLeast }: Figure): boolean | undefined {
  if (!Number.isFinite(value)) return undefined;
  return atLeast ? value >= goal : value <= goal;
}

/** One line that holds a figure against its goal. */
export function figureText(figure: Figure): string {
  const { name, value, unit, goal, atLeast } = figure;
  const mark = { true: "✓", false: "✗", undefined: "?" }[`${met(figure)}`];
  return `${mark} ${name}: ${short(value)}${unit === "" ? "" : ` ${unit}`} (goal ${atLeast ? "≥" : "≤"} ${goal})`;
}

/** `3.21 [3.10, 3.40]` */
export function ratioText(ratio: { readonly value: number; readonly low: number; readonly high: number } | undefined): string {
  return ratio === undefined ? "" : `${short(ratio.value)} [${short(ratio.low)}, ${short(ratio.high)}]`;
}

/** The usual table of a comparison: times in `unit`, and how much longer peers take than ours. */
export function comparisonTable({ name, timings, ratios }: Comparison, unit: "µs" | "ms", title = name): Table {
  const scale = unit === "µs" ? 1000 : 1;
  return {
    title: `${title}, ${unit}`,
    header: ["", "median", "min", "MAD", "times ours [95 %]"],
    rows: Object.entries(timings).map(([contender, time]) => [
      contender,
      short(time.median * scale),
      short(time.min * scale),
      short(time.mad * scale),
      ratioText(ratios[contender]),
    ]),
  };
}

/** `name: reason` for each that could not take part, said once. */
export function absentNotes(comparisons: readonly Comparison[]): string[] {
  return [
    ...new Set(comparisons.flatMap(({ absent = {} }) => Object.entries(absent).map(([name, reason]) => `${name}: absent: ${reason}`))),
  ];
}

export function suiteText({ tables, figures, notes, failures = [] }: SuiteResult): string {
  const blocks = [
    ...tables.map(tableText),
    figures.map(figureText).join("\n"),
    notes.join("\n"),
    failures.map((text) => `failed: ${text}`).join("\n"),
  ];
  return blocks.filter((block) => block !== "").join("\n\n");
}
