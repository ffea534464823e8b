/** Report of a benchmark run: the machine, each suite's tables and charts, and everything under the roof of one thread. */
import { type Figure, met, type Run, type SuiteResult, short } from "@tetrad/bench";
import { curveCharts, ratioChart, rooflineChart } from "./bench-charts.js";
import { page, type ReportTable, type Section } from "./page.js";

/** More comparisons than this are read in a table or along a curve. */
const MOST_BAR_CHARTS = 4;

export function benchReport(run: Run): string {
  const { machine, quick, seconds } = run;
  const date = machine.time.slice(0, 10);
  const lead = `${machine.processor}, ${machine.cores} cores, Node ${machine.node}, ${date}${quick ? "; short samples, to see that everything works" : ""}. Measured in turns within ${Math.round(seconds)} s.`;
  const results = Object.entries(run.suites);
  const measured = results.flatMap(([name, result]) => ("error" in result ? [] : [[name, result] as const]));
  const roofline = rooflineChart(measured);
  return page("Tetrad beside other libraries", lead, [
    machineSection(run),
    ...(roofline === undefined ? [] : [{ title: "Under the roof", figures: [roofline] }]),
    ...results.map(([name, result]) =>
      "error" in result ? { title: name, paragraphs: [`failed: ${result.error}`] } : suiteSection(name, result),
    ),
  ]);
}

function suiteSection(name: string, { comparisons, curves = [], tables, figures, notes, failures = [] }: SuiteResult): Section {
  const compared = comparisons.filter(({ ratios }) => Object.keys(ratios).length > 0);
  const charts = curves.length > 0 ? curveCharts(curves) : compared.length <= MOST_BAR_CHARTS ? compared.map(ratioChart) : [];
  return {
    title: name,
    paragraphs: [...notes, ...failures.map((text) => `failed: ${text}`)],
    tables: [...goals(figures), ...tables.map(({ title, header, rows }): ReportTable => ({ caption: title, header, rows }))],
    figures: charts,
  };
}

function goals(figures: readonly Figure[]): ReportTable[] {
  if (figures.length === 0) return [];
  const mark = (figure: Figure) => ({ true: "✓", false: "✗", undefined: "?" })[`${met(figure)}`];
  const rows = figures.map((figure) => {
    const { name, value, unit, goal, atLeast } = figure;
    return [`${mark(figure)} ${name}`, `${short(value)}${unit === "" ? "" : ` ${unit}`}`, `${atLeast ? "≥" : "≤"} ${goal}`];
  });
  return [{ caption: "Goals", header: ["", "reached", "goal"], rows }];
}

function machineSection({ machine, loadAfter, threads, peers }: Run): Section {
  const load = (values: readonly number[]) => values.map((value) => value.toFixed(1)).join(" ");
  const rows: [string, string][] = [
    ["processor", machine.processor],
    ["instruction sets", machine.features.join(" ") || "unknown"],
    ["cores", `${machine.cores}`],
    ["memory", `${machine.memoryGiB} GiB`],
    ["load before and after", `${load(machine.load)}; ${load(loadAfter)}`],
    ["system", machine.system],
    ["Node, V8", `${machine.node}, ${machine.v8}`],
    ["commit", machine.commit ?? "unknown"],
    ["threads measured", threads.join(" and ")],
  ];
  return {
    title: "Machine and peers",
    tables: [
      { caption: "What was measured on", header: ["", ""], rows, words: true },
      ...(Object.keys(peers).length === 0
        ? []
        : [{ caption: "Who was measured", header: ["", ""], rows: Object.entries(peers), words: true }]),
    ],
  };
}
