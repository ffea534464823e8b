/** `tetrad init`: a new model with random weights. */
import { Command } from "commander";
import type { InitOptions } from "../actions/init.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";

export function initCommand(io: Io): Command {
  return new Command("init")
    .description("write a new causal language model with random weights, to be trained from scratch by `tetrad finetune lm`")
    .requiredOption(
      "--config <file>",
      "config.json as transformers writes it, of a Llama say; what it leaves out of vocab_size, bos_token_id and eos_token_id is the tokenizer's",
    )
    .requiredOption(
      "--tokenizer <folder>",
      "where its tokenizer.json is, which `tetrad tokenizer train` writes; or a model's name on the Hub",
    )
    .requiredOption("--out <folder>", "where the model goes")
    .option("--seed <n>", "of the weights", Number, 0)
    .addHelpText("after", EXAMPLES)
    .action(async (options: InitOptions, command: Command) =>
      (await import("../actions/init.js")).initAction(contextOf(command, io), options),
    );
}

const EXAMPLES = `
Examples:
  tetrad tokenizer train stories.txt --type bpe --vocab-size 2000 --out ./tokenizer
  tetrad init --config llama-tiny.json --tokenizer ./tokenizer --out ./fresh
  tetrad finetune lm --model ./fresh --train stories.csv --learning-rate 1e-3 --epochs 10 --out ./stories

A smallest configuration:
  { "model_type": "llama", "hidden_size": 64, "intermediate_size": 172, "num_hidden_layers": 5, "num_attention_heads": 8, "num_key_value_heads": 4,
    "max_position_embeddings": 256, "tie_word_embeddings": true }`;
