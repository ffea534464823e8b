/** The work of `tetrad evaluate`. */
import { evaluateClassifier, openClassifier } from "@tetrad/language";
import type { Context } from "../context.js";
import { readLabelled, type TextColumns } from "../language/texts.js";

export type EvaluateOptions = TextColumns;

export async function evaluateAction(
  { terminal, withEngine }: Context,
  folder: string,
  path: string,
  options: EvaluateOptions,
): Promise<void> {
  const { rows, unlabelled } = await readLabelled(path, options);
  if (unlabelled > 0) terminal.note(`note: ${unlabelled} rows have no class and are left out`);
  const begin = performance.now();
  const { texts, accuracy, macroF1, weightedF1, report } = await withEngine(async (engine) =>
    evaluateClassifier(engine, await openClassifier(engine, folder), rows),
  );
  const seconds = (performance.now() - begin) / 1000;
  terminal.result(`${texts} texts of ${path} in ${seconds.toFixed(1)} s:\n\n${report}`, { texts, accuracy, macroF1, weightedF1, seconds });
}
