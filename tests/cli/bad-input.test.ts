// Every kind of bad input ends with one line that names file, place and remedy, exit code 1, and nothing half-written.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { openSafetensors } from "@tetrad/engine";
import { describe, expect, test } from "vitest";
import { example, type Workplace, workplace } from "./tetrad.js";

/** Runs a command that must fail: one line on stderr, nothing on stdout, no file added. */
function refused(place: Workplace, code: string, message: RegExp, ...args: string[]): void {
  const before = readdirSync(place.folder, { recursive: true }).sort();
  const run = place.tetrad(...args, "--quiet");
  expect(run.stderr).toMatch(message);
  expect(run).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(new RegExp(`^error\\[${code}\\]: [^\\n]*\\n$`)) });
  expect(readdirSync(place.folder, { recursive: true }).sort()).toEqual(before);
}

const good = "x,y\n1,2\n2,4\n3,6\n4,8\n5,10\n6,12\n7,14\n8,16\n9,18\n10,20\n";
const config = "data: d.csv\ntarget: y\nepochs: 2\nout: m\n";

describe("training data", () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    ["no such column", "x,z\n1,2\n", /d\.csv: there is no column "y" — expected one of x, z\. Hint: /],
    ["a column misspelt", "x,Y\n1,2\n", /there is no column "y".*did you mean "Y"\?/],
    [
      "text where a number should be",
      good.replace("5,10", "five,10"),
      /d\.csv: column "x" holds text where a number should be — got "five", expected a finite number \(at d\.csv:6\)/,
    ],
    ["NaN", good.replace("5,10", "5,NaN"), /d\.csv: column "y" has a missing value — got "NaN" \(at d\.csv:6\)\. Hint: /],
    ["infinity", good.replace("5,10", "inf,10"), /column "x" holds a value that is not finite — got "inf".*\(at d\.csv:6\)/],
    ["no rows", "x,y\n", /the file has a header but no rows/],
    ["nothing at all", "", /the file is empty/],
    ["ragged rows", good.replace("5,10", "5,10,11"), /wrong number of cells — got 3, expected 2 \(x, y\) \(at d\.csv:6\)/],
    [
      "ragged rows after CRLF and a byte-order mark",
      `\uFEFF${good.replace("5,10", "5")}`.replaceAll("\n", "\r\n"),
      /got 1, expected 2 \(x, y\) \(at d\.csv:6\)/,
    ],
    ["a byte that is not text", Uint8Array.of(0x78, 0x2c, 0x79, 0x0a, 0xff, 0x0a), /not text — expected UTF-8 \(at d\.csv:2\)/],
    ["too few rows for the split", "x,y\n1,2\n2,3\n", /no row is left for the test part — got 2 rows\. Hint: /],
    ["a constant input only", "x,y\n1,2\n1,3\n1,4\n", /no column is left to be an input/],
  ])("%s", (_, data, message) => {
    const place = workplace();
    place.write("d.csv", data);
    place.write("t.yaml", config);
    refused(place, "DATA", message, "train", "t.yaml");
  });

  test("a byte-order mark and CRLF alone are fine", () => {
    const place = workplace();
    place.write("d.csv", `\uFEFF${good}`.replaceAll("\n", "\r\n"));
    place.write("t.yaml", config);
    expect(place.tetrad("train", "t.yaml").code).toBe(0);
  });

  test("a missing file is named", () => {
    const place = workplace();
    place.write("t.yaml", config);
    refused(place, "IO", /read .*d\.csv: there is no such file or folder/, "train", "t.yaml");
  });
});

