// The studies of examples/: what their READMEs tell to run can be run, and the cheapest two come out as the READMEs say.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { main } from "../../packages/cli/src/main.js";
import { commandsOf, studyNames, wordsOf } from "../../scripts/study.mjs";
import { root } from "../support/root.js";

const folderOf = (study: string) => join(root, "examples", study);

/** Runs a study's lines: commands in this process, programs in one of their own. */
async function outputOf(study: string): Promise<string> {
  const out = mkdtempSync(join(tmpdir(), "tetrad-study-"));
  const before = process.cwd();
  process.chdir(folderOf(study));
  onTestFinished(() => {
    process.chdir(before);
    rmSync(out, { recursive: true });
  });
  const told: string[] = [];
  // Workers of a sampler need the built program; tests/cli/sample.test.ts has them.
  for (const line of commandsOf(study).filter((one) => !one.includes("tetrad sample"))) {
    const [program, ...args] = wordsOf(line, out);
    if (program === "node") {
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
      expect(status, stderr).toBe(0);
      told.push(stdout);
    } else {
      const io = { stdout: { write: (text: string) => told.push(text) > 0 }, stderr: { write: () => true }, env: {} };
      expect(await main(["--quiet", ...args], io as unknown as NodeJS.Process), line).toBe(0);
    }
  }
  return told.join("");
}

test("every study's files are there, and its commands are commands", () => {
  const studies = studyNames();
  expect(studies).toEqual([
    "hz-comparison",
    "hz-fit",
    "loop-quantum-limit",
    "nist-thurber",
    "parameter-recovery",
    "supernova-survey",
    "supernovae",
  ]);
  for (const study of studies) {
    for (const line of commandsOf(study)) {
      const [program, ...args] = line.split(/\s+/);
      expect(["npx", "node"], line).toContain(program);
      const files = args.filter((word) => /\.(yaml|csv|ts)$/.test(word) && !/^(report\/|\$)/.test(word));
      for (const file of files) expect(existsSync(join(folderOf(study), file)), `${study}: ${file}`).toBe(true);
    }
  }
  expect(wordsOf('npx tetrad fit a.yaml --set "x y" --report report/fit.html   # as a page', "/out")).toEqual([
    "tetrad",
    "fit",
    "a.yaml",
    "--set",
    "x y",
    "--report",
    "/out/fit.html",
  ]);
});

test("NIST's Thurber: ten digits of every value and of every standard deviation, from both starts", async () => {
  const told = await outputOf("nist-thurber");
  const digits = [...told.matchAll(/^(?:b\d|rss) .*$/gm)].flatMap(([line]) =>
    line
      .trim()
      .split(/\s+/)
      .filter((_, i) => i === 3 || i === 6),
  );
  expect(digits).toHaveLength(2 * (7 * 2 + 1));
  for (const count of digits) expect(Number(count)).toBeGreaterThanOrEqual(10);
});

test("loop quantum cosmology: the limits that its README states", async () => {
  const told = await outputOf("loop-quantum-limit");
  const readme = readFileSync(join(folderOf("loop-quantum-limit"), "README.md"), "utf8");
  const limits = [...told.matchAll(/q < 0\.\d{4} at 95 % by (?:profile|posterior)/g)].map(([text]) => text);
  expect(limits).toHaveLength(2);
  for (const limit of limits) expect(readme).toContain(limit);
});
