// The benchmark report: one file that asks nobody for anything, with the machine, the goals, charts where there is something to draw, and every failure.
import { describeMachine, type Run } from "@tetrad/bench";
import { expect, test } from "vitest";
import { benchReport } from "../../packages/cli/src/report/bench-report.js";

const timing = { who: "tetrad", threads: 1, median: 1, min: 1, mad: 0, samples: 3, rounds: [1, 1, 1] };

const run: Run = {
  format: 1,
  machine: { ...describeMachine(), processor: "A <fast> one & only" },
  loadAfter: [0.1, 0.2, 0.3],
  seconds: 12,
  suiteSeconds: { mlp: 9 },
  quick: false,
  threads: [1, 2],
  peers: { tfjs: "TensorFlow.js 4", torch: "absent: No module named 'torch'" },
  suites: {
    mlp: {
      comparisons: [
        {
          name: "a step",
          timings: { tetrad: timing, "tfjs wasm": { ...timing, who: "tfjs" } },
          yardstick: [1, 1, 1],
          ratios: { "tfjs wasm": { against: "tetrad", value: 40, low: 35, high: 47 } },
        },
      ],
      tables: [{ title: "a step, µs", header: ["", "median"], rows: [["tetrad", "1.00"]] }],
      figures: [{ name: "TensorFlow.js takes", value: 40, unit: "×", goal: 50, atLeast: true }],
      notes: ["jax-js: absent: <why>"],
    },
    gemm: {
      comparisons: [],
      tables: [{ title: "rates", header: ["n", "x"], rows: Array.from({ length: 50 }, (_, i) => [`${i}`, "1"]) }],
      figures: [],
      notes: [],
      failures: ["one went wrong"],
      roof: { flopsPerSecond: 50e9, bytesPerSecond: 25e9 },
      points: [
        { label: "add", flopsPerByte: 0.1, flopsPerSecond: 2e9 },
        { label: "f32 64 × 64 × 64", flopsPerByte: 10, flopsPerSecond: 40e9 },
      ],
      curves: [
        {
          chart: "f32 products",
          label: "tetrad, 2 threads",
          who: "tetrad",
          threads: 2,
          xLabel: "n",
          yLabel: "GFLOP/s",
          points: [
            [64, 40],
            [128, 45],
          ],
        },
      ],
    },
    cnn: { error: "no <memory>" },
  },
};

test("a page of its own with everything in it", () => {
  const html = benchReport(run);
  expect(html).not.toMatch(/<script|<link|<img|\bsrc=|href=|@import|url\((?!#clip)/i);
  for (const text of [
    "A &lt;fast&gt; one &amp; only",
    "jax-js: absent: &lt;why&gt;",
    "absent: No module named 'torch'",
    "failed: no &lt;memory&gt;",
    "failed: one went wrong",
  ])
    expect(html).toContain(text);
  expect(html).toContain("✗ TensorFlow.js takes");
  for (const title of ["Roofline of one thread", "f32 products", "a step"]) expect(html).toContain(`<h3>${title}</h3>`);
  expect(html).not.toMatch(/NaN|undefined|Infinity/);
});

test("bars begin at 1, whiskers end at the interval, the roof has its ridge, long tables are folded", () => {
  const html = benchReport(run);
  const [, from, width] = /<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="[\d.]+" class="s2 column"\/>/.exec(html)!.map(Number);
  const [, low, high] = /d="M([\d.]+) [\d.]+H([\d.]+)M[^"]*" class="whisker"/.exec(html)!.map(Number);
  expect(low!).toBeGreaterThan(from!);
  expect(low!).toBeLessThan(from! + width!);
  expect(high!).toBeGreaterThan(from! + width!);
  expect(html.match(/class="s6 line"/g)).toHaveLength(2); // the roof and its key
  expect(/<path d="M[^"]*L[^"]*L[^"]*" class="s6 line"\/>/.test(html)).toBe(true); // rise, ridge, flat
  expect(html).toContain("<summary>rates: 50 rows</summary>");
  expect(html).toContain('class="s1 line dashes"');
});

test("a curve of one point has axes, too", () => {
  const curves = [{ chart: "lonely", label: "tetrad", who: "tetrad", xLabel: "threads", yLabel: "GFLOP/s", points: [[1, 40]] as const }];
  const html = benchReport({ ...run, suites: { scaling: { comparisons: [], tables: [], figures: [], notes: [], curves } } });
  expect(html).toContain("<h3>lonely</h3>");
  expect(html).not.toMatch(/NaN|Infinity/);
});

test("a run without roof or curves draws no empty charts", () => {
  const html = benchReport({ ...run, suites: { cnn: { error: "none" } }, peers: {} });
  expect(html).not.toContain("<figure");
  expect(html).not.toContain("Who was measured");
});
