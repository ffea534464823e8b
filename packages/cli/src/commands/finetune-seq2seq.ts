/** `tetrad finetune seq2seq`: texts made of texts, summaries of abstracts say. */
import { Command } from "commander";
import type { FinetuneSeq2SeqOptions } from "../actions/finetune-seq2seq.js";
import { positiveInteger } from "../arguments.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";
import { withLayerAdapters } from "./adapter-options.js";
import { MODEL, settingsOf, withTraining } from "./training-options.js";

export function seq2seqCommand(io: Io): Command {
  const command = new Command("seq2seq")
    .description(
      "make texts of texts, summaries say: trains a T5 model, whole or an adapter; prints the perplexity of targets before and after",
    )
    .option("--model <folder>", MODEL)
    .option("--train <file>", "CSV, TSV, JSON lines, JSON or Parquet with a column of sources and one of targets")
    .option("--test <file>", "pairs to measure the perplexity of, before and after")
    .option("--source <column>", "the column of sources", "source")
    .option("--target <column>", "the column of targets", "target")
    .option("--source-prefix <text>", 'put before every source: "summarize: " for T5 as it was published')
    .option("--max-target-tokens <n>", "longer targets are cut, as sources are by --max-tokens, 512 unless told", positiveInteger, 128);
  return withWriting(withLayerAdapters(withTraining(command, 3)))
    .addHelpText("after", SEQ2SEQ)
    .action(async (_, own: Command) =>
      (await import("../actions/finetune-seq2seq.js")).finetuneSeq2SeqAction(
        contextOf(own, io),
        await settingsOf<FinetuneSeq2SeqOptions>(own),
      ),
    );
}

/** Options of texts that are written in evaluations, by Hugging Face's names. */
export function withWriting(command: Command): Command {
  return command
    .option("--predict-with-generate", "for texts from texts: also write texts in evaluations, and compare them with the targets by ROUGE")
    .option("--generation-max-length <n>", "of such a text, in tokens, its beginning counted (default: as of targets)", positiveInteger)
    .option("--generation-num-beams <n>", "how many beginnings are followed (default: the folder's own number, or 1)", positiveInteger);
}

const SEQ2SEQ = `
Examples:
  tetrad finetune seq2seq --model ./t5-small --train papers.jsonl --source abstract --target summary --source-prefix "summarize: " --batch-size 2 --gradient-accumulation-steps 8 --out ./summaries
  tetrad finetune seq2seq --model ./t5-small --train papers.jsonl --source abstract --target summary --eval-strategy epoch --predict-with-generate --generation-max-length 64 --load-best-model-at-end --metric-for-best-model rougeL --out ./summaries
  tetrad finetune seq2seq --model ./t5-small --train papers.jsonl --source abstract --target summary --peft lora --learning-rate 1e-3 --out ./summaries-lora
  tetrad evaluate ./summaries test.jsonl --source abstract --target summary --source-prefix "summarize: "`;
