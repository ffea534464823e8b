/** Where the log of a run goes beside the folder: files for TensorBoard, or a line of JSON for each entry. */
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { didYouMean, EventWriter, type Hyperparameter, TetradError, writeFileAtomic } from "@tetrad/engine";
import type { LogEntry, TrainerCallback } from "@tetrad/language";
import { runFolder } from "./checkpoints.js";
import type { TrainingFlags } from "./training.js";

const REPORTS: Readonly<Record<string, (flags: TrainingFlags) => TrainerCallback>> = { tensorboard: tensorBoard, jsonl: jsonLines };

/** @throws TetradError ARGUMENT for a name that is none of them */
export function reportsOf(flags: TrainingFlags): TrainerCallback[] {
  return (flags.reportTo ?? [])
    .filter((name) => name !== "none")
    .map((name) => {
      const make = REPORTS[name];
      if (make !== undefined) return make(flags);
      throw new TetradError("ARGUMENT", {
        op: "report_to",
        what: "nothing of this name takes a log",
        got: name,
        expected: Object.keys(REPORTS).join(", "),
        hint: didYouMean(name, Object.keys(REPORTS)),
      });
    });
}

/** `runs`, which `tensorboard --logdir` shows, with the tags of transformers' callback: `train/loss`, `eval/accuracy`. A run that is resumed adds a file. */
function tensorBoard(flags: TrainingFlags): TrainerCallback {
  const asked = Object.entries(flags).filter((entry): entry is [string, Hyperparameter] => typeof entry[1] !== "object");
  let events: EventWriter;
  return {
    async onTrainBegin() {
      events = await EventWriter.open(join(runFolder(flags.out), "runs"));
      events.text("args", `\`\`\`json\n${JSON.stringify(Object.fromEntries(asked), null, 2)}\n\`\`\``, 0);
      events.hparams(Object.fromEntries(asked), ["train/loss", "eval/loss", "eval/accuracy", "eval/f1"]);
      await events.flush();
    },
    async onLog(_, __, { step, ...figures }) {
      for (const [name, value] of Object.entries(figures)) {
        const tag = name.startsWith("eval_") ? name.replace("_", "/") : `train/${name}`;
        events.scalar(tag, value as number, step);
      }
      await events.flush();
    },
    onTrainEnd: () => events.close(),
  };
}

/** `log.jsonl`: the entries of trainer_state.json's log_history as they come; a run that is resumed begins it with those it had. */
function jsonLines({ out }: TrainingFlags): TrainerCallback {
  const path = join(runFolder(out), "log.jsonl");
  const line = (entry: LogEntry) => `${JSON.stringify(entry)}\n`;
  return {
    onTrainBegin: ({ logHistory }) => writeFileAtomic(path, logHistory.map(line).join("")),
    onLog: (_, __, entry) => appendFile(path, line(entry)),
  };
}
