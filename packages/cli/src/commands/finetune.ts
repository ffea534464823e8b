/** `tetrad finetune TASK`: a pretrained language model trained further on one's own text. */
import { Command, Option } from "commander";
import type { FinetuneClassifyOptions } from "../actions/finetune-classify.js";
import type { FinetuneLmOptions } from "../actions/finetune-lm.js";
import type { FinetuneNerOptions } from "../actions/finetune-ner.js";
import { adversarial, oneOf, positiveInteger, positiveNumber, share } from "../arguments.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";

export function finetuneCommand(io: Io): Command {
  return new Command("finetune")
    .description("train a pretrained language model further on your own text")
    .addCommand(classifyCommand(io))
    .addCommand(nerCommand(io))
    .addCommand(lmCommand(io))
    .addHelpText("after", EXAMPLES);
}

/** What every task has. */
function withTraining(command: Command, epochs: number): Command {
  return command
    .requiredOption("--out <folder>", "where the fine-tuned model goes")
    .option("--epochs <n>", "how often every example is seen", positiveInteger, epochs)
    .option("--batch-size <n>", "examples of a step", positiveInteger, 16)
    .option("--learning-rate <x>", "the highest rate; it rises over the first tenth of all steps and falls to 0", positiveNumber, 5e-5)
    .option("--weight-decay <x>", "of matrices; offsets and norms do not decay", Number, 0.01)
    .option("--max-tokens <n>", "longer texts are cut (default: what the model can read)", positiveInteger)
    .option("--seed <n>", "of the new head, dropout and the order of examples", Number, 0)
    .option(
      "--adversarial <method>",
      "also train on word embeddings moved to where the loss is larger: fgm:0.5, or pgd:0.5,0.3,3",
      adversarial,
    )
    .option("--save-steps <n>", "keep where the run stands every n steps, as Ctrl-C does", positiveInteger)
    .option("--resume", "go on with an interrupted run: the same command, and this")
    .option("--test-share <share>", "how many of the examples are kept to measure on where there is no --test", share, 0.1);
}

const MODEL = "a pretrained model as Hugging Face lays it out: config.json, model.safetensors, tokenizer.json";

function classifyCommand(io: Io): Command {
  const command = new Command("classify")
    .description("put texts into classes: trains the whole model with a new head and writes a folder that Python's transformers opens")
    .requiredOption("--model <folder>", MODEL)
    .requiredOption("--train <file>", "CSV, TSV, JSON lines or JSON with a column of texts and one of classes")
    .option("--test <file>", "texts to measure it on afterwards")
    .option("--text <column>", "the column of texts", "text")
    .option("--label <column>", "the column of classes", "label");
  return withTraining(command, 3)
    .addHelpText("after", CLASSIFY)
    .action(async (options: FinetuneClassifyOptions, own: Command) =>
      (await import("../actions/finetune-classify.js")).finetuneClassifyAction(contextOf(own, io), options),
    );
}

function nerCommand(io: Io): Command {
  const command = new Command("ner")
    .description("find entities: trains the whole model to tag every word and writes a folder that Python's transformers opens")
    .requiredOption("--model <folder>", MODEL)
    .requiredOption(
      "--train <file>",
      "CoNLL columns: a word a line, its tag last, an empty line between sentences; IOB1, IOB2, IOE2, IOBES and BILOU are recognised",
    )
    .option("--test <file>", "sentences to measure it on afterwards, in the same columns");
  return withTraining(command, 4)
    .addHelpText("after", NER)
    .action(async (options: FinetuneNerOptions, own: Command) =>
      (await import("../actions/finetune-ner.js")).finetuneNerAction(contextOf(own, io), options),
    );
}

function lmCommand(io: Io): Command {
  const command = new Command("lm")
    .description(
      "train a causal language model further on texts, whole or by an adapter that Python's peft opens; prints the perplexity before and after",
    )
    .requiredOption("--model <folder>", `${MODEL}; or a GGUF file instead of safetensors`)
    .requiredOption("--train <file>", "CSV, TSV, JSON lines or JSON with a column of texts")
    .option("--test <file>", "texts to measure the perplexity of, before and after")
    .option("--text <column>", "the column of texts", "text")
    .addOption(new Option("--peft <method>", "train an adapter and leave the model as it is").argParser(oneOf("lora")))
    .option("--r <n>", "rank of the adapter", positiveInteger, 8)
    .option("--lora-alpha <x>", "scale of the adapter, times 1/r", positiveNumber, 16)
    .option("--target-modules <names...>", "layers that get an adapter", ["q_proj", "v_proj"]);
  return withTraining(command, 1)
    .addHelpText("after", LM)
    .action(async (options: FinetuneLmOptions, own: Command) =>
      (await import("../actions/finetune-lm.js")).finetuneLmAction(contextOf(own, io), options),
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
  tetrad generate ./hep-th "We show that the black hole entropy" --max-tokens 80 --temperature 0.7 --stream`;
