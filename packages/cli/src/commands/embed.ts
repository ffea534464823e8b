/** `tetrad embed MODEL DATA`: a vector for every text. */
import { Command, Option } from "commander";
import type { EmbedFlags } from "../actions/embed.js";
import { oneOf, positiveInteger } from "../arguments.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";

export function embedCommand(io: Io): Command {
  return new Command("embed")
    .description("turn texts into vectors, for search, clusters and features; pooling as the folder's sentence-transformers files say")
    .argument("<model>", "an encoder's folder as Hugging Face lays it out, or its name on the Hub: org/name")
    .argument("<data>", "CSV, TSV, JSON lines, JSON or Parquet with a column of texts, or plain text, a text a line; or one text")
    .option("--text <column>", "the column of texts", "text")
    .option("--out <file>", "safetensors file with one tensor `embeddings`, a row a text")
    .option("--max-tokens <n>", "longer texts are cut (default: what the folder says)", positiveInteger)
    .addOption(
      new Option(
        "--quantize <kind>",
        "int8: layers multiply whole numbers, in less than half the memory; vectors change slightly (MiniLM on Banking77: cosine 0.997 on the mean, 0.989 at least)",
      ).argParser(oneOf("int8")),
    )
    .addHelpText("after", EXAMPLES)
    .action(async (folder: string, data: string, flags: EmbedFlags, command: Command) =>
      (await import("../actions/embed.js")).embedAction(contextOf(command, io), folder, data, flags),
    );
}

const EXAMPLES = `
Examples:
  tetrad embed ./all-MiniLM-L6-v2 corpus.jsonl --out vectors.safetensors
  tetrad embed ./all-MiniLM-L6-v2 papers.csv --text abstract --out abstracts.safetensors
  tetrad embed ./all-MiniLM-L6-v2 corpus.jsonl --quantize int8 --out vectors.safetensors
  tetrad embed ./all-MiniLM-L6-v2 "Dark energy accelerates the expansion." --json`;
