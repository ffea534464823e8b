/** `tetrad tokenizer train CORPUS`: a vocabulary of one's own. */
import { Command, Option } from "commander";
import type { TokenizerTrainOptions } from "../actions/tokenizer-train.js";
import { oneOf, positiveInteger } from "../arguments.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";

export function tokenizerCommand(io: Io): Command {
  return new Command("tokenizer").description("make a tokenizer of one's own").addCommand(trainCommand(io)).addHelpText("after", EXAMPLES);
}

function trainCommand(io: Io): Command {
  return new Command("train")
    .description(
      "learn a vocabulary from texts, as Hugging Face's trainers do, and write it as a tokenizer.json that Python's tokenizers opens",
    )
    .argument("<corpus...>", "CSV, TSV, JSON, JSON lines or Parquet with a column of texts, or plain text with one a line")
    .addOption(
      new Option("--type <name>", "bpe: bytes and pairs, as GPT-2; wordpiece: words without case and their parts, as BERT")
        .argParser(oneOf("bpe", "wordpiece"))
        .makeOptionMandatory(),
    )
    .requiredOption("--vocab-size <n>", "tokens at most, special ones and single characters among them", positiveInteger)
    .requiredOption("--out <folder>", "where tokenizer.json and tokenizer_config.json go")
    .option("--text <column>", "the column of texts", "text")
    .addHelpText("after", EXAMPLES)
    .action(async (corpus: readonly string[], options: TokenizerTrainOptions, command: Command) =>
      (await import("../actions/tokenizer-train.js")).tokenizerTrainAction(contextOf(command, io), corpus, options),
    );
}

const EXAMPLES = `
Examples:
  tetrad tokenizer train stories.txt --type bpe --vocab-size 4000 --out ./stories
  tetrad tokenizer train papers/*.jsonl --text abstract --type wordpiece --vocab-size 8000 --out ./papers`;
