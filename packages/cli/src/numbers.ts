/** Numbers as people write them. */
import { type Interval, largestOf } from "@tetrad/engine";

/** A measured value with its uncertainty, both to two digits of the uncertainty: `68.1 ± 3.1`. */
export function measured(value: number, uncertainty: number | null): string {
  if (uncertainty === null || !(uncertainty > 0) || !Number.isFinite(uncertainty)) return short(value);
  const magnitude = Math.floor(Math.log10(uncertainty));
  const digits = 1 - magnitude;
  if (digits < 0 || digits > 12 || Math.abs(value) >= 1e9) return `${value.toExponential(6)} ± ${uncertainty.toExponential(1)}`;
  return `${value.toFixed(digits)} ± ${uncertainty.toFixed(digits)}`;
}

/** Ends of intervals: three digits of the uncertainty. */
export function rounded(value: number, uncertainty: number): string {
  const digits = 2 - Math.floor(Math.log10(uncertainty));
  return uncertainty > 0 && digits >= 0 && digits <= 12 && Math.abs(value) < 1e9 ? value.toFixed(digits) : short(value);
}

/** Six digits, without trailing zeros. */
export function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** `0.043 %`, three digits. */
export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}

/** `1 text`, `2 texts` */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** `0.8701 (0.8581 to 0.8821)` */
export function intervalText({ value, low, high }: Interval): string {
  return `${value.toFixed(4)} (${low.toFixed(4)} to ${high.toFixed(4)})`;
}

/** Columns of text, the first or so many to the left, the others to the right. */
export function aligned(rows: readonly (readonly string[])[], left = 1): string[] {
  const widths = (rows[0] ?? []).map((_, i) => largestOf(rows.map((row) => [...(row[i] ?? "")].length)));
  const pad = (text: string, i: number) => {
    const space = " ".repeat(Math.max(0, (widths[i] ?? 0) - [...text].length));
    return i < left ? text + space : space + text;
  };
  return rows.map((row) => row.map(pad).join("  ").trimEnd());
}
