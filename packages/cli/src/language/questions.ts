/** Questions about texts from a file: SQuAD's JSON, or a table. */
import { parseJson, readBytes } from "@tetrad/engine";
import { isSquad, type Question, questionsIn, readDataTable, readSquad } from "@tetrad/language";

/** @throws TetradError DATA as `readSquad` and `questionsIn` */
export async function readQuestions(path: string): Promise<Question[]> {
  const bytes = await readBytes(path);
  const json = /\.json$/i.test(path) ? parseJson(bytes, path) : undefined;
  return isSquad(json) ? readSquad(json, path) : questionsIn(await readDataTable(bytes, path, { nested: true }));
}
