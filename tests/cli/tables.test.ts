// From a table to a model and back, with the real binary: regression, classification, gaps, categories, other formats.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { example, type Workplace, workplace } from "./tetrad.js";

function json<T>(place: Workplace, ...args: string[]): T {
  const { code, stdout, stderr } = place.tetrad(...args, "--json", "--quiet");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as T;
}

describe("iris", () => {
  test("is learnt, saved, and predicted by another process", () => {
    const place = workplace();
    const trained = place.tetrad("train", example("iris/train.yaml"));
    expect(trained.code).toBe(0);
    expect(trained.stdout).toMatch(/species from sepal_length, sepal_width, petal_length, petal_width\n/);
    expect(trained.stdout).toMatch(/ {14}precision {4}recall {2}f1-score {3}support\n/);
    expect(readdirSync(place.folder).filter((name) => name !== "cache")).toEqual(["iris-model"]);
    expect(readdirSync(place.path("iris-model"))).toEqual(["config.json", "model.safetensors"]);
    const predicted = place.tetrad("predict", "iris-model", example("iris/iris.csv"));
    expect(predicted.code).toBe(0);
    const lines = predicted.stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("sepal_length,sepal_width,petal_length,petal_width,species,prediction,probability");
    expect(lines).toHaveLength(151);
    const right = lines.slice(1).filter((line) => line.split(",")[4] === line.split(",")[5]).length;
    expect(right).toBeGreaterThanOrEqual(142);
    expect(predicted.stderr).toContain("weighted avg");
  });

  test.each([
    "{name: adadelta, rho: 0.95}",
    "{name: adamax, lr: 0.01}",
    "{name: nadam, momentumDecay: 0.01, decoupledWeightDecay: true, weightDecay: 0.1}",
    "{name: radam, beta2: 0.99}",
    "{name: lion, lr: 0.003}",
    "{name: lamb, lr: 0.02, alwaysAdapt: true}",
    "{name: adafactor, form: paper, beta1: 0.9}",
    "{name: muon, lr: 0.02, adjustLr: match_rms_adamw}",
  ])("learns by %s", (optimizer) => {
    const place = workplace();
    const text = readFileSync(example("iris/train.yaml"), "utf8");
    place.write("iris.csv", readFileSync(example("iris/iris.csv")));
    // Without the schedule, Adafactor takes rates of its own.
    place.write("t.yaml", text.replace(/^optimizer:.*\nschedule:.*$/m, `optimizer: ${optimizer}`).replace("epochs: 40", "epochs: 20"));
    // Guessing costs ln 3 = 1.1.
    expect(json<{ finalLoss: number }>(place, "train", "t.yaml").finalLoss).toBeLessThan(0.9);
  });

  test("the same seed gives the same model, another seed another", () => {
    const place = workplace();
    const text = readFileSync(example("iris/train.yaml"), "utf8");
    place.write("iris.csv", readFileSync(example("iris/iris.csv")));
    for (const [out, seed] of [
      ["a", 0],
      ["b", 0],
      ["c", 1],
    ] as const) {
      place.write("t.yaml", text.replace("seed: 0", `seed: ${seed}`));
      expect(place.tetrad("train", "t.yaml", "--out", out).code).toBe(0);
    }
    const weights = (out: string) => readFileSync(place.path(`${out}/model.safetensors`));
    expect(weights("a").equals(weights("b"))).toBe(true);
    expect(weights("a").equals(weights("c"))).toBe(false);
  });

  test("explain lists the launches, and the plan alone is stable text", () => {
    const place = workplace();
    expect(place.tetrad("explain", example("iris/train.yaml")).stdout).toMatch(/GFLOP\/s/);
    const plan = place.tetrad("explain", example("iris/train.yaml"), "--plan").stdout;
    expect(plan).toContain("gemm_f32");
    expect(place.tetrad("explain", example("iris/train.yaml"), "--plan").stdout).toBe(plan);
  });

  test("the report is one file that asks nothing of the network", () => {
    const place = workplace();
    expect(place.tetrad("train", example("iris/train.yaml"), "--report", "r/report.html").code).toBe(0);
    const html = readFileSync(place.path("r/report.html"), "utf8");
    expect(html).not.toMatch(/(src|href)=|url\((?!#)|@import|<script/);
    expect(html).toMatch(/<svg[^>]*role="img"[^>]*>\s*<title>/);
    expect(html).toContain("prefers-color-scheme:dark");
  });
});

/** y = 3 mass + 5 for red, mass alone for blue; some gaps, an id, a constant. */
function thingsCsv(rows: number): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const mass = ((i * 37) % 101) / 10;
    const colour = i % 3 === 0 ? "red" : "blue";
    return `item ${i},${i % 11 === 5 ? "NA" : mass},${i % 13 === 7 ? "" : colour},7,${colour === "red" ? 3 * mass + 5 : mass}`;
  });
  return `name,mass,colour,lab,y\n${lines.join("\n")}\n`;
}

