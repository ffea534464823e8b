/** What `tetrad prepare` did, as text for a terminal: a line a stage, then what is in each part. */
import type { Lengths, PartStatistics } from "@tetrad/language";
import type { Style } from "../fit-text.js";
import { aligned, percent } from "../numbers.js";
import { duration } from "../progress.js";
import type { Done } from "./stages.js";

export function stageLines(stages: readonly Done[], { dim }: Style): string[] {
  const columns = aligned(
    stages.map(({ name, report, cached, seconds }) => [
      name,
      report.rowsIn === report.rowsOut ? String(report.rowsIn) : `${report.rowsIn} → ${report.rowsOut}`,
      cached ? "cached" : duration(seconds),
    ]),
  );
  return stages.flatMap(({ report }, i) => {
    const counts = (of: Readonly<Record<string, number>>) => Object.entries(of).map(([what, count]) => `${count} ${what}`);
    const dropped = counts(report.dropped);
    const done = [...(dropped.length > 0 ? [`left out: ${dropped.join(", ")}`] : []), ...counts(report.changed).slice(0, 6)];
    return [`${columns[i]}  ${done.join("; ")}`.trimEnd(), ...report.notes.map((note) => dim(`    note: ${note}`))];
  });
}

export function statisticsLines(parts: Readonly<Record<string, PartStatistics>>): string[] {
  const names = Object.keys(parts);
  const row = (what: string, cell: (part: PartStatistics) => string | undefined) => {
    const cells = Object.values(parts).map(cell);
    return cells.every((text) => text === undefined) ? [] : [[what, ...cells.map((text) => text ?? "")]];
  };
  const lengths = (what: string, of: (part: PartStatistics) => Lengths | undefined) => [
    ...row(`${what}, in all`, (part) => of(part)?.total.toString()),
    ...row("  mean", (part) => of(part)?.mean.toFixed(1)),
    ...row("  5 %, half, 95 %, 99 % have at most", (part) => quantiles(of(part))),
    ...row("  least and most", (part) => of(part) && `${of(part)?.least} ${of(part)?.most}`),
  ];
  const table = aligned([
    ["", ...names],
    ...row("rows", (part) => String(part.rows)),
    ...lengths("characters", (part) => part.characters),
    ...lengths("words", (part) => part.words),
    ...lengths("tokens", (part) => part.tokens),
    ...row("unknown tokens", (part) => part.tokens && percent(part.tokens.unknownShare)),
    ...row("different words", (part) => String(part.vocabulary)),
    ...row("  over words", (part) => part.typeTokenRatio.toFixed(4)),
    ...row("words not in train", (part) => (part.unseenShare === undefined ? undefined : percent(part.unseenShare))),
    ...row("stop words", (part) => (part.stopWordShare === undefined ? undefined : percent(part.stopWordShare))),
    ...row("classes", (part) => part.labels && String(part.labels.length)),
    ...row("  rows of the smallest and largest", (part) => part.labels && `${part.labels.at(-1)?.rows} ${part.labels[0]?.rows}`),
  ]);
  const [name, first] = Object.entries(parts)[0] as [string, PartStatistics];
  return [
    ...table,
    "",
    ...histogramLines(`${first.tokens === undefined ? "words" : "tokens"} of the ${name} part`, first.tokens ?? first.words),
    "",
    `frequent words: ${first.frequent.map(({ word }) => word).join(" ")}`,
    `longest, at ${first.longest.at}: ${first.longest.text.slice(0, 80)}`,
    `shortest, at ${first.shortest.at}: ${first.shortest.text.slice(0, 80)}`,
    ...(first.scripts === undefined
      ? []
      : [
          `letters: ${Object.entries(first.scripts)
            .map(([script, share]) => `${script} ${percent(share)}`)
            .join(", ")}`,
        ]),
  ];
}

function quantiles(lengths: Lengths | undefined): string | undefined {
  if (lengths === undefined) return undefined;
  const { p5, p50, p95, p99 } = lengths.percentiles;
  return `${p5} ${p50} ${p95} ${p99}`;
}

const BAR = 40;

function histogramLines(what: string, { histogram }: Lengths): string[] {
  const most = Math.max(...histogram);
  const bins = histogram.map((count, bin) => {
    const [from, to] = bin === 0 ? [0, 0] : [2 ** (bin - 1), 2 ** bin - 1];
    return [from === to ? `${from}` : `${from}–${to}`, String(count), count] as const;
  });
  const columns = aligned(bins.map(([range, count]) => [`  ${range}`, count]));
  return [what, ...columns.map((line, i) => `${line}  ${"█".repeat(Math.ceil((BAR * (bins[i]?.[2] ?? 0)) / most))}`.trimEnd())];
}
