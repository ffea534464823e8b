// What every command promises: help with examples, exit codes, JSON and nothing else, silence when asked, progress only on a terminal.
import { readFileSync } from "node:fs";
import { type Io, main } from "@tetrad/cli";
import { describe, expect, test } from "vitest";
import { example, workplace } from "./tetrad.js";

const COMMANDS = [
  "fit",
  "simulate",
  "sample",
  "verify",
  "explore",
  "train",
  "finetune",
  "evaluate",
  "generate",
  "embed",
  "export",
  "predict",
  "explain",
  "trace",
  "tune",
  "devices",
  "bench",
  "demo",
];

describe("the real binary", () => {
  test("help names every command; each command's help has examples and the common options", () => {
    const place = workplace();
    const help = place.tetrad("--help");
    expect(help).toMatchObject({ code: 0, stderr: "" });
    for (const command of COMMANDS) {
      expect(help.stdout).toContain(`  ${command}`);
      const own = place.tetrad(command, "--help");
      expect(own).toMatchObject({ code: 0, stderr: "" });
      expect(own.stdout).toMatch(/^Usage: tetrad /);
      expect(own.stdout).toContain(`\nExamples:\n  tetrad ${command}`);
      expect(own.stdout).toContain("--json");
    }
  });

  test("the version is the package's", () => {
    expect(workplace().tetrad("--version").stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test.each([
    [["trian", "x.yaml"], /unknown command 'trian'\n\(Did you mean train\?\)/],
    [["train"], /missing required argument 'config'/],
    [["train", "a.yaml", "b.yaml"], /too many arguments/],
    [["train", "a.yaml", "--epohcs", "3"], /unknown option '--epohcs'/],
    [["fit", "data.csv"], /name a theory file and a data file/],
    [["fit", "t.yaml", "d.csv", "--starts", "0"], /--starts.*It must be a whole number above 0/s],
    [["predict", "m", "d.csv", "--format", "xls"], /Allowed choices are csv, tsv, jsonl, json/],
    [["devices", "--threads", "two"], /It must be a whole number above 0/],
    [["devices", "--backend", "gpu"], /It must be auto or wasm or webgpu or reference/],
    [[], /Usage: tetrad/],
  ])("called wrongly: %j exits with 2", (args, message) => {
    const { code, stdout, stderr } = workplace().tetrad(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });

  test("devices --json says what was chosen and why", () => {
    const { code, stdout, stderr } = workplace().tetrad("devices", "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      backend: "auto",
      build: expect.stringMatching(/^(relaxed|baseline)$/),
      why: expect.stringMatching(/./),
      threads: expect.any(Number),
      node: process.version,
    });
  });

  test("an error under --json is JSON on stdout and one line on stderr; --verbose adds the stack", () => {
    const place = workplace();
    const { code, stdout, stderr } = place.tetrad("train", "none.yaml", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      error: { code: "IO", message: expect.stringMatching(/^read none\.yaml: there is no such file/) },
    });
    expect(stderr).toMatch(/^error\[IO\]: read none\.yaml: there is no such file or folder\. Hint: [^\n]*\n$/);
    expect(place.tetrad("train", "none.yaml", "--verbose").stderr).toMatch(/\n {4}at /);
  });

  test("a reader that closes the pipe early is no error", async () => {
    const place = workplace();
    place.write("big.csv", `x,y\n${Array.from({ length: 20_000 }, (_, i) => `${i},${2 * i}`).join("\n")}\n`);
    place.write("t.yaml", "data: big.csv\ntarget: y\nepochs: 1\nbatchSize: 1000\nmodel: {hidden: [2]}\nout: m\n");
    expect(place.tetrad("train", "t.yaml", "--quiet").code).toBe(0);
    const { child, ended } = place.start("predict", "m", "big.csv", "--quiet");
    child.stdout?.once("data", () => child.stdout?.destroy());
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("what is written where", () => {
  function captured(isTTY: boolean, env: Record<string, string> = {}): { io: Io; text: { stdout: string; stderr: string } } {
    const text = { stdout: "", stderr: "" };
    const stream = (name: "stdout" | "stderr") => ({
      isTTY,
      columns: 80,
      write(chunk: string) {
        text[name] += chunk;
      },
    });
    return { io: { stdout: stream("stdout"), stderr: stream("stderr"), env }, text };
  }

  async function trainIris(
    isTTY: boolean,
    args: string[] = [],
    env: Record<string, string> = {},
  ): Promise<{ stdout: string; stderr: string }> {
    const { io, text } = captured(isTTY, env);
    expect(await main(["train", example("iris/train.yaml"), "--out", workplace().path("m"), ...args], io)).toBe(0);
    return text;
  }

  const ESCAPE = "\u001b[";

  test("on a terminal: a bar on stderr, redrawn in place, and colours", async () => {
    const { stdout, stderr } = await trainIris(true);
    expect(stderr).toMatch(/\r.*training █+.*100 % epoch 40\/40 loss /);
    expect(stderr.endsWith("\n")).toBe(true);
    expect(stdout).toContain(ESCAPE);
    expect(stdout).not.toContain("█");
  });

  test("NO_COLOR takes the colours away", async () => {
    expect((await trainIris(true, [], { NO_COLOR: "1" })).stdout).not.toContain(ESCAPE);
  });

  test("elsewhere: plain lines, at most ten, and no escape sequences", async () => {
    const { stdout, stderr } = await trainIris(false);
    expect(stdout + stderr).not.toContain("\r");
    expect(stdout + stderr).not.toContain(ESCAPE);
    const lines = stderr.split("\n").filter((line) => line.startsWith("training"));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(10);
    expect(lines.at(-1)).toMatch(/^training 100 % epoch 40\/40 loss \d/);
  });

  test("--quiet leaves the result alone", async () => {
    const { stdout, stderr } = await trainIris(true, ["--quiet"]);
    expect(stderr).toBe("");
    expect(stdout).toContain("accuracy");
  });

  test("--json is one JSON value, whatever the terminal", async () => {
    const { stdout } = await trainIris(true, ["--json"]);
    expect(stdout).not.toContain(ESCAPE);
    expect(JSON.parse(stdout)).toMatchObject({
      target: "species",
      rows: { train: 105, validation: 15, test: 30 },
      test: { task: "classification", accuracy: expect.any(Number) },
    });
  });

  test("simulate draws from the model that is chosen, of a file with several", async () => {
    const place = workplace();
    const theory = place.write(
      "two.yaml",
      "name: two\nmodels: { line: a + b*x, level: a }\ndata: { x: x, y: y, error: s }\nparameters: { a: { start: 5 }, b: { start: 1000 } }\n",
    );
    const data = place.write("d.csv", "x,y,s\n1,0,0.1\n2,0,0.1\n");
    const { io, text } = captured(false);
    expect(await main(["simulate", theory, data, "--model", "level", "--out", place.path("level.csv"), "--json"], io)).toBe(0);
    expect(JSON.parse(text.stdout)).toMatchObject({ parameters: { a: 5 }, files: [{ name: "two/level", rows: 2 }] });
    expect(Number(readFileSync(place.path("level.csv"), "utf8").split("\n")[2]?.split(",")[1])).toBeCloseTo(5, 0);
    expect(await main(["simulate", theory, data, "--out", place.path("x.csv")], io)).toBe(2);
    expect(text.stderr).toMatch(/the file holds several models — expected --model with one of line, level/);
  });
});