describe("a table with categories and gaps", () => {
  const config = (missing: string) =>
    `data: things.csv\ntarget: y\nmissing: ${missing}\nmodel: {hidden: [16]}\noptimizer: {name: adam, lr: 0.01}\nepochs: 80\nsplit: {validation: 0, test: 0.2}\nout: m\n`;

  test("drop: rows with gaps are left out, in training and in prediction", () => {
    const place = workplace();
    place.write("things.csv", thingsCsv(300));
    place.write("t.yaml", config("drop"));
    const result = json<{ inputs: string[]; notes: string[]; test: { r2: number } }>(place, "train", "t.yaml");
    expect(result.inputs).toEqual(["mass", "colour"]);
    expect(result.notes).toEqual([
      'left out "name": 300 different texts among 300 rows are too many to be categories',
      'left out "lab": it holds only "7"',
      "left out 48 of 300 rows with missing values",
    ]);
    expect(result.test.r2).toBeGreaterThan(0.98);
    place.write("new.tsv", "colour\tmass\nred\t2\nblue\t2\n\t2\nblue\tNaN\n");
    const { predictions, notes } = json<{ predictions: (number | null)[]; notes: string[] }>(place, "predict", "m", "new.tsv");
    expect(predictions.slice(2)).toEqual([null, null]);
    expect(Math.abs((predictions[0] as number) - 11)).toBeLessThan(1.5);
    expect(Math.abs((predictions[1] as number) - 2)).toBeLessThan(1.5);
    expect(notes).toEqual(["2 of 4 rows have missing values and no prediction"]);
  });

  test("impute: means and most frequent values fill in, unknown categories are unknown", () => {
    const place = workplace();
    place.write("things.csv", thingsCsv(300));
    place.write("t.yaml", config("impute"));
    expect(place.tetrad("train", "t.yaml").code).toBe(0);
    place.write("new.jsonl", '{"mass": 5, "colour": "blue"}\n{"colour": "blue"}\n{"mass": 5, "colour": "green"}\n');
    const { predictions, notes } = json<{ predictions: number[]; notes: string[] }>(place, "predict", "m", "new.jsonl");
    expect(predictions).toHaveLength(3);
    expect(Math.abs((predictions[0] as number) - (predictions[1] as number))).toBeLessThan(0.5); // the mean mass is 5
    expect(notes).toEqual(['1 value of "colour" never seen in training, treated as unknown (first "green" at new.jsonl:3)']);
    const lines = place.tetrad("predict", "m", "new.jsonl", "--format", "jsonl", "--quiet").stdout.trimEnd().split("\n");
    expect(JSON.parse(lines[2] as string)).toMatchObject({ mass: 5, colour: "green", prediction: expect.any(Number) });
  });

  test("error: the first gap ends the run, and nothing is written", () => {
    const place = workplace();
    place.write("things.csv", thingsCsv(300));
    place.write("t.yaml", config("error"));
    const { code, stderr } = place.tetrad("train", "t.yaml");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /error\[DATA\]: things\.csv: column "mass" has a missing value — got "NA" \(at things\.csv:7\)\. Hint: .*missing: drop/,
    );
    expect(existsSync(place.path("m"))).toBe(false);
  });
});

test("a reader's own columns named prediction stay", () => {
  const place = workplace();
  place.write(
    "d.csv",
    `x,prediction\n${Array.from({ length: 40 }, (_, i) => `${i},${i % 2 === 0 ? '"even, or so"' : "odd"}`).join("\n")}\n`,
  );
  place.write("t.yaml", "data: d.csv\ntarget: prediction\nepochs: 2\nout: m\n");
  expect(place.tetrad("train", "t.yaml").code).toBe(0);
  const [header, first] = place.tetrad("predict", "m", "d.csv", "--quiet").stdout.split("\n");
  expect(header).toBe("x,prediction,prediction_2,probability");
  expect(first).toMatch(/^0,"even, or so",/);
});
