/** all_results.json of a fine-tuned folder: its figures under the names that transformers' Trainer gives them, for programs that compare runs. */
import { join } from "node:path";
import { RESULTS_FILE, writeFileAtomic } from "@tetrad/engine";
import type { TrainingRun } from "@tetrad/language";

/** @param figures measured on examples that were not learned, such as `accuracy` and `f1`. @throws TetradError IO */
export async function writeResults(folder: string, run: TrainingRun, figures: Readonly<Record<string, number>>): Promise<void> {
  await writeFileAtomic(join(folder, RESULTS_FILE), resultsText(run, figures));
}

/** What the file holds. */
export function resultsText(run: TrainingRun, figures: Readonly<Record<string, number>>): string {
  const results = {
    epoch: run.log.at(-1)?.epoch ?? 0,
    ...Object.fromEntries(Object.entries(figures).map(([name, value]) => [`eval_${name}`, value])),
    train_loss: run.losses.reduce((sum, loss) => sum + loss, 0) / run.losses.length,
    train_runtime: run.seconds,
  };
  return `${JSON.stringify(results, null, 2)}\n`;
}
