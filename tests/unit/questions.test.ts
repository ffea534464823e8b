// Questions about texts: how files have them, what is wrong with some, and which span of which window is the answer.
import { readTable } from "@tetrad/engine";
import { bestAnswers, isSquad, questionsIn, readSquad, type WindowScores } from "@tetrad/language";
import { describe, expect, test } from "vitest";

const context = "Ein 😀 Satz von Emmy Noether.";
const squad = (...qas: object[]) => ({ version: "v2.0", data: [{ title: "t", paragraphs: [{ context, qas }] }] });

test("SQuAD counts code points, and has questions without an answer", () => {
  const file = squad(
    { id: "a", question: "Who?", answers: [{ text: "Emmy Noether", answer_start: 15 }] },
    { id: "b", question: "When?", answers: [], is_impossible: true, plausible_answers: [{ text: "Satz", answer_start: 6 }] },
  );
  expect(isSquad(file)).toBe(true);
  const [who, when] = readSquad(file, "f.json");
  expect(who).toEqual({ question: "Who?", context, answers: [{ text: "Emmy Noether", begin: 16 }] });
  expect(context.slice(16)).toBe("Emmy Noether.");
  expect(when?.answers).toEqual([]);
  expect(isSquad([{ question: "Who?" }])).toBe(false);
});

test("tables have them in columns, or as Hugging Face's data sets", () => {
  const csv = `question,context,answer,start\nWho?,"${context}",Emmy Noether,15\nWhen?,"${context}",,\n`;
  const answers = { text: ["Emmy Noether"], answer_start: [15] };
  const jsonl = [
    { question: "Who?", context, answers },
    { question: "When?", context, answers: { text: [], answer_start: [] } },
  ];
  const fromCsv = questionsIn(readTable(csv, "q.csv", "csv", { nested: true }));
  expect(fromCsv.map((one) => one.answers)).toEqual([[{ text: "Emmy Noether", begin: 16 }], []]);
  const lines = jsonl.map((row) => JSON.stringify(row)).join("\n");
  expect(questionsIn(readTable(lines, "q.jsonl", "jsonl", { nested: true }))).toEqual(fromCsv);
});

test.each<readonly [string, () => unknown, RegExp]>([
  [
    "an answer elsewhere",
    () => readSquad(squad({ question: "Who?", answers: [{ text: "Noether", answer_start: 2 }] }), "f.json"),
    /f\.json: the answer does not stand where it is said to.*"Noether" at 2.*data 1, paragraph 1, question 1/,
  ],
  ["no question", () => readSquad(squad({ answers: [] }), "f.json"), /a field is missing.*"question" and "answers".*question 1/],
  ["no paragraph's text", () => readSquad({ data: [{ paragraphs: [{ qas: [] }] }] }, "f.json"), /"context" and "qas".*paragraph 1/],
  ["no start", () => questionsIn(readTable("question,context,answer,start\na,b,b,\n", "q.csv")), /does not stand where.*q\.csv:2/],
  ["no column", () => questionsIn(readTable("question,text\na,b\n", "q.csv")), /no column "context"/],
  [
    "lists of unlike length",
    () =>
      questionsIn(
        readTable('{"question":"a","context":"b","answers":{"text":["b"],"answer_start":[]}}', "q.jsonl", "jsonl", { nested: true }),
      ),
    /"text" and "answer_start".*q\.jsonl:1/,
  ],
])("%s", (_, read, message) => expect(read).toThrow(message));

describe("spans", () => {
  // Two windows of "a b c d": [CLS] q [SEP] a b c [SEP], and [CLS] q [SEP] c d [SEP].
  const text = "a b c d";
  const windowOf = (from: number, count: number, start: readonly number[], end: readonly number[]): WindowScores => {
    const places = Array.from({ length: count }, (_, i) => [2 * (from + i), 2 * (from + i) + 1] as const);
    const none = [0, 0] as const;
    return {
      encoding: {
        ids: [],
        tokens: [],
        types: [],
        wordIds: [],
        cut: 0,
        sequenceIds: [null, 0, null, ...places.map(() => 1 as const), null],
        offsets: [none, none, none, ...places, none],
      },
      start: Float32Array.from(start),
      end: Float32Array.from(end),
    };
  };
  const windows = [windowOf(0, 3, [1, 9, 9, 0.5, 2, 1, 9], [1, 9, 9, 3, 0, 1, 9]), windowOf(2, 2, [4, 9, 9, 5, 0, 9], [-2, 9, 9, 0, 2, 9])];

  test("come from all windows, in order, each once, and from the text alone", () => {
    const { text: best, spans, nullDifference } = bestAnswers(text, windows, {});
    expect(best).toBe("c d");
    expect(spans.map((span) => [span.text, span.score])).toEqual([
      ["c d", 7],
      ["c", 5],
      ["a", 3.5],
      ["b c", 3],
      ["b", 2],
    ]);
    expect(spans[0]).toMatchObject({ begin: 4, end: 7 });
    // The least that any window says of no answer: 1 + 1 and 4 − 2.
    expect(nullDifference).toBe(2 - 7);
    const all = bestAnswers(text, windows, { best: 20 }).spans;
    expect(all.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
  });

  test("are no longer than allowed, and give way to silence", () => {
    expect(bestAnswers(text, windows, { maxAnswerTokens: 1, best: 2 }).spans.map((span) => span.text)).toEqual(["c", "a"]);
    // However few are named, all share the probability.
    const [first] = bestAnswers(text, windows, {}).spans;
    expect(bestAnswers(text, windows, { best: 1 }).spans).toEqual([first]);
    expect(bestAnswers(text, windows, { nullThreshold: -5 }).text).toBe("c d");
    const silent = bestAnswers(text, windows, { nullThreshold: -5.5 });
    expect(silent.text).toBe("");
    expect(silent.spans[0]?.text).toBe("c d");
    const probabilities = silent.spans.reduce((sum, { probability }) => sum + probability, 0);
    expect(probabilities).toBeLessThan(1);
    expect(bestAnswers("", [windowOf(0, 0, [0, 0, 0, 0], [0, 0, 0, 0])], {})).toMatchObject({ text: "", spans: [] });
  });
});
