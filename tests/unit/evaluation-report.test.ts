// Reports of evaluations: one file that asks nobody for anything, with the counts, the curves and the worst errors; what a card says is read as it was written.
import { bootstrapInterval, calibration } from "@tetrad/engine";
import { sequenceScores } from "@tetrad/language";
import { expect, test } from "vitest";
import { modelCard, readCard } from "../../packages/cli/src/language/card.js";
import { classesReport } from "../../packages/cli/src/report/classes-report.js";
import { entitiesReport } from "../../packages/cli/src/report/entities-report.js";
import { outcomesOf } from "../../packages/cli/src/report/marked-sentence.js";

const run = { folder: "models/<bank>", base: "MiniLM", epochs: 2, trainSeconds: 75, figures: {}, recipe: { seed: "0" } };
const interval = bootstrapInterval(4, () => 0.5);
const apart = (html: string) => expect(html).not.toMatch(/<script|<link|<img|\bsrc=|href=|@import|url\((?!#clip)|NaN|undefined|Infinity/i);

/** Texts of `count` classes; every fifth is taken for the next class, ever more surely. */
function classes(count: number) {
  const labels = Array.from({ length: count }, (_, c) => `class_${c}`);
  const rows = Array.from({ length: 5 * count }, (_, i) => ({ text: `text & ${i}`, label: labels[i % count] as string }));
  const predicted = rows.map((_, i) => {
    const own = i % count;
    const said = i % 5 === 0 ? (own + 1) % count : own;
    const sure = 0.6 + (0.39 * i) / rows.length;
    const probabilities = Float32Array.from(labels, (__, c) => (c === said ? sure : (1 - sure) / (count - 1)));
    return { label: labels[said] as string, probabilities };
  });
  const numbers = rows.map(({ label }) => labels.indexOf(label));
  const flat = predicted.flatMap(({ probabilities }) => Array.from(probabilities));
  const figures = { accuracy: interval, "ROC AUC": 0.75 };
  return { run, path: "data/test.csv", labels, rows, predicted, figures, calibration: calibration(numbers, flat) };
}

test("classes: figures, a map with counts, curves of each, errors by how sure they were, the run", () => {
  const html = classesReport(classes(3));
  apart(html);
  expect(html).toContain("<h1>&lt;bank&gt; on test.csv</h1>");
  expect(html).toMatch(/accuracy<\/th><td>0\.5000<\/td><td>0\.5000<\/td><td>0\.5000/);
  expect(html).toMatch(/ROC AUC<\/th><td>0\.7500<\/td><td><\/td><td><\/td>/);
  // 0, 5 and 10 of 15 are wrong, one of each class.
  expect(html).toContain("<title>class_2 taken for class_2: 4 of 5</title>");
  expect(html).toContain("<title>class_2 taken for class_0: 1 of 5</title>");
  expect(html).toContain("The most frequent of 3 confusions");
  for (const title of ["ROC", "Precision and recall", "Reliability", "How sure the model is", "F1"])
    expect(html).toContain(`<h3>${title}</h3>`);
  expect(html.match(/class_\d: area 0\.\d{4}/g)).toHaveLength(3);
  expect([...html.matchAll(/<li>text &amp; (\d+)<div>predicted class_\d \(\d+/g)].map(([, text]) => text)).toEqual(["10", "5", "0"]);
  expect(html).toContain("1 min 15 s");
});

test("two classes have one curve; many have one of all decisions, and a map whose squares are too small for counts", () => {
  expect(classesReport(classes(2)).match(/class_\d: area/g)).toEqual(["class_1: area"]);
  const many = classesReport(classes(77));
  apart(many);
  expect(many).toContain("all decisions: area 0.");
  expect(many.match(/class_\d+: area/g)).toHaveLength(3);
  expect(many.match(/ heat"/g)).toHaveLength(154);
  expect(many).toMatch(/<details><summary>Each class against the others, those with the lowest F1 first: 77 rows/);
});

test("a perfect classifier has a report, too", () => {
  const { rows, labels, ...about } = classes(3);
  const predicted = rows.map(({ label }) => ({ label, probabilities: Float32Array.from(labels, (own) => Number(own === label)) }));
  const html = classesReport({ ...about, rows, labels, predicted });
  apart(html);
  expect(html).toContain("There are none.");
  expect(html).not.toContain("confusions</caption>");
});

const words = ["Vera", "Rubin", "of", "the", "New", "Mexico", "desert", "met", "<Anna>"];
const sentence = { words, tags: ["B-PER", "I-PER", "O", "O", "B-LOC", "I-LOC", "O", "O", "B-PER"] };
const said = ["B-PER", "I-PER", "O", "B-ORG", "B-ORG", "I-ORG", "O", "B-PER", "O"];

test("entities: what became of each, and sentences with wrong ones marked", () => {
  expect(outcomesOf(sentence, said)).toEqual([
    { type: "PER", outcome: "right" },
    { type: "LOC", outcome: "otherwise" },
    { type: "PER", outcome: "missed" },
    { type: "ORG", outcome: "invented" },
    { type: "PER", outcome: "invented" },
  ]);
  const [sentences, predicted] = [
    [sentence, { words: ["fine"], tags: ["O"] }],
    [said, ["O"]],
  ];
  const scores = sequenceScores(
    sentences.map(({ tags }) => tags),
    predicted,
  );
  const html = entitiesReport({ run, path: "test.conll", sentences, predicted, scores, f1: interval });
  apart(html);
  expect(html).toContain("33.3 % of 3 entities in 2 sentences are found, and 25 % of what is found is right");
  expect(html).toContain(
    '<mark class="right">Vera Rubin<sub>PER</sub></mark> of <mark class="invented">the<sub>ORG</sub></mark> <mark class="otherwise">New Mexico<sub>LOC, not ORG</sub></mark> desert',
  );
  expect(html).toContain('<mark class="missed">&lt;Anna&gt;<sub>PER</sub></mark>');
  expect(html).toContain("1 of 1, those with the most errors first.");
  // PER: two entities, one right, one missed, one invented
  expect(html).toMatch(/PER<\/th>(?:<td>0\.5000<\/td>){3}<td>2<\/td><td>1<\/td><td>0<\/td><td>1<\/td><td>1<\/td>/);
});

test("a card is read as it was written, and another's as far as it goes", () => {
  const card = modelCard({
    task: "text-classification",
    summary: "Puts texts into 3 classes.",
    name: "banking",
    base: "all-MiniLM-L6-v2",
    licence: { license: "apache-2.0" },
    data: "train.csv",
    recipe: { epochs: 3, "learning rate": 2e-4 },
    metrics: { accuracy: 0.5 },
    measuredOn: "train.csv, kept back",
  });
  expect(readCard(card)).toEqual({
    task: "text-classification",
    base: "all-MiniLM-L6-v2",
    data: "train.csv",
    measuredOn: "train.csv, kept back",
    recipe: { epochs: "3", "learning rate": "0.0002" },
  });
  expect(readCard("---\r\nbase_model: org/name\r\n---\r\n# Mine\r\n")).toEqual({ base: "org/name", recipe: {} });
  expect(readCard("# No front matter")).toEqual({ recipe: {} });
});
