/** `tetrad predict` with a model that answers questions: one question about a file, or a table of questions and texts. */
import { columnIndex, decodeText, readBytes } from "@tetrad/engine";
import { type Answered, answer, openAnswerer, readDataTable } from "@tetrad/language";
import { CalledWrongly } from "../called-wrongly.js";
import type { Context } from "../context.js";
import { isFile } from "../language/texts.js";
import type { PredictOptions } from "./predict.js";
import { type Answer, writeAnswers } from "./predict-text.js";

export async function predictAnswerAction(
  context: Context,
  folder: string,
  data: string | undefined,
  options: PredictOptions,
): Promise<void> {
  const { asked, table } = await questionsFrom(data, options);
  const { top: best, nullThreshold } = options;
  const spans = { best, ...(nullThreshold !== undefined && { nullThreshold }) };
  const found = await context.withEngine(async (engine) => answer(engine, await openAnswerer(engine, folder), asked, spans));
  const answers = found.map((one, i): Answer => ({ text: asked[i]?.question as string, ...told(one) }));
  await writeAnswers(context, answers, table, options, "question");
}

function told({ text, spans, nullDifference }: Answered): Omit<Answer, "text"> {
  const [{ begin, end, probability } = { begin: 0, end: 0, probability: 0 }] = text === "" ? [] : spans;
  const lines = spans.map((span) => `${(100 * span.probability).toFixed(1).padStart(5)} %  ${span.text}`);
  return {
    lines: [text === "" ? "no answer" : text, "", ...lines].join("\n"),
    cells: { answer: text, begin, end, probability },
    facts: { answer: text, begin, end, probability, spans, nullDifference },
  };
}

async function questionsFrom(data: string | undefined, { question, context }: PredictOptions) {
  if (data !== undefined && (question ?? context) === undefined && isFile(data)) {
    const table = await readDataTable(await readBytes(data), data, { records: true });
    const [questionAt, contextAt] = [columnIndex(table, "question"), columnIndex(table, "context")];
    return { table, asked: table.rows.map((row) => ({ question: row[questionAt] as string, context: row[contextAt] as string })) };
  }
  if (data === undefined && question !== undefined && question.trim() !== "" && context !== undefined)
    return { asked: [{ question, context: decodeText(await readBytes(context), context) }] };
  throw new CalledWrongly({
    op: "predict",
    what: "there is nothing to answer, or too much",
    expected: 'either a table with columns "question" and "context", or --question "…" --context text.txt',
  });
}
