/** Where the log of a run goes beside the folder: files for TensorBoard, or a line of JSON for each entry. */
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { closest, TetradError, writeFileAtomic } from "@tetrad/engine";
import type { LogEntry, TrainerCallback } from "@tetrad/language";
import { runFolder } from "./checkpoints.js";
import type { TrainingFlags } from "./training.js";

const REPORTS: Readonly<Record<string, (folder: string) => TrainerCallback>> = { jsonl: jsonLines };

/** @throws TetradError ARGUMENT for a name that is none of them */
export async function reportsOf({ reportTo = [], out }: TrainingFlags): Promise<TrainerCallback[]> {
  return reportTo
    .filter((name) => name !== "none")
    .map((name) => {
      const make = REPORTS[name];
      if (make !== undefined) return make(runFolder(out));
      const near = closest(name, Object.keys(REPORTS));
      throw new TetradError("ARGUMENT", {
        op: "report_to",
        what: "nothing of this name takes a log",
        got: name,
        expected: Object.keys(REPORTS).join(", "),
        hint: near === undefined ? undefined : `did you mean "${near}"?`,
      });
    });
}

/** `log.jsonl`: the entries of trainer_state.json's log_history as they come; a run that is resumed begins it with those it had. */
function jsonLines(folder: string): TrainerCallback {
  const path = join(folder, "log.jsonl");
  const line = (entry: LogEntry) => `${JSON.stringify(entry)}\n`;
  return {
    onTrainBegin: ({ logHistory }) => writeFileAtomic(path, logHistory.map(line).join("")),
    onLog: (_, __, entry) => appendFile(path, line(entry)),
  };
}
