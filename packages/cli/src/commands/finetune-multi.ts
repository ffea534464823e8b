/** `tetrad finetune multi`: several tasks over one backbone. */
import { Command, Option } from "commander";
import type { FinetuneMultiOptions } from "../actions/finetune-multi.js";
import { positiveNumber } from "../arguments.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";
import { MODEL, settingsOf, withTraining } from "./training-options.js";

export function multiCommand(io: Io): Command {
  const command = new Command("multi")
    .description(
      "train one model for several tasks, a head each over what they share: a folder with a folder for each task, which Python's transformers opens; tasks and their files are named in --config",
    )
    .option("--model <folder>", MODEL)
    .addOption(
      new Option(
        "--task-sampling <how>",
        "whose examples the steps of an epoch are of: proportional, all of them once; temperature, more of small tasks; round_robin, in turn",
      )
        .choices(["proportional", "temperature", "round_robin"])
        .default("proportional"),
    )
    .option("--task-temperature <x>", "of temperature: 1 is proportional, larger is more even", positiveNumber, 2);
  return withTraining(command, 3, { files: false })
    .addHelpText("after", EXAMPLES)
    .action(async (_, own: Command) => {
      const { tasksSchema } = await import("../config/multi-task-config.js");
      const settings = await settingsOf<FinetuneMultiOptions>(own, { tasks: tasksSchema });
      if (settings.tasks === undefined)
        own.error('error: no task: name them in a file, --config run.yaml, under "tasks"', { code: "commander.missingArgument" });
      await (await import("../actions/finetune-multi.js")).finetuneMultiAction(contextOf(own, io), settings);
    });
}

const EXAMPLES = `
Examples:
  tetrad finetune multi --config run.yaml
  tetrad finetune multi --config run.yaml --task-sampling temperature --task-temperature 5 --epochs 4 --out ./even
  tetrad predict ./mails "my card was swallowed in Oslo"
  tetrad evaluate ./mails/topic test.csv --label category

run.yaml, with any other option by Hugging Face's names:
  model: ./all-MiniLM-L6-v2
  out: ./mails
  learning_rate: 2e-4
  tasks:
    topic: { task: classify, train: topics.csv, test: test.csv, label: category }
    people: { task: ner, train: train.conll, crf: true, loss_weight: 0.5 }
    urgency: { task: regress, train: mails.jsonl, text: body, label: urgency, max_tokens: 128 }

A task is classify, multi-label, regress, ner or qa. Evaluations in training are named topic_accuracy, people_f1 and so on; score is the mean of accuracies, F1 and R².`;