describe("training configurations", () => {
  test.each([
    [
      "an unknown key",
      `${config}batchsize: 3\n`,
      /t\.yaml: unknown key "batchsize" — .*\(at t\.yaml:5\)\. Hint: did you mean "batchSize"\?/,
    ],
    [
      "an unknown key inside",
      `${config}model: {hiden: [3]}\n`,
      /unknown key "hiden" in "model".*\(at t\.yaml:5\)\. Hint: did you mean "hidden"\?/,
    ],
    [
      "an unknown optimiser",
      `${config}optimizer: {name: adan}\n`,
      /"optimizer\.name" is wrong — got "adan", expected adam, .*did you mean "adam"/,
    ],
    [
      "an option of another optimiser",
      `${config}optimizer: {name: lion, eps: 1e-8}\n`,
      /unknown key "eps" in "optimizer" — expected name, lr, weightDecay, beta1, beta2 \(at t\.yaml:5\)/,
    ],
    ["an unknown schedule", `${config}schedule: cosin\n`, /"schedule\.name" is wrong — got "cosin".*did you mean "cosine"/],
    ["a missing key", "data: d.csv\n", /"target" is missing/],
    ["a wrong type", config.replace("epochs: 2", "epochs: many"), /"epochs" is wrong — got "many", expected number \(at t\.yaml:3\)/],
    ["a split of everything", `${config}split: {validation: 0.5, test: 0.5}\n`, /the shares leave nothing to train on/],
    [
      "a key misspelt that is needed",
      config.replace("target:", "tagret:"),
      /unknown key "tagret".*\(at t\.yaml:2\)\. Hint: did you mean "target"\?/,
    ],
    [
      "aliases that explode",
      "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c]\n",
      /cannot be unfolded/,
    ],
    ["YAML that is none", "data: [d.csv\n", /not valid YAML/],
    ["nothing", "", /the file is wrong — got null/],
  ])("%s", (name, text, message) => {
    const place = workplace();
    place.write("d.csv", good);
    place.write("t.yaml", text);
    refused(place, name === "a split of everything" ? "ARGUMENT" : "FORMAT", message, "train", "t.yaml");
  });

  test("a loss that diverges stops with advice, keeps the last good epoch beside, and leaves an older model alone", () => {
    const place = workplace();
    place.write("d.csv", good);
    place.write("t.yaml", config);
    expect(place.tetrad("train", "t.yaml").code).toBe(0);
    const before = readFileSync(place.path("m/model.safetensors"));
    place.write("t.yaml", `${config.replace("epochs: 2", "epochs: 500")}optimizer: {name: sgd, lr: 1e6}\n`);
    const run = place.tetrad("train", "t.yaml");
    expect(run).toMatchObject({ code: 1, stdout: "" });
    expect(run.stderr).toMatch(/DIVERGED|the loss became (NaN|-?Infinity) at step \d+.*Hint: .*lower the learning rate/);
    expect(readFileSync(place.path("m/model.safetensors")).equals(before)).toBe(true);
    expect(run.stderr).toMatch(/after epoch \d+ is saved in m-diverged/);
    const kept = openSafetensors(readFileSync(place.path("m-diverged/model.safetensors")));
    for (const name of kept.entries.keys()) expect(Array.from(kept.read(name).data).every(Number.isFinite)).toBe(true);
  });

  test("somebody's own folder is not replaced", () => {
    const place = workplace();
    place.write("d.csv", good);
    place.write("t.yaml", config);
    place.write("m/thesis.txt", "years of work");
    refused(place, "IO", /write m: the folder holds files that are not Tetrad's — got thesis\.txt/, "train", "t.yaml");
  });
});

describe("models", () => {
  function trained(): Workplace {
    const place = workplace();
    place.write("d.csv", good);
    place.write("t.yaml", config);
    expect(place.tetrad("train", "t.yaml").code).toBe(0);
    return place;
  }

  test("a missing model and a missing column are named", () => {
    const place = trained();
    refused(place, "IO", /none\/config\.json: there is no such file or folder/, "predict", "none", "d.csv");
    place.write("new.csv", "a\n1\n");
    refused(place, "DATA", /new\.csv: there is no column "x"/, "predict", "m", "new.csv");
    place.write("new.csv", "x\n1\nmany\n");
    refused(
      place,
      "DATA",
      /new\.csv: column "x" holds text where a number should be — got "many".*\(at new\.csv:3\)/,
      "predict",
      "m",
      "new.csv",
    );
  });

  test("truncated and hostile weights are refused", () => {
    const place = trained();
    const path = place.path("m/model.safetensors");
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, bytes.length - 4));
    refused(place, "FORMAT", /model\.safetensors: tensor ".*" reaches beyond the end of the file/, "predict", "m", "d.csv");
    const hostile = Buffer.from(bytes);
    hostile.writeBigUInt64LE(2n ** 62n, 0);
    writeFileSync(path, hostile);
    refused(place, "FORMAT", /header's length is absurd/, "predict", "m", "d.csv");
  });

  test("a damaged configuration is refused", () => {
    const place = trained();
    const path = place.path("m/config.json");
    const json = JSON.parse(readFileSync(path, "utf8")) as { sizes: number[]; tetrad: { preprocessing: { inputs: { scale: number }[] } } };
    writeFileSync(path, JSON.stringify({ ...json, sizes: [1, 3, 1] }));
    refused(place, "FORMAT", /weights do not fit the model/, "predict", "m", "d.csv");
    (json.tetrad.preprocessing.inputs[0] as { scale: number }).scale = 0;
    writeFileSync(path, JSON.stringify(json));
    refused(place, "FORMAT", /m\/config\.json: preprocessing\.inputs\[0\]\.scale is wrong/, "predict", "m", "d.csv");
    writeFileSync(path, '{"model_type":');
    refused(place, "FORMAT", /config\.json: this is not valid JSON/, "predict", "m", "d.csv");
  });
});

