/** Questions about texts: SQuAD's JSON of versions 1 and 2 (Rajpurkar et al. 2016, 2018), and tables of them. */

import { columnIndex, isMissing, type Json, parseJson, type Table, TetradError } from "@tetrad/engine";

export interface Answer {
  readonly text: string;
  /** First UTF-16 unit of the answer in its text */
  readonly begin: number;
}

export interface Question {
  readonly question: string;
  /** The text that is asked about */
  readonly context: string;
  /** Any of them is right; none where the text does not say */
  readonly answers: readonly Answer[];
}

/** Whether a JSON file is laid out as SQuAD's: a list `data` of titles with paragraphs. */
export function isSquad(json: unknown): json is Squad {
  const data = (json as Partial<Squad> | null)?.data;
  return Array.isArray(data) && data.every((title) => Array.isArray((title as Partial<Title> | null)?.paragraphs));
}

interface Squad {
  readonly data: readonly unknown[];
}

interface Title {
  readonly paragraphs: readonly unknown[];
}

/** @throws TetradError DATA for a paragraph or question that lacks a field, and for an answer that does not stand where it says */
export function readSquad(json: Squad, source: string): Question[] {
  return json.data.flatMap((title, t) =>
    (title as Title).paragraphs.flatMap((paragraph, p) => {
      const { context, qas } = (paragraph ?? {}) as { readonly context?: Json; readonly qas?: Json };
      const at = `${source}, data ${t + 1}, paragraph ${p + 1}`;
      if (typeof context !== "string" || !Array.isArray(qas)) throw lacking(source, at, '"context" and "qas"');
      return qas.map((one, q): Question => {
        const { question, answers, is_impossible: impossible } = (one ?? {}) as Readonly<Record<string, Json>>;
        if (typeof question !== "string" || (!Array.isArray(answers) && impossible !== true))
          throw lacking(source, `${at}, question ${q + 1}`, '"question" and "answers"');
        // What stands beside a question without an answer is what one might take for it.
        const given = impossible === true ? [] : (answers as readonly { readonly text: string; readonly answer_start: number }[]);
        return {
          question,
          context,
          answers: given.map(({ text, answer_start: start }) => answerAt(context, text, start, source, `${at}, question ${q + 1}`)),
        };
      });
    }),
  );
}

/**
 * Rows with a question, the text and either `answer` and `start`, empty where there is none, or `answers` as Hugging Face's data sets have it: lists `text` and `answer_start`.
 * @param table read with `nested`
 * @throws TetradError DATA as `readSquad`
 */
export function questionsIn(table: Table): Question[] {
  const [questionAt, contextAt] = [columnIndex(table, "question"), columnIndex(table, "context")];
  const lists = table.columns.includes("answers") ? columnIndex(table, "answers") : undefined;
  const [textAt, startAt] = lists === undefined ? [columnIndex(table, "answer"), columnIndex(table, "start")] : [];
  return table.rows.map((row, i) => {
    const context = row[contextAt] as string;
    const place = table.place(i);
    const answers =
      lists === undefined
        ? single(row[textAt as number] as string, row[startAt as number] as string)
        : several(row[lists] as string, table.source, place);
    return {
      question: row[questionAt] as string,
      context,
      answers: answers.map(([text, start]) => answerAt(context, text, start, table.source, place)),
    };
  });
}

const single = (text: string, start: string): [string, number][] =>
  isMissing(text) ? [] : [[text, isMissing(start) ? Number.NaN : Number(start)]];

function several(cell: string, source: string, at: string): [string, number][] {
  if (cell === "") return [];
  const { text, answer_start: starts } = parseJson(new TextEncoder().encode(cell), at) as {
    readonly text?: Json;
    readonly answer_start?: Json;
  };
  if (!Array.isArray(text) || !Array.isArray(starts) || text.length !== starts.length)
    throw lacking(source, at, 'lists "text" and "answer_start" in "answers"');
  return text.map((one, i) => [one as string, starts[i] as number]);
}

/** SQuAD counts characters by code point, as Python does. */
function answerAt(context: string, text: string, start: number, source: string, at: string): Answer {
  const begin = [...context].slice(0, start).join("").length;
  if (Number.isInteger(start) && start >= 0 && typeof text === "string" && text !== "" && context.startsWith(text, begin))
    return { text, begin };
  throw new TetradError("DATA", {
    op: source,
    what: "the answer does not stand where it is said to",
    got: `${JSON.stringify(text)} at ${start}`,
    expected: `what stands there: ${JSON.stringify(context.slice(begin, begin + Math.max(20, text?.length ?? 0)))}`,
    at,
    hint: "places are counted in characters from 0",
  });
}

function lacking(source: string, at: string, expected: string): TetradError {
  return new TetradError("DATA", { op: source, what: "a field is missing or of the wrong kind", expected, at });
}
