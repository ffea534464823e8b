/** `tetrad generate MODEL PROMPT`: text that goes on from a prompt. */
import { Command, Option } from "commander";
import type { GenerateFlags } from "../actions/generate.js";
import { notNegative, oneOf, positiveInteger, positiveNumber } from "../arguments.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";

export function generateCommand(io: Io): Command {
  return new Command("generate")
    .description("let a language model go on from a prompt, or answer to each of a file's")
    .argument(
      "<model>",
      "folder of a causal model (safetensors, a GGUF file, whose weights stay in its blocks, or a checkpoint of llama2.c), of a T5, or of an adapter that `tetrad finetune lm` or peft wrote; such a file itself; or a name on the Hub: org/name, org/name@revision, org/name/model.gguf",
    )
    .argument("<prompt>", "text to go on from, or to answer; or CSV, TSV, JSON lines, JSON or Parquet with a column of such texts")
    .option("--text <column>", "with a file: the column of prompts", "text")
    .option("--out <file>", "with a file: where the answers go, as JSON lines")
    .option(
      "--batch-size <n>",
      "with a file: prompts that are answered at once, each with a cache of its own (default: 8)",
      positiveInteger,
    )
    .option("--max-tokens <n>", "tokens of the answer at most", positiveInteger, 64)
    .option(
      "--temperature <x>",
      "draws tokens by their probability, flatter above 1, sharper below; 0 takes the most probable one always (default: what the folder's generation_config.json says, or 0)",
      notNegative,
    )
    .option("--top-k <n>", "draws from the n most probable tokens only, with --temperature", positiveInteger)
    .option(
      "--top-p <share>",
      "draws from the most probable tokens that together have this probability, with --temperature",
      positiveNumber,
    )
    .option(
      "--min-p <share>",
      "with --temperature: leaves out tokens below this share of the most probable one's probability",
      positiveNumber,
    )
    .option("--repetition-penalty <x>", "above 1: tokens that have occurred become less probable", positiveNumber)
    .addOption(new Option("--no-repeat-ngram-size <n>", "no run of so many tokens occurs twice").default(0).argParser(positiveInteger))
    .option("--min-new-tokens <n>", "the answer has at least so many tokens", positiveInteger)
    .option("--bad-words <text...>", "words that do not occur in the answer")
    .option("--num-beams <n>", "beam search: so many beginnings are kept, for the most probable text as a whole", positiveInteger)
    .option("--length-penalty <x>", "of beams: above 0 for longer texts, below for shorter ones (default: 1)", Number)
    .addOption(
      new Option(
        "--early-stopping [never]",
        "of beams: ends with as many texts as beams; never: only where none can become better",
      ).argParser(oneOf("never")),
    )
    .option("--num-return-sequences <n>", "of beams: texts that are printed (default: 1)", positiveInteger)
    .option("--json-schema <file>", "the answer is a JSON document of this schema")
    .option("--stop <text...>", "ends the answer where one of these texts comes")
    .option("--seed <n>", "of the draws", Number, 0)
    .option("--context <n>", "most tokens of prompt and answer", positiveInteger, 512)
    .addOption(
      new Option(
        "--activations <kind>",
        "int8: layers in a GGUF file's blocks round what they take and multiply whole numbers; faster, and the text may differ (default: float)",
      ).argParser(oneOf("float", "int8")),
    )
    .option("--chat", "the prompt is what a user says; the model's chat template is put around it")
    .option("--system <text>", "with --chat: what the model is told about its part")
    .option("--stream", "print the text as it comes")
    .addHelpText("after", EXAMPLES)
    .action(async (folder: string, prompt: string, flags: GenerateFlags, command: Command) =>
      (await import("../actions/generate.js")).generateAction(contextOf(command, io), folder, prompt, flags),
    );
}

const EXAMPLES = `
Examples:
  tetrad generate ./SmolLM2-135M-Instruct "Gravity is" --stream
  tetrad generate ./SmolLM2-135M-Instruct "What is dark matter?" --chat --max-tokens 100 --stream
  tetrad generate ./hep-th "We show that the black hole entropy" --max-tokens 80 --temperature 0.7 --stream
  tetrad generate ./hep-th "Abstract:" --temperature 0.8 --top-p 0.95 --repetition-penalty 1.1 --seed 7 --json
  tetrad generate ./SmolLM2-135M-Instruct "Gravity is" --activations int8
  tetrad generate ./SmolLM2-135M-Instruct prompts.jsonl --text prompt --out answers.jsonl --batch-size 8
  tetrad generate ./SmolLM2-135M-Instruct "Gravity is" --num-beams 4 --no-repeat-ngram-size 3
  tetrad generate ./SmolLM2-135M-Instruct "Name a star." --chat --json-schema star.json
  tetrad generate ./t5-summaries abstracts.csv --text abstract --num-beams 4 --out summaries.jsonl`;
