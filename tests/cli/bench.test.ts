// `tetrad bench` by the real binary: what it refuses, and a short run whose files can be used again.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PEER_NAMES, type Run, SUITE_NAMES } from "@tetrad/bench";
import { expect, test } from "vitest";
import { root } from "../support/root.js";
import { workplace } from "./tetrad.js";

test("its help names every suite and every peer", () => {
  const { stdout } = workplace().tetrad("bench", "--help");
  const words = stdout.split(/[\s,()]+/);
  for (const name of [...SUITE_NAMES, ...PEER_NAMES]) expect(words).toContain(name);
});

test.each([
  [["gem"], /unknown suite 'gem'\n\(Did you mean gemm\?\)/],
  [["gemm", "--against", "tfj"], /unknown peer 'tfj'\n\(Did you mean tfjs\?\)\nThere are tfjs, jax/],
  [["gemm", "--json", "figures.txt"], /unknown suite 'figures\.txt'/],
  [["gemm", "--threads", "0"], /It must be a whole number above 0/],
  [["gemm", "--html"], /argument missing/],
  [["--quickly"], /unknown option '--quickly'/],
])("called wrongly: bench %j exits with 2", (args, message) => {
  const { code, stdout, stderr } = workplace().tetrad("bench", ...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(message);
});

test("a baseline that is not there, is none, or is another machine's is refused before anything is measured", () => {
  const place = workplace();
  const run = (file: string) => place.tetrad("bench", "gemm", "--against", "none", "--compare", file);
  expect(run("none.json")).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^error\[IO\]: read none\.json/) });
  place.write("bad.json", "{}");
  expect(run("bad.json")).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/^error\[FORMAT\]: bench: bad\.json is not a run/),
  });
});

test("a step allocates nothing and leaves nothing behind", () => {
  const child = join(root, "packages/bench/dist/children/garbage.js");
  const { stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", child], { encoding: "utf8" });
  expect(stderr).toBe("");
  const { bytesPerStep, heapGrowth, wasmGrowth } = JSON.parse(stdout);
  // A closure would be 56 bytes; the inspection of the heap itself is spread over 20,000 steps.
  expect(bytesPerStep).toBeLessThan(8);
  expect(heapGrowth).toBeLessThan(65_536);
  expect(wasmGrowth).toBe(0);
});

test("a short run: tables, JSON and HTML; then the same again against it", () => {
  const place = workplace();
  const first = place.tetrad("bench", "theory", "--against", "none", "--quick", "--json", "run.json", "--html", "run.html");
  expect(first.code, first.stderr).toBe(0);
  expect(first.stdout).toMatch(/══ theory \(\d.*?\)\n.*tetrad theory +\d.*JavaScript by hand +\d.*[✓✗] likelihood with gradient: /s);
  const run = JSON.parse(readFileSync(place.path("run.json"), "utf8")) as Run;
  expect(run).toMatchObject({
    format: 1,
    quick: true,
    peers: {},
    suites: { theory: { comparisons: [{ timings: { "tetrad theory": { who: "tetrad" } } }] } },
  });
  expect(readFileSync(place.path("run.html"), "utf8")).toMatch(/^<!doctype html>.*<h2>theory<\/h2>/s);

  // times of a hundredth: whatever this machine does meanwhile, the new ones are slower
  const faster = structuredClone(run) as unknown as {
    suites: { theory: { comparisons: { timings: Record<string, { min: number; rounds: number[] }> }[] } };
  };
  const timing = faster.suites.theory.comparisons[0]!.timings["tetrad theory"]!;
  timing.min /= 100;
  timing.rounds = timing.rounds.map((time) => time / 100);
  writeFileSync(place.path("faster.json"), JSON.stringify(faster));
  const second = place.tetrad("bench", "--against", "none", "--quick", "--compare", "faster.json", "--json", "theory");
  expect(second.code).toBe(1);
  expect(second.stderr).toContain("slower than before: 1");
  const facts = JSON.parse(second.stdout) as { regression: { changes: { contender: string; verdict: string }[] } };
  expect(facts.regression.changes).toEqual([expect.objectContaining({ contender: "tetrad theory", verdict: "slower" })]);
});

test("a peer that cannot start is absent with its reason, and the rest is measured", () => {
  const place = workplace();
  const { code, stdout } = place.tetrad("bench", "theory", "--against", "torch", "--quick", "--json");
  expect(code).toBe(0);
  const { peers, suites } = JSON.parse(stdout) as Run;
  expect(peers["torch"]).toMatch(/^(PyTorch \d|absent: .+\(.*TETRAD_PYTHON may name another interpreter\))/);
  expect("error" in suites["theory"]!).toBe(false);
});
