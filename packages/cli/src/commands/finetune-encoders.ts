/** `tetrad finetune qa`, `mlm` and `embed`: encoders trained on questions about texts, on texts without labels, and on pairs of texts. */
import { Command, Option } from "commander";
import type { FinetuneEmbedOptions } from "../actions/finetune-embed.js";
import type { FinetuneMlmOptions } from "../actions/finetune-mlm.js";
import type { FinetuneQaOptions } from "../actions/finetune-qa.js";
import { positiveInteger, positiveNumber, share } from "../arguments.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";
import { withAdapters, withLayerAdapters } from "./adapter-options.js";
import { MODEL, settingsOf, withTraining } from "./training-options.js";

export function qaCommand(io: Io): Command {
  const command = new Command("qa")
    .description("answer questions by a piece of a text: trains the whole model to find where the answer begins and ends")
    .option("--model <folder>", MODEL)
    .option(
      "--train <file>",
      "SQuAD's JSON, or a table with columns question, context, answer and start (in characters from 0; empty where there is no answer)",
    )
    .option("--test <file>", "questions to measure it on afterwards")
    .option("--stride <n>", "tokens that windows of a long text share (default: 128, or a quarter of a window)", positiveInteger);
  return withAdapters(withTraining(command, 2))
    .addHelpText("after", QA)
    .action(async (_, own: Command) =>
      (await import("../actions/finetune-qa.js")).finetuneQaAction(contextOf(own, io), await settingsOf<FinetuneQaOptions>(own)),
    );
}

export function mlmCommand(io: Io): Command {
  const command = new Command("mlm")
    .description("train an encoder further on texts of a field by hiding words; prints the perplexity of hidden words before and after")
    .option("--model <folder>", MODEL)
    .option("--train <file>", "CSV, TSV, JSON lines, JSON or Parquet with a column of texts; or plain text, a text a line")
    .option("--test <file>", "texts to measure the perplexity of, before and after")
    .option("--text <column>", "the column of texts", "text")
    .option("--mlm-probability <share>", "how many of the tokens are hidden", share, 0.15)
    .option("--whole-word", "hide all pieces of a word, or none");
  return withLayerAdapters(withTraining(command, 3))
    .addHelpText("after", MLM)
    .action(async (_, own: Command) =>
      (await import("../actions/finetune-mlm.js")).finetuneMlmAction(contextOf(own, io), await settingsOf<FinetuneMlmOptions>(own)),
    );
}

export function embedCommand(io: Io): Command {
  const command = new Command("embed")
    .description("train vectors of texts on pairs that belong together, or on scores of likeness; writes a folder of sentence-transformers")
    .option("--model <folder>", MODEL)
    .option("--train <file>", "CSV, TSV, JSON lines, JSON or Parquet with two columns of texts")
    .option("--test <file>", "pairs to measure it on, before and after")
    .option("--first <column>", "the column of texts that are sought with: questions, summaries", "first")
    .option("--second <column>", "the column of texts that are to be found", "second")
    .option("--score <column>", "the column of scores: how alike the two are")
    .addOption(
      new Option(
        "--loss <name>",
        "ranking: each text finds its partner among those of the batch; cosine and contrastive: by scores",
      ).choices(["ranking", "cosine", "contrastive"]),
    )
    .option("--scale <x>", "of cosines in the ranking loss", positiveNumber, 20)
    .option("--margin <x>", "how far the contrastive loss pushes others apart, in 1 − cosine", positiveNumber, 0.5);
  return withLayerAdapters(withTraining(command, 1))
    .addHelpText("after", EMBED)
    .action(async (_, own: Command) =>
      (await import("../actions/finetune-embed.js")).finetuneEmbedAction(contextOf(own, io), await settingsOf<FinetuneEmbedOptions>(own)),
    );
}

const QA = `
Examples:
  tetrad finetune qa --model ./bert-base-uncased --train train-v2.0.json --test dev-v2.0.json --learning-rate 3e-5 --out ./answers
  tetrad finetune qa --model ./all-MiniLM-L6-v2 --train questions.csv --max-tokens 256 --stride 64 --out ./answers
  tetrad predict ./answers --question "Who measured it?" --context paper.txt
  tetrad evaluate ./answers dev-v2.0.json`;

const MLM = `
Examples:
  tetrad finetune mlm --model ./bert-base-uncased --train abstracts.jsonl --text abstract --max-tokens 256 --out ./hep-bert
  tetrad predict ./hep-bert "The [MASK] of a black hole is a quarter of its area."
  tetrad finetune classify --model ./hep-bert --train papers.csv --label field --out ./fields`;

const EMBED = `
Examples:
  tetrad finetune embed --model ./all-MiniLM-L6-v2 --train papers.jsonl --first summary --second abstract --batch-size 32 --out ./papers
  tetrad finetune embed --model ./all-MiniLM-L6-v2 --train pairs.csv --score likeness --out ./alike
  tetrad embed ./papers corpus.jsonl --text abstract --out vectors.safetensors
  tetrad evaluate ./papers test.jsonl --first summary --second abstract`;
