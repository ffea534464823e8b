// What is measured of fine-tuned models, with the real binary: intervals, predictions and a report as files, runs listed and compared.
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { facts, finetune } from "./finetuning.js";
import { type Workplace, workplace } from "./tetrad.js";

const kinds = { apple: "red", lemon: "yellow", lime: "green" };
const places = ["on the table", "in a bowl", "at the market", "by the window"];

function fruits(place: Workplace, name: string, verb: string): string {
  const rows = Object.entries(kinds).flatMap(([fruit, colour]) => places.map((where) => `"an ${fruit} ${verb} ${where}",${colour}`));
  return place.write(name, ["text,colour", ...rows].join("\n"));
}

interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

test("classes: intervals, predictions, a report, runs and their comparison", () => {
  const place = workplace();
  const [train, data] = [fruits(place, "train.csv", "lies"), fruits(place, "test.csv", "is")];
  const recipe = ["--epochs", "4", "--batch-size", "4", "--learning-rate", "1e-3", "--max-tokens", "16", "--quiet"];
  expect(place.tetrad(...finetune("classify", { train, test: data, label: "colour", out: "models/good" }, ...recipe)).code).toBe(0);
  // The same one with its classes under other names
  cpSync(place.path("models/good"), place.path("models/poor"), { recursive: true });
  const config = JSON.parse(readFileSync(place.path("models/good/config.json"), "utf8"));
  place.write("models/poor/config.json", JSON.stringify({ ...config, id2label: { 0: "red", 1: "yellow", 2: "green" } }));
  const results = JSON.parse(readFileSync(place.path("models/good/all_results.json"), "utf8"));
  expect(results).toEqual({
    epoch: 4,
    eval_accuracy: expect.any(Number),
    eval_f1: expect.any(Number),
    train_loss: expect.any(Number),
    train_runtime: expect.any(Number),
  });

  const files = ["--report", "report.html", "--predictions", "out.csv"];
  const measured = facts<{
    accuracy: number;
    macroF1: number;
    classes: Record<string, { support: number }>;
    intervals: Record<"accuracy" | "macroF1", Interval>;
  }>(place, ...["evaluate", "models/good", data, "--label", "colour", ...files]);
  expect(measured.accuracy).toBe(results.eval_accuracy);
  for (const name of ["accuracy", "macroF1"] as const) {
    const { value, low, high } = measured.intervals[name];
    expect(value).toBeCloseTo(measured[name], 12);
    expect(low).toBeLessThanOrEqual(value);
    expect(high).toBeGreaterThanOrEqual(value);
  }
  expect(Object.keys(measured.classes).sort()).toEqual(["green", "red", "yellow"]);
  expect(Object.values(measured.classes).map(({ support }) => support)).toEqual([4, 4, 4]);
  const long = place.tetrad("predict", "models/good", "an apple lies on the table ".repeat(100));
  expect(long).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("note: 1 text is longer than the 512 tokens that are read, and cut"),
  });
  const html = readFileSync(place.path("report.html"), "utf8");
  expect(html).toContain("<h1>good on test.csv</h1>");
  expect(html).toMatch(/learned from<\/th><td>train\.csv/);
  const [header, ...lines] = readFileSync(place.path("out.csv"), "utf8").trimEnd().split("\n");
  expect(header).toBe("text,label,predicted,probability");
  const cells = lines.map((line) => line.split(","));
  expect(cells.filter(([, label, predicted]) => label === predicted).length / 12).toBe(measured.accuracy);

  const listed = facts<{ folder: string; figures: object; steps: number }[]>(place, "runs", "models");
  expect(listed).toMatchObject([
    { folder: "models/good", task: "text-classification", base: "all-MiniLM-L6-v2", data: "train.csv", steps: 12, epochs: 4 },
    { folder: "models/poor", steps: 12, trainLoss: results.train_loss },
  ]);
  expect(listed[0]?.figures).toEqual({ accuracy: results.eval_accuracy, f1: results.eval_f1 });
  expect(place.tetrad("runs").stdout).toMatch(
    /^models\/good +text-classification +all-MiniLM-L6-v2 +train\.csv +12 steps, 4 epochs +accuracy [01]\./,
  );

  const compared = facts<{
    accuracy: { first: number; second: number; difference: Interval; p: number };
    mcnemar: { onlyFirst: number; onlySecond: number };
  }>(place, ...["runs", "--compare", "models/poor", "models/good", "--data", data, "--label", "colour"]);
  const { first, second, difference } = compared.accuracy;
  expect(second).toBe(measured.accuracy);
  expect(difference.value).toBeCloseTo(second - first, 12);
  expect(difference.low).toBeGreaterThan(0);
  const { onlyFirst, onlySecond } = compared.mcnemar;
  expect((onlySecond - onlyFirst) / 12).toBeCloseTo(difference.value, 12);
});

