/** Questions about texts from a file: SQuAD's JSON, or a table. */
import { parseJson, readBytes, readTable } from "@tetrad/engine";
import { isSquad, type Question, questionsIn, readSquad } from "@tetrad/language";

/** @throws TetradError DATA as `readSquad` and `questionsIn` */
export async function readQuestions(path: string): Promise<Question[]> {
  const bytes = await readBytes(path);
  const json = /\.json$/i.test(path) ? parseJson(bytes, path) : undefined;
  return isSquad(json) ? readSquad(json, path) : questionsIn(readTable(bytes, path, undefined, { nested: true }));
}
