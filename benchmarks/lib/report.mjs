// Tables for people; everything else is in the JSON.

/** @param {readonly (readonly string[])[]} rows the first is the heading; first column left, others right */
export function table(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => (row[i] ?? "").length)));
  const line = (row) => widths.map((width, i) => (i === 0 ? (row[i] ?? "").padEnd(width) : (row[i] ?? "").padStart(width))).join("  ");
  return [line(rows[0]), widths.map((width) => "─".repeat(width)).join("──"), ...rows.slice(1).map(line)].join("\n");
}

/** Three significant digits. @param {number} value */
export function short(value) {
  if (!Number.isFinite(value)) return "–";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 1e-9))));
  return value.toFixed(Math.min(digits, 4));
}

/** @param {number} share */
export const percent = (share) => (Number.isFinite(share) ? `${(100 * share).toFixed(0)} %` : "–");

/**
 * One line that holds a figure against its goal.
 * @param {{ name: string, value: number, goal: number, unit: string, atLeast?: boolean }} figure
 */
export function goalLine({ name, value, goal, unit, atLeast = false }) {
  const met = atLeast ? value >= goal : value <= goal;
  return `${Number.isFinite(value) ? (met ? "✓" : "✗") : "?"} ${name}: ${short(value)} ${unit} (goal ${atLeast ? "≥" : "≤"} ${goal})`;
}

/** Median, least and spread of µs a call. @param {{ median: number, min: number, mad: number }} time in ms */
export const microseconds = ({ median, min, mad }) => [short(median * 1000), short(min * 1000), short(mad * 1000)];
