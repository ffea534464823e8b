/** `tetrad evaluate MODEL DATA`: how good a fine-tuned language model is on examples whose answers are known. */
import { Command } from "commander";
import type { EvaluateOptions } from "../actions/evaluate.js";
import { positiveInteger, positiveNumber } from "../arguments.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";
import { withWriting } from "./finetune-seq2seq.js";

export function evaluateCommand(io: Io): Command {
  const command = new Command("evaluate")
    .description(
      "measure a fine-tuned language model: scikit-learn's report for classes and labels, seqeval's for entities, errors and correlations for numbers, perplexity for next tokens, ROUGE for texts that are written",
    )
    .argument("<model>", "folder that `tetrad finetune` or transformers wrote, or its name on the Hub: org/name")
    .argument(
      "<data>",
      "for classes CSV, TSV, JSON lines, JSON or Parquet with a column of texts and one of classes, labels or numbers; for entities CoNLL columns",
    )
    .option("--text <column>", "the column of texts", "text")
    .option("--label <column>", "the column of classes, labels or numbers", "label")
    .option("--first <column>", "for vectors: the column of texts that are sought with", "first")
    .option("--second <column>", "for vectors: the column of texts that are to be found", "second")
    .option("--score <column>", "for vectors: the column of scores, if there is one")
    .option("--source <column>", "for texts from texts: the column of sources", "source")
    .option("--target <column>", "for texts from texts: the column of targets", "target")
    .option("--source-prefix <text>", "for texts from texts: put before every source")
    .option(
      "--max-tokens <n>",
      "for texts from texts: longer sources are cut; for next tokens: what is read at once (default: 512)",
      positiveInteger,
    )
    .option(
      "--stride <n>",
      "for next tokens: how far each window of a long text goes beyond the one before (default: half of it)",
      positiveInteger,
    )
    .option("--max-target-tokens <n>", "for texts from texts: longer targets are cut", positiveInteger, 128)
    .option("--separator <text>", "what stands between the labels of a text with several, where they are no JSON list", "|")
    .option("--attack", "for classes: also measure on texts that are chosen against the model")
    .option("--epsilon <x>", "how far an attack may move a text's word embeddings", positiveNumber, 0.5)
    .option("--report <file>", "for classes, entities and texts that are written: write a report with the worst errors as one HTML file")
    .option(
      "--predictions <file>",
      "for classes, entities and texts that are written: write what was predicted, as CSV or as columns that conlleval reads",
    );
  return withWriting(command)
    .addHelpText("after", EXAMPLES)
    .action(async (folder: string, path: string, options: EvaluateOptions, own: Command) =>
      (await import("../actions/evaluate.js")).evaluateAction(contextOf(own, io), folder, path, options),
    );
}

const EXAMPLES = `
Examples:
  tetrad evaluate ./banking test.csv --label category
  tetrad evaluate ./banking test.jsonl --text question --label intent --json
  tetrad evaluate ./banking test.csv --label category --attack
  tetrad evaluate ./banking test.csv --label category --report banking.html --predictions banking.csv
  tetrad evaluate ./ner test.conll
  tetrad evaluate ./summaries test.jsonl --source abstract --target summary --predict-with-generate --generation-num-beams 4 --report summaries.html
  tetrad evaluate ./SmolLM2-135M-Instruct abstracts.jsonl --text abstract --max-tokens 1024 --stride 512`;
