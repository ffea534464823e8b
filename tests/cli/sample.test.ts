// `tetrad sample` through the real binary: the same draws for the same seed whatever the workers, verdict and exit code, resuming after a kill, chain files, bad input.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { parquetReadObjects } from "hyparquet";
import { expect, test } from "vitest";
import { example, type Workplace, workplace } from "./tetrad.js";

const theory = example("cosmic-chronometers/flat-lcdm.yaml");
const data = example("cosmic-chronometers/hz.csv");
const sample = (place: Workplace, ...args: string[]) => place.tetrad("sample", theory, data, "--quiet", ...args);

interface Facts {
  parameters: { name: string; mean: number; sd: number; rhat: number; essBulk: number }[];
  verdict: string;
  divergences: number;
}

test("converged chains: numbers, files, report; two workers draw what one draws", async () => {
  const place = workplace();
  const run = ["--warmup", "300", "--draws", "400", "--metric", "dense", "--seed", "5", "--json"];
  const { code, stdout, stderr } = sample(place, ...run, "--out", "c", "--workers", "1");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const facts = JSON.parse(stdout) as Facts;
  expect(facts.verdict).toBe("converged");
  expect(facts.parameters.map(({ name }) => name)).toEqual(["Om", "H0", "age", "z_acceleration"]);
  // Flat prior in [0, 1] × [40, 110]: within three Monte Carlo errors of the grid's 0.3324 and 67.73, whose box cuts nothing but tails.
  expect(Math.abs((facts.parameters[0]?.mean as number) - 0.3324)).toBeLessThan(0.01);
  expect(Math.abs((facts.parameters[1]?.mean as number) - 67.73)).toBeLessThan(0.5);
  expect(readdirSync(place.path("c")).sort()).toEqual(
    [
      "draws.parquet",
      ...[1, 2, 3, 4].map((c) => `flat-lcdm_${c}.txt`),
      "flat-lcdm.paramnames",
      "flat-lcdm.ranges",
      "report.html",
      "summary.json",
    ].sort(),
  );

  const bytes = readFileSync(place.path("c/draws.parquet"));
  const rows = await parquetReadObjects({ file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer });
  expect(rows).toHaveLength(1600);
  expect(Object.keys(rows[0] as object)).toEqual([
    ...["chain", "draw", "Om", "H0", "age", "z_acceleration", "log_density"],
    ...["acceptance", "step_size", "leapfrogs", "tree_depth", "energy", "diverging", "left_support"],
  ]);
  const text = readFileSync(place.path("c/flat-lcdm_2.txt"), "utf8").trim().split("\n");
  expect(text).toHaveLength(400);
  const [weight, minusLog, om] = (text[7] as string).split(" ").map(Number);
  const row = rows[407] as Record<string, number>;
  expect([row["chain"], row["draw"], weight]).toEqual([2, 8, 1]);
  expect(om).toBeCloseTo(row["Om"] as number, 9);
  expect(minusLog).toBeCloseTo(-(row["log_density"] as number), 6);
  expect(readFileSync(place.path("c/flat-lcdm.paramnames"), "utf8")).toBe("Om \\Omega_m\nH0 H_0\nage* t_0\nz_acceleration* z_a\n");
  expect(readFileSync(place.path("c/flat-lcdm.ranges"), "utf8")).toBe("Om 0 1\nH0 40 110\n");

  const html = readFileSync(place.path("c/report.html"), "utf8");
  for (const title of ["flat ΛCDM: what the data allow", "Trace of Om", "Ranks of H0"]) expect(html).toContain(`<h3>${title}</h3>`);
  expect(html).not.toMatch(/(src|href)=|url\((?!#)|@import|<script|NaN/);

  expect(sample(place, ...run, "--out", "d", "--workers", "2").code).toBe(0);
  expect(readFileSync(place.path("d/draws.parquet")).equals(bytes)).toBe(true);
});

test.skipIf(process.platform === "win32")("killed in the middle and resumed: the very chains of a run that was left alone", async () => {
  const place = workplace();
  // Long enough that the first state, kept after 0.2 seconds, is of the middle.
  const size = ["--thin", "600", "--warmup", "60", "--draws", "40", "--chains", "2", "--workers", "1"];
  const run = ["--sampler", "metropolis", ...size, "--quiet"];
  const { child, ended } = place.start("sample", theory, data, ...run, "--out", "k");
  while (!existsSync(place.path("k/unfinished/job-1.json"))) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill("SIGKILL");
  await ended;
  // One worker does one chain after the other: the second has not ended.
  const second = place.path("k/unfinished/job-2.json");
  const { iteration } = existsSync(second) ? (JSON.parse(readFileSync(second, "utf8")) as { iteration: number }) : { iteration: 0 };
  expect(iteration).toBeLessThan(100);
  const resumed = place.tetrad("sample", theory, data, ...run, "--out", "k", "--resume");
  // 80 draws are too few: told in words and by exit code 3, never a silent table.
  expect(resumed).toMatchObject({ code: 3, stdout: expect.stringMatching(/NOT CONVERGED: do not use these numbers\.\n +Om: .*\d/) });
  expect(readFileSync(place.path("k/report.html"), "utf8")).toContain("<h2>Posterior: not converged</h2>");
  expect(existsSync(place.path("k/unfinished"))).toBe(false);
  expect(place.tetrad("sample", theory, data, ...run, "--out", "whole").code).toBe(3);
  expect(readFileSync(place.path("k/draws.parquet")).equals(readFileSync(place.path("whole/draws.parquet")))).toBe(true);
});

test("nested sampling tells the evidence", () => {
  const place = workplace();
  const nested = sample(place, "--sampler", "nested", "--live", "50", "--out", "n");
  expect(nested.code).toBe(0);
  expect(nested.stdout).toMatch(/ln Z = -\d+\.\d{3} ± 0\.\d{3}/);
});

test.each([
  [["--sampler", "nutz"], 2, /Did you mean nuts|Allowed choices are nuts/],
  [["--chains", "0"], 2, /whole number above 0/],
] as const)("bad input: %j", (args, code, message) => {
  const place = workplace();
  const run = sample(place, ...args);
  expect(run.code).toBe(code);
  expect(run.stderr).toMatch(message);
  expect(readdirSync(place.folder).filter((name) => existsSync(place.path(`${name}/unfinished`)))).toEqual([]);
});

test("a prior that excludes what the model can be: DATA, and nothing left behind", () => {
  const place = workplace();
  const yaml = readFileSync(theory, "utf8")
    .replace("sqrt(Om*(1+z)^3 + 1-Om)", "sqrt(Om*(1+z)^3 - 30)")
    .replace("start: 0.3, bounds: [0, 1]", "start: 1, bounds: [0, 1]");
  const run = place.tetrad("sample", place.write("t.yaml", yaml), data, "--quiet", "--chains", "1", "--out", "c");
  expect(run).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/error\[DATA\]: flat-lcdm: the model is not finite where the chain should start at /),
  });
  expect(existsSync(place.path("c"))).toBe(false);
});
