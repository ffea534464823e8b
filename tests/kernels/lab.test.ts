// The kernel laboratory as a kernel's author runs it: a right kernel is proved, looked into and raced; a wrong one is refused with the place where it is wrong.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { missing } from "../support/missing.js";
import { root } from "../support/root.js";

const folder = join(root, "packages/kernels-wasm");
const shaders = join(root, "packages/kernels-wgsl/shaders");

function lab(...args: readonly string[]) {
  const { FORCE_COLOR: _, NODE_OPTIONS: __, ...env } = process.env;
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [join(folder, "lab/lab.mjs"), ...args], { encoding: "utf8", env });
  if (error) throw error;
  return { status, stdout, stderr };
}

/** A kernel's source with one text in it replaced, in a file of its own. */
function changed(kernel: string, from: string, to: string): string {
  return replaced(join(folder, `assembly/${kernel}.ts`), from, to);
}

function replaced(file: string, from: string, to: string): string {
  const source = readFileSync(file, "utf8");
  expect(source).toContain(from);
  const place = mkdtempSync(join(tmpdir(), "tetrad-lab-test-"));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  const path = join(place, "candidate");
  writeFileSync(path, source.replace(from, to));
  return path;
}

test("one turn on a right kernel", () => {
  const { status, stdout, stderr } = lab("square", "--once", "--json", "--rounds", "9", "--shapes", "square · MLP");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ kernel: "elementwise/square", kernels: ["square_f32"], right: true, check: { threads: [1, 2] } });
  expect(result.check.cases).toBeGreaterThan(15);
  expect(result.mix[0]).toMatchObject({ depth: 1, loads: 1, fma: 0, simd: 1, stores: 1 });
  expect(result.races).toHaveLength(1);
  const [race] = result.races;
  expect(race).toMatchObject({ op: "square", unit: expect.stringMatching(/^G(FLOP|B)\/s$/), rounds: 9 });
  expect(race.ratio).toBeGreaterThanOrEqual(race.low);
  expect(race.ratio).toBeLessThanOrEqual(race.high);
  expect(race.rate).toBeGreaterThan(0);
});

test.each([
  [
    "a wrong value",
    "elementwise/square",
    ["v128.mul<T>(x, x)", "v128.add<T>(x, x)"],
    /^output 0 of shape \[1\]: element \[0\] is -?[\d.]+, expected [\d.]+/,
  ],
  [
    "a write past the end",
    "reduce/softmax",
    ["row_scale<T>(y, ", "store<T>(y + <usize>n * sizeof<T>(), <T>1); row_scale<T>(y, "],
    /^byte \d past the end of softmax f32 \[[\d, ]+\] was written$/,
  ],
] as const)("%s is refused, with the place", (_, kernel, [from, to], where) => {
  const { status, stdout } = lab(kernel, "--once", "--json", "--candidate", changed(kernel, from, to));
  const result = JSON.parse(stdout);
  expect({ status, right: result.right, races: result.races }).toEqual({ status: 1, right: false, races: undefined });
  expect(result.check.failure).toMatchObject({ op: kernel.split("/")[1], case: expect.stringMatching(/./), threads: 1 });
  expect(result.check.failure.where).toMatch(where);
});

test("a source that does not compile is refused with the compiler's message", () => {
  const wrong = changed("elementwise/square", "const x = v128.load(a + i);", "const x = y;");
  const { status, stdout } = lab("square", "--once", "--candidate", wrong);
  expect(status).toBe(1);
  expect(stdout).toMatch(/does not compile: .*Cannot find name 'y'/s);
});

