// `tetrad explore` on measured data, through the real binary.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { example, workplace } from "./tetrad.js";

const theory = example("cosmic-chronometers/flat-lcdm.yaml");
const data = example("cosmic-chronometers/hz.csv");
const selfContained = /(src|href)=|url\((?!#)|@import|<script|NaN/;

test("a grid: best point, CSV of all points, a map", () => {
  const place = workplace();
  const { code, stdout, stderr } = place.tetrad(
    ...[
      "explore",
      theory,
      data,
      "--method",
      "grid",
      "--points",
      "900",
      "--range",
      "Om=0.1:0.6",
      "--out",
      "p.csv",
      "--report",
      "r.html",
      "--json",
      "-q",
    ],
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const found = JSON.parse(stdout) as { points: number; perAxis: number; best: Record<string, number>; undefinedPoints: number };
  expect(found).toMatchObject({ points: 900, perAxis: 30, undefinedPoints: 0 });
  const lines = readFileSync(place.path("p.csv"), "utf8").trim().split("\n");
  expect(lines).toHaveLength(901);
  expect(lines[0]).toBe("Om,H0,log_likelihood,age,z_acceleration");
  expect(Math.max(...lines.slice(1).map((line) => Number(line.split(",")[2])))).toBe(found.best["log_likelihood"]);
  const html = readFileSync(place.path("r.html"), "utf8");
  expect(html).toContain("<h3>H0 against Om</h3>");
  expect(html).not.toMatch(selfContained);
});

test("profiles and sensitivity as tables, with reports", () => {
  const place = workplace();
  const profile = place.tetrad("explore", theory, data, "--method", "profile", "--report", "p.html");
  expect(profile.code).toBe(0);
  expect(profile.stdout).toMatch(/Om +0\.319555 +0\.0546 +0\.0644 +0\.264969 to 0\.383955 +0\.218239 to 0\.460837/);
  const sensitivity = place.tetrad(
    "explore",
    theory,
    data,
    "--method",
    "sensitivity",
    "--range",
    "Om=0.1:0.6",
    "--points",
    "256",
    "--report",
    "s.html",
  );
  expect(sensitivity.code).toBe(0);
  // Where the universe began to accelerate depends on Ωm alone.
  expect(sensitivity.stdout).toMatch(/z_acceleration\n.*\n +Om +(1\.0|0\.9)\d+ .*\n +H0 +-?0\.000 /);
  for (const name of ["p.html", "s.html"]) expect(readFileSync(place.path(name), "utf8")).not.toMatch(selfContained);
});

test("boundaries and optima stay where the theory's constraints hold; sensitivities refuse them", () => {
  const place = workplace();
  const file = place.write(
    "constrained.yaml",
    `name: line
model: a + b*x
data: { x: x, y: y, error: s }
parameters: { a: { start: 0.5, bounds: [0, 2] }, b: { start: 0.2, bounds: [-1, 1] } }
constraints: ["a + b <= 0.8"]
`,
  );
  const table = place.write("line.csv", "x,y,s\n0,1.1,0.1\n1,1.4,0.2\n2,2.2,0.1\n");
  const run = (method: string, ...more: string[]) => place.tetrad("explore", file, table, "--method", method, ...more);
  const boundary = run("boundary", "--condition", "a > 3*b", "--evaluations", "30", "--out", "b.csv", "--report", "b.html", "--json");
  const found = JSON.parse(boundary.stdout) as { crossings: [number, number][]; allowed: number; share: number };
  expect(found.crossings.length).toBeGreaterThan(5);
  for (const [a, b] of found.crossings) {
    expect(a / 3).toBeCloseTo(b, 10);
    expect(a + b).toBeLessThanOrEqual(0.8);
  }
  expect(found.allowed).toBeCloseTo(1.8 ** 2 / 2 / 4, 2); // a triangle over a from 0 and b from −1
  expect(found.share).toBeCloseTo(1 - (0.8 * 0.6) / 2 / (1.8 ** 2 / 2), 1); // without the one between b = a/3 and the edge
  const points = readFileSync(place.path("b.csv"), "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((row) => row.split(",").map(Number));
  expect(points).toHaveLength(30);
  for (const [a, b] of points) expect((a as number) + (b as number)).toBeLessThanOrEqual(0.8);
  expect(readFileSync(place.path("b.html"), "utf8")).toMatch(/The constraints leave [\d.]+ % of the ranges/);
  const { parameters } = JSON.parse(run("optimise", "--evaluations", "20", "--json").stdout) as { parameters: { a: number; b: number } };
  expect(parameters.a + parameters.b).toBeLessThanOrEqual(0.8);
  expect(run("sensitivity").stderr).toContain("error[UNSUPPORTED]");
});

test("a condition's boundary and an optimum without slopes, with reports", () => {
  const place = workplace();
  const range = ["--range", "Om=0.05:0.6"];
  const boundary = place.tetrad(
    "explore",
    theory,
    data,
    "--method",
    "boundary",
    "--condition",
    "age > 13",
    "--evaluations",
    "40",
    ...range,
    "--out",
    "b.csv",
    "--report",
    "b.html",
    "--json",
  );
  const found = JSON.parse(boundary.stdout) as { crossings: [number, number][]; share: number };
  expect(found.crossings.length).toBeGreaterThan(10);
  for (const [om, h0] of found.crossings) {
    // The closed form of a flat universe's age; the theory's own integral is good to ten digits.
    const age = ((977.7922216807891 / h0) * 2 * Math.asinh(Math.sqrt((1 - om) / om))) / (3 * Math.sqrt(1 - om));
    expect(age).toBeCloseTo(13, 7);
  }
  const optimum = place.tetrad(
    "explore",
    theory,
    data,
    "--method",
    "optimise",
    "--evaluations",
    "40",
    ...range,
    "--report",
    "o.html",
    "--json",
  );
  const { parameters } = JSON.parse(optimum.stdout) as { parameters: { Om: number; H0: number } };
  // A twentieth of an error from the fit.
  expect(Math.abs(parameters.Om - 0.31956)).toBeLessThan(0.003);
  expect(Math.abs(parameters.H0 - 68.15)).toBeLessThan(0.15);
  for (const name of ["b.html", "o.html"]) expect(readFileSync(place.path(name), "utf8")).not.toMatch(selfContained);
});

test("the next measurement, and a region by simulated experiments, with reports", () => {
  const place = workplace();
  const design = place.tetrad(
    "explore",
    theory,
    data,
    "--method",
    "design",
    "--x",
    "z=0:2.5",
    "--error",
    "5",
    "--report",
    "d.html",
    "--json",
  );
  const { best } = JSON.parse(design.stdout) as { best: { goal: string; x: { z: number }; error: number }[] };
  expect(best.map(({ goal, error }) => [goal, error])).toEqual([
    ["Om", 5],
    ["H0", 5],
    ["all together", 5],
  ]);
  // With equal errors, the far end tells most of matter; the expansion rate today is best measured today.
  expect([best[0]?.x.z, best[1]?.x.z]).toEqual([2.5, 0]);
  const region = place.tetrad(
    "explore",
    theory,
    data,
    "--method",
    "region",
    "--of",
    "Om",
    "--toys",
    "100",
    "--points",
    "9",
    "--range",
    "Om=0.15:0.5",
    "--report",
    "r.html",
  );
  expect(region.code).toBe(0);
  expect(region.stdout).toMatch(/Om +0\.319555 +0\.2\d+ to 0\.[34]\d+\n/);
  for (const name of ["d.html", "r.html"]) expect(readFileSync(place.path(name), "utf8")).not.toMatch(selfContained);
});

test("what cannot be explored is said with a code and a remedy", () => {
  const place = workplace();
  place.write("line.yaml", "name: line\nmodel: a*z\ndata: {x: z, y: H, error: sigma_H}\nparameters: {a: {start: 70}}\n");
  const open = place.tetrad("explore", "line.yaml", data, "--method", "grid");
  expect(open.code).toBe(1);
  expect(open.stderr).toMatch(
    /error\[ARGUMENT\]: line: a cannot be explored without two finite bounds.*Hint: give a bounds in the theory file/,
  );
  const range = place.tetrad("explore", theory, data, "--range", "Om=0.6:0.1");
  expect([range.code, range.stderr]).toEqual([2, expect.stringContaining("NAME=LOW:HIGH")]);
  const condition = place.tetrad("explore", theory, data, "--method", "boundary", "--condition", "agee > 13");
  expect([condition.code, condition.stderr]).toEqual([1, expect.stringContaining('did you mean "age"')]);
});
