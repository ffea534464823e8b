/** `tetrad finetune TASK`: a pretrained language model trained further on one's own text. */
import { Command } from "commander";
import type { FinetuneClassifyOptions } from "../actions/finetune-classify.js";
import type { FinetuneLmOptions } from "../actions/finetune-lm.js";
import type { FinetuneNerOptions } from "../actions/finetune-ner.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";
import { withAdapters } from "./adapter-options.js";
import { embedCommand, mlmCommand, qaCommand } from "./finetune-encoders.js";
import { multiCommand } from "./finetune-multi.js";
import { seq2seqCommand } from "./finetune-seq2seq.js";
import { multiLabelCommand, regressCommand } from "./finetune-texts.js";
import { MODEL, settingsOf, withTraining } from "./training-options.js";

export function finetuneCommand(io: Io): Command {
  return new Command("finetune")
    .description("train a pretrained language model further on your own text")
    .addCommand(classifyCommand(io))
    .addCommand(multiLabelCommand(io))
    .addCommand(regressCommand(io))
    .addCommand(nerCommand(io))
    .addCommand(qaCommand(io))
    .addCommand(lmCommand(io))
    .addCommand(mlmCommand(io))
    .addCommand(embedCommand(io))
    .addCommand(seq2seqCommand(io))
    .addCommand(multiCommand(io))
    .addHelpText("after", EXAMPLES);
}

function classifyCommand(io: Io): Command {
  const command = new Command("classify")
    .description("put texts into classes: trains the whole model with a new head and writes a folder that Python's transformers opens")
    .option("--model <folder>", MODEL)
    .option("--train <file>", "CSV, TSV, JSON lines, JSON or Parquet with a column of texts and one of classes")
    .option("--test <file>", "texts to measure it on afterwards")
    .option("--text <column>", "the column of texts", "text")
    .option("--label <column>", "the column of classes", "label");
  return withAdapters(withTraining(command, 3))
    .addHelpText("after", CLASSIFY)
    .action(async (_, own: Command) =>
      (await import("../actions/finetune-classify.js")).finetuneClassifyAction(
        contextOf(own, io),
        await settingsOf<FinetuneClassifyOptions>(own),
      ),
    );
}

function nerCommand(io: Io): Command {
  const command = new Command("ner")
    .description("find entities: trains the whole model to tag every word and writes a folder that Python's transformers opens")
    .option("--model <folder>", MODEL)
    .option(
      "--train <file>",
      "CoNLL columns: a word a line, its tag last, an empty line between sentences; IOB1, IOB2, IOE2, IOBES and BILOU are recognised",
    )
    .option("--test <file>", "sentences to measure it on afterwards, in the same columns")
    .option("--crf", "score what tag follows what, and find the likeliest tags of a whole sentence");
  return withAdapters(withTraining(command, 4))
    .addHelpText("after", NER)
    .action(async (_, own: Command) =>
      (await import("../actions/finetune-ner.js")).finetuneNerAction(contextOf(own, io), await settingsOf<FinetuneNerOptions>(own)),
    );
}

function lmCommand(io: Io): Command {
  const command = new Command("lm")
    .description(
      "train a causal language model further on texts, whole or by an adapter that Python's peft opens; prints the perplexity before and after",
    )
    .option("--model <folder>", `${MODEL}; or a GGUF file or a checkpoint of llama2.c instead`)
    .option("--train <file>", "CSV, TSV, JSON lines, JSON or Parquet with a column of texts; or plain text, a text a line")
    .option("--test <file>", "texts to measure the perplexity of, before and after")
    .option("--text <column>", "the column of texts", "text");
  return withAdapters(withTraining(command, 1))
    .addHelpText("after", LM)
    .action(async (_, own: Command) =>
      (await import("../actions/finetune-lm.js")).finetuneLmAction(contextOf(own, io), await settingsOf<FinetuneLmOptions>(own)),
    );
}

const EXAMPLES = `
Examples:
  tetrad finetune classify --model ./all-MiniLM-L6-v2 --train train.csv --text text --label category --out ./banking
  tetrad finetune ner      --model ./all-MiniLM-L6-v2 --train train.conll --test test.conll --out ./ner
  tetrad finetune lm       --model ./SmolLM2-135M-Instruct --train abstracts.jsonl --peft lora --out ./hep-th
  tetrad finetune classify --help      more examples for each task`;

const CLASSIFY = `
Examples:
  tetrad finetune classify --model ./all-MiniLM-L6-v2 --train train.csv --text text --label category --out ./banking
  tetrad finetune classify --model ./all-MiniLM-L6-v2 --train train.csv --test test.csv --label category --learning-rate 2e-4 --max-tokens 64 --out ./banking
  tetrad finetune classify --model ./all-MiniLM-L6-v2 --train train.csv --label category --peft bottleneck --adapter-config houlsby --learning-rate 1e-3 --out ./banking
  tetrad predict ./banking "my card was swallowed"
  tetrad evaluate ./banking test.csv --label category`;

const NER = `
Examples:
  tetrad finetune ner --model ./all-MiniLM-L6-v2 --train train.conll --test test.conll --learning-rate 1e-4 --out ./ner
  tetrad predict ./ner "Vera Rubin measured the rotation of Andromeda."
  tetrad evaluate ./ner test.conll`;

const LM = `
Examples:
  tetrad finetune lm --model ./SmolLM2-135M-Instruct --train abstracts.jsonl --peft lora --learning-rate 1e-3 --batch-size 4 --max-tokens 192 --out ./hep-th
  tetrad finetune lm --model ./gpt2 --train letters.csv --text body --peft lora --target-modules c_attn --out ./letters
  tetrad finetune lm --model ./gpt2 --train letters.csv --text body --peft prompt --prompt-tuning-init-text "Dear Sir," --learning-rate 0.03 --out ./letters
  tetrad generate ./hep-th "We show that the black hole entropy" --max-tokens 80 --temperature 0.7 --stream`;
