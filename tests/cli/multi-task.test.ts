// Several tasks by one configuration, with the real binary: learned together, measured apart, used together and apart; and texts that are written in evaluations.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { tinyBert, tinyT5 } from "../support/tiny-model.js";
import { facts, finetune } from "./finetuning.js";
import { type Workplace, workplace } from "./tetrad.js";

const people = ["Anna Berlin", "Vera Paris", "Tom London", "Maria Rome", "Peter Vienna", "Laura Madrid"];
const sentence = (name: string, city: string) => `${name}\tB-PER\nlives\tO\nin\tO\n${city}\tB-LOC\n`;

const YAML = `model: tiny
out: both
num_train_epochs: 12
per_device_train_batch_size: 4
learning_rate: 1e-2
task_sampling: round_robin
tasks:
  topic: { task: classify, train: topics.csv, test: topics.csv, label: kind }
  people: { task: ner, train: people.conll, test: people.conll, crf: true, loss_weight: 0.5 }
`;

async function prepared(yaml = YAML): Promise<Workplace> {
  const place = workplace();
  await tinyBert(place.path("tiny"));
  const rows = Array.from(
    { length: 12 },
    (_, i) => `${["the card is stuck", "what is a euro worth"][i % 2]}${" now".repeat(i % 5)},${["card", "rate"][i % 2]}`,
  );
  place.write("topics.csv", `text,kind\n${rows.join("\n")}\n`);
  place.write("people.conll", people.map((pair) => sentence(...(pair.split(" ") as [string, string]))).join("\n"));
  place.write("run.yaml", yaml);
  return place;
}

test("two tasks of a configuration: learned, measured, and used together and apart", async () => {
  const place = await prepared();
  const run = place.tetrad("finetune", "multi", "--config", "run.yaml", "--eval-strategy", "epoch", "--metric-for-best-model", "topic_f1");
  expect(run.code, run.stderr).toBe(0);
  expect(run.stdout).toMatch(/2 tasks over one backbone: topic \(classify\): \d+ texts, people \(ner\): \d+ sentences\n/);
  expect(run.stdout).toMatch(
    /topic, on 12 texts of topics\.csv:\n.*accuracy +1\.0000.*people, on 6 sentences of people\.conll:\n.*micro avg/s,
  );
  expect(run.stderr).toMatch(/epoch 1\.00: score \d\.\d{4}, topic_loss .*people_f1/);
  expect(readdirSync(place.path("both")).sort()).toEqual([
    "README.md",
    "all_results.json",
    "multi_task.json",
    "people",
    "topic",
    "trainer_state.json",
  ]);
  expect(JSON.parse(readFileSync(place.path("both/all_results.json"), "utf8"))).toMatchObject({ eval_topic_accuracy: 1 });
  const said = facts<{ topic: { label: string }; people: { entities: { type: string }[] } }>(place, "predict", "both", "the card is stuck");
  expect(said.topic.label).toBe("card");
  expect(facts<{ label: string }>(place, "predict", "both/topic", "the card is stuck").label).toBe("card");
  expect(place.tetrad("predict", "both", "topics.csv").stdout).toMatch(/^text,kind,topic_label,topic_probability,people_entities\n/);
  expect(facts<{ f1: number }>(place, "evaluate", "both/people", "people.conll").f1).toBeGreaterThan(0.9);
  expect(place.tetrad("evaluate", "both", "topics.csv").stderr).toMatch(
    /error\[ARGUMENT\]: both: these are several tasks.*topic, people.*tetrad evaluate both\/topic topics\.csv/,
  );
  // The folder is written over by a run of the same tasks.
  expect(facts(place, "finetune", "multi", "--config", "run.yaml", "--max-steps", "2")).toMatchObject({
    steps: 2,
    tasks: { topic: { task: "classify" } },
  });
});

test.each([
  ["task: classify", "task: clasify", /"tasks\.topic\.task" is wrong.*at run\.yaml:8.*did you mean "classify"/],
  ["label: kind", "labl: kind", /unknown key "labl" in "tasks\.topic".*at run\.yaml:8.*did you mean "label"/],
  ["loss_weight: 0.5", "loss_weight: 0", /"tasks\.people\.loss_weight" is wrong.*at run\.yaml:9/],
])("%s → %s is refused", async (right, wrong, message) => {
  const { code, stderr } = (await prepared(YAML.replace(right, wrong))).tetrad("finetune", "multi", "--config", "run.yaml");
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(message) });
});

test("no task is a mistake of the call", () => {
  const { code, stderr } = workplace().tetrad("finetune", "multi", "--model", "tiny", "--out", "both");
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("no task: name them in a file") });
});

test("texts that are written are compared with the targets in evaluations, and reported", async () => {
  const place = workplace();
  const model = await tinyT5(place.path("tiny"));
  const colours = ["red", "green", "blue", "black"];
  const pairs = colours.flatMap((colour) =>
    ["car", "house"].map((thing) => ({ abstract: `there is a ${colour} ${thing} here`, summary: `${thing} ${colour}` })),
  );
  const train = place.write("train.jsonl", pairs.map((pair) => JSON.stringify(pair)).join("\n"));
  const columns = ["--source", "abstract", "--target", "summary"];
  const writing = ["--predict-with-generate", "--generation-max-length", "8", "--max-tokens", "16"];
  const best = [
    "--eval-strategy",
    "steps",
    "--eval-steps",
    "40",
    "--validation",
    train,
    "--load-best-model-at-end",
    "--metric-for-best-model",
    "rougeL",
  ];
  const few = ["--epochs", "40", "--batch-size", "4", "--learning-rate", "1e-2", "--max-target-tokens", "8"];
  const run = place.tetrad(...finetune("seq2seq", { model, train, test: train }, ...columns, ...writing, ...best, ...few));
  expect(run.code, run.stderr).toBe(0);
  expect(run.stderr).toMatch(/epoch .*rouge1 \d\.\d{4}, rouge2 .*gen_len/);
  expect(run.stdout).toMatch(/against the targets:\nROUGE-1 0\.0.*\nROUGE-1 (0\.[89]|1\.0)/);
  const measured = facts<{ rouge1: number; intervals: { rougeL: { low: number; high: number } } }>(
    place,
    ...["evaluate", "out", train, ...columns, ...writing, "--report", "r.html", "--predictions", "p.csv"],
  );
  expect(measured.rouge1).toBeGreaterThan(0.8);
  expect(measured.intervals.rougeL.high).toBeLessThanOrEqual(1);
  expect(readFileSync(place.path("p.csv"), "utf8")).toMatch(/^source,target,written,rougeL\nthere is a red car here,car red,car red,1\n/);
  expect(readFileSync(place.path("r.html"), "utf8")).toMatch(/ROUGE-Lsum.*target: car red/s);
  // Beams find what is at least as probable.
  expect(
    facts<{ rouge1: number }>(place, "evaluate", "out", train, ...columns, ...writing, "--generation-num-beams", "2").rouge1,
  ).toBeGreaterThan(0.8);
  expect(place.tetrad("evaluate", "out", train, ...columns, "--report", "r.html").stderr).toMatch(
    /error\[ARGUMENT\]: evaluate: --report is of texts.*--predict-with-generate/,
  );
  expect(place.tetrad("evaluate", "out", train, ...columns, "--generation-num-beams", "2").stderr).toMatch(/add --predict-with-generate/);
});