test.each([
  [["sofmax"], /no kernel is called "sofmax"; did you mean .*reduce\/softmax/],
  [["softmax", "--dtype", "f16"], /--dtype must be f32 or f64/],
  [["softmax", "--keep-anyway"], /--keep-anyway needs --keep/],
  [["softmax", "--fast"], /Unknown option '--fast'/],
])("called wrongly: %j", (args, message) => {
  const { status, stdout, stderr } = lab(...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(message);
});

describe("shaders", () => {
  /** On the adapter of the tests; ends the running test where there is none. */
  function onShader(...args: readonly string[]) {
    const result = lab("wgsl", ...args);
    if (/no WebGPU here|no adapter/.test(result.stderr)) missing("webgpu", result.stderr.trim());
    return result;
  }

  test("one turn on a right one, found by its op", () => {
    const { status, stdout, stderr } = onShader("softmax", "--once", "--json", "--rounds", "9", "--shapes", "MLP");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ kernel: "reduce/softmax.wgsl", right: true, variants: [{ constants: ["LANES 1", "COLUMNS 0"] }, {}] });
    expect(result.check.cases).toBeGreaterThan(15);
    expect(result.races).toHaveLength(1);
    const [race] = result.races;
    expect(race).toMatchObject({ op: "softmax", unit: expect.stringMatching(/^G(FLOP|B)\/s$/), rounds: 9 });
    expect(race.ratio).toBeGreaterThanOrEqual(race.low);
    expect(race.ratio).toBeLessThanOrEqual(race.high);
    expect(race.rate).toBeGreaterThan(0);
  });

  test("the variants of GPUs on an adapter that is none", () => {
    const { status, stdout } = onShader("softmax", "--once", "--no-race", "--gpu");
    expect(status).toBe(0);
    expect(stdout).toContain("variant LANES 2, COLUMNS 0; workgroup 256");
  });

  test.each([
    [
      "a wrong value",
      "reduce/softmax",
      ["1.0 / row_total.y", "1.01 / row_total.y"],
      /^output 0 of shape \[[\d, ]+\]: element \[[\d, ]+\] is 1\.00/,
    ],
    [
      "a write past the end",
      "reduce/softmax",
      ["let scale =", "y[p.y_at + p.rows * p.n + 4u] = 1.0; let scale ="],
      /^byte \d+ past the end of softmax f32 \[3, \d\]/,
    ],
    ["an optimiser's wrong moment", "optim/adam", ["p.beta1 * m[", "0.5 * m["], /^params of shape \[16\]: element \[0\] is/],
  ] as const)("%s is refused, with the place", (_, key, [from, to], where) => {
    const { status, stdout } = onShader(key, "--once", "--json", "--candidate", replaced(join(shaders, `${key}.wgsl`), from, to));
    const result = JSON.parse(stdout);
    expect({ status, right: result.right, races: result.races }).toEqual({ status: 1, right: false, races: undefined });
    expect(result.check.failure.where).toMatch(where);
  });

  test("a text that does not compile is refused with the compiler's message and the file's own line", () => {
    const file = join(shaders, "reduce/softmax.wgsl");
    const line =
      readFileSync(file, "utf8")
        .split("\n")
        .findIndex((text) => text.includes("let scale =")) + 1;
    const { status, stdout } = onShader("softmax", "--once", "--candidate", replaced(file, "let scale =", "let scale =="));
    expect(status).toBe(1);
    expect(stdout).toContain(`expected '=' for 'let' declaration (softmax, line ${line})`);
  });

  test.each([
    [["softmx"], /no shader and no op is called "softmx"; did you mean .*reduce\/softmax/],
    [["matmul"], /"matmul" has several shaders; say which: dense\/gemm_split, dense\/gemm_subgroup/],
    [["softmax", "--threads", "2"], /--threads is for kernels of the CPU/],
    [["softmax", "--against", "nothing"], /no version nothing to race against/],
    [[], /which shader\?/],
  ])("called wrongly: %j", (args, message) => {
    const { status, stdout, stderr } = onShader(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });
});

describe("when a version counts as faster", async () => {
  const load = (name: string) => import(new URL(`lab/${name}`, `file://${folder}/`).href);
  const { isFaster } = await load("history.mjs");
  const { ratioOf } = await load("race.mjs");

  test("its interval lies above 1.03 on two shapes", () => {
    expect(isFaster([{ low: 1.04 }, { low: 1.2 }, { low: 0.5 }])).toBe(true);
    expect(isFaster([{ low: 1.03 }, { low: 1.2 }])).toBe(false);
    expect(isFaster([{ low: 2 }])).toBe(false);
  });

  test("the ratio is a median over pairs, and its interval narrows where pairs agree", () => {
    const even = ratioOf({ a: Array(25).fill(1.2), b: Array(25).fill(1) });
    expect(even.ratio).toBeCloseTo(1.2, 12);
    expect(even.high - even.low).toBeCloseTo(0, 12);
    // One round in which another program ran does not move the median.
    const disturbed = ratioOf({ a: [...Array(24).fill(1.2), 50], b: Array(25).fill(1) });
    expect(disturbed.ratio).toBeCloseTo(1.2, 12);
    const noisy = ratioOf({ a: Array.from({ length: 25 }, (_, i) => 1 + 0.2 * Math.sin(i)), b: Array(25).fill(1) });
    expect(noisy.low).toBeLessThan(noisy.ratio);
    expect(noisy.high).toBeGreaterThan(noisy.ratio);
  });
});