describe("theories", () => {
  const theory =
    "name: line\nmodel: a + b * x\ndata: {x: x, y: y, error: s}\nparameters:\n  a: {start: 0}\n  b: {start: 1, bounds: [-10, 10]}\n";
  const data = "x,y,s\n1,2.1,0.1\n2,3.9,0.1\n3,6.2,0.2\n4,7.8,0.1\n";

  test("a good one is fitted", () => {
    const place = workplace();
    place.write("t.yaml", theory);
    place.write("d.csv", data);
    expect(place.tetrad("fit", "t.yaml", "d.csv", "--quiet")).toMatchObject({ code: 0, stderr: "" });
  });

  test.each<[string, string, string, RegExp]>([
    ["unknown key", theory.replace("start: 0", "strat: 0"), data, /unknown key "strat".*did you mean "start"/],
    ["syntax error", theory.replace("a + b * x", "a + * b x"), data, /t\.yaml:2/],
    ["unknown symbol", theory.replace("a + b * x", "a + c * x"), data, /"?c"?/],
    ["division that makes NaN at the start", theory.replace("a + b * x", "a / (x - 2) + b * x - a / (x - 2)"), data, /d\.csv:3|row 2/],
    ["bounds that exclude the start", theory.replace("[-10, 10]", "[2, 10]"), data, /start.*bounds|bounds.*start|1.*\[2, 10\]/],
    ["missing column", theory.replace("error: s", "error: sigma"), data, /there is no column "sigma"/],
    [
      "text in the data",
      theory,
      data.replace("3.9", "many"),
      /column "y" holds text where a number should be — got "many".*\(at d\.csv:3\)/,
    ],
    ["an error of zero", theory, data.replace("6.2,0.2", "6.2,0"), /d\.csv:4/],
  ])("%s", (_, yaml, csv, message) => {
    const place = workplace();
    place.write("t.yaml", yaml);
    place.write("d.csv", csv);
    const { code, stdout, stderr } = place.tetrad("fit", "t.yaml", "d.csv", "--quiet");
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^error\[(DATA|ARGUMENT|FORMAT)\]: [^\n]*\n$/);
  });

  test.each([
    ["of the wrong size", "1 0\n0 1\n", /wrong size/],
    ["not symmetric", "1 0 0 0\n0.5 1 0 0\n0 0 1 0\n0 0 0 1\n", /symmetric/],
    ["not positive definite", "1 2 0 0\n2 1 0 0\n0 0 1 0\n0 0 0 1\n", /not positive definite/],
  ])("a covariance %s", (_, rows, message) => {
    const place = workplace();
    place.write("t.yaml", theory.replace("error: s", "covariance: c.txt"));
    place.write("c.txt", rows);
    place.write("d.csv", data);
    const { code, stderr } = place.tetrad("fit", "t.yaml", "d.csv", "--quiet");
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^error\[DATA\]: [^\n]*c\.txt[^\n]*\n$/);
    expect(code).toBe(1);
  });

  test("a report that cannot be written leaves no result half-way", () => {
    const place = workplace();
    place.write("t.yaml", theory);
    place.write("d.csv", data);
    place.write("taken", "x");
    refused(place, "IO", /write taken\/report\.html: /, "fit", "t.yaml", "d.csv", "--report", "taken/report.html");
  });

  test("the examples are no bad input", () => {
    const place = workplace();
    const { code } = place.tetrad("fit", example("cosmic-chronometers/flat-lcdm.yaml"), example("cosmic-chronometers/hz.csv"));
    expect(code).toBe(0);
  });
});