test("entities: an interval, predictions in columns, a report, a comparison", () => {
  const place = workplace();
  const sentence = (name: string, city: string) => `${name}\tB-PER\nlives\tO\nin\tO\n${city}\tB-LOC\n.\tO\n`;
  const train = place.write(
    "train.conll",
    ["Anna Berlin", "Vera Paris", "Tom London", "Maria Rome"].map((pair) => sentence(...(pair.split(" ") as [string, string]))).join("\n"),
  );
  const args = { train, test: train, out: "ner", epochs: "2" };
  expect(place.tetrad(...finetune("ner", args, "--batch-size", "2", "--learning-rate", "5e-4", "--quiet")).code).toBe(0);
  const measured = facts<{ f1: number; intervals: { f1: Interval } }>(
    place,
    "evaluate",
    "ner",
    train,
    "--report",
    "r.html",
    "--predictions",
    "out.txt",
  );
  expect(measured.intervals.f1.value).toBe(measured.f1);
  expect(readFileSync(place.path("out.txt"), "utf8")).toMatch(
    /^Anna B-PER \S+\nlives O \S+\nin O \S+\nBerlin B-LOC \S+\n\. O \S+\n\nVera /,
  );
  expect(readFileSync(place.path("r.html"), "utf8")).toContain("<h1>ner on train.conll</h1>");
  const compared = facts<{ sentences: number; f1: { first: number; p: number } }>(
    place,
    "runs",
    "--compare",
    "ner",
    "ner",
    "--data",
    train,
  );
  expect(compared).toMatchObject({ sentences: 4, f1: { first: measured.f1, p: 1 } });
});

test("what cannot be listed, compared or reported is said", () => {
  const place = workplace();
  mkdirSync(place.path("empty"));
  expect(place.tetrad("runs", "empty")).toMatchObject({ code: 0, stdout: "no fine-tuned model is here\n" });
  expect(place.tetrad("runs", "absent").stderr).toMatch(/error\[IO\].*absent/);
  expect(place.tetrad("runs", "--compare", "a", "b").stderr).toMatch(/two models on one file.*no file.*--compare FIRST SECOND/);
  expect(place.tetrad("runs", "--compare", "a", "--data", "x.csv").stderr).toMatch(/1 models/);
  const config = (architecture: string, more = {}) => JSON.stringify({ model_type: "bert", architectures: [architecture], ...more });
  place.write("tagger/config.json", config("BertForTokenClassification"));
  place.write("rater/config.json", config("BertForSequenceClassification", { problem_type: "regression" }));
  const data = place.write("x.csv", "text,label\na,1\n");
  expect(place.tetrad("runs", "--compare", "tagger", "rater", "--data", data).stderr).toMatch(/cannot be compared.*tag and regress/);
  expect(place.tetrad("evaluate", "rater", data, "--report", "r.html").stderr).toMatch(
    /--report and --predictions are for classes, entities and texts that are written/,
  );
  expect(existsSync(place.path("r.html"))).toBe(false);
  cpSync(place.path("rater"), place.path("broken/run"), { recursive: true });
  place.write("broken/run/trainer_state.json", "{");
  expect(place.tetrad("runs", "broken").stderr).toMatch(/error\[FORMAT\].*trainer_state\.json/);
});
