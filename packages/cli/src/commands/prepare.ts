/** `tetrad prepare DATA`: texts cleaned, freed of duplicates, split and counted, before anything learns from them. */
import { Command, Option } from "commander";
import type { PrepareOptions } from "../actions/prepare.js";
import { oneOf, positiveInteger, share } from "../arguments.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";

export function prepareCommand(io: Io): Command {
  return new Command("prepare")
    .description(
      "clean texts, find duplicates, split, count words and tokens, make features; each stage is kept and run again only when it must be",
    )
    .argument("<data...>", "CSV, TSV, JSON, JSON lines, Parquet, CoNLL columns or plain text")
    .requiredOption("--out <folder>", "where train.csv, validation.csv, test.csv and prepare.json go")
    .option("--test <file>", "a test file that there is already: its texts are looked for in the data")
    .addOption(
      new Option("--format <name>", "where a file's name does not say it").argParser(
        oneOf("csv", "tsv", "json", "jsonl", "parquet", "conll", "text"),
      ),
    )
    .addOption(
      new Option("--documents <unit>", "what a text is in plain text: line or paragraph")
        .argParser(oneOf("line", "paragraph"))
        .default("line"),
    )
    .option("--text <column>", "the column of texts", "text")
    .option("--label <column>", "the column of classes; rows without one are left out")
    .option("--html", "take HTML tags away, and put characters for entities")
    .option("--keep-lines", "keep the ends of lines in a text; all white space becomes one space otherwise")
    .option("--min-chars <n>", "leave shorter texts out", positiveInteger)
    .option("--max-chars <n>", "leave longer texts out", positiveInteger)
    .option("--label-map <file>", 'JSON of classes\' other names, {"old": "new", "other": null}; null leaves a class out')
    .addOption(
      new Option(
        "--duplicates <how>",
        "exact: equal but for case and white space; near: also a Jaccard similarity of 0.8 of 5-word shingles; off",
      )
        .argParser(oneOf("exact", "near", "off"))
        .default("near"),
    )
    .option("--drop-duplicates", "leave out the duplicates that are found; rows of the test file stay")
    .option("--drop-conflicts", "leave out texts that occur with several classes")
    .option("--validation-share <share>", "how much of the data becomes validation.csv", share)
    .option("--test-share <share>", "how much of the data becomes test.csv", share)
    .option("--no-stratify", "split without regard to classes")
    .option("--group <column>", "rows with the same value here stay in one part")
    .option("--seed <n>", "of the split", Number, 0)
    .option("--tokenizer <folder>", "a model's folder, or its name on the Hub: count its tokens too")
    .option("--stop-words <language>", "eng, deu, fra, …: left out of frequent words and of TF-IDF, never of texts")
    .addOption(
      new Option("--features <kind>", "also write tables that `tetrad train` reads: tfidf or embeddings").argParser(
        oneOf("tfidf", "embeddings"),
      ),
    )
    .option("--max-features <n>", "the most frequent terms of TF-IDF (default: 2000)", positiveInteger)
    .option("--min-df <n>", "texts that a term of TF-IDF must occur in (default: 1)", positiveInteger)
    .option("--ngrams <n>", "terms of up to so many words (default: 1)", positiveInteger)
    .option("--model <folder>", "the encoder that embeds, as Hugging Face lays it out, or its name on the Hub")
    .option("--cache <folder>", "where stages are kept (default: .cache in the folder of --out)")
    .addHelpText("after", EXAMPLES)
    .action(async (data: readonly string[], options: PrepareOptions, command: Command) =>
      (await import("../actions/prepare.js")).prepareAction(contextOf(command, io), data, options),
    );
}

const EXAMPLES = `
Examples:
  tetrad prepare questions.csv --label category --test-share 0.2 --drop-duplicates --out ./data
  tetrad prepare train.csv --test test.csv --label category --tokenizer ./all-MiniLM-L6-v2 --out ./data
  tetrad prepare letters.csv --label topic --group sender --validation-share 0.1 --test-share 0.1 --out ./data
  tetrad prepare papers/*.json --text abstract --html --out ./papers
  tetrad prepare train.conll --validation-share 0.1 --out ./entities
  tetrad prepare questions.csv --label category --test-share 0.2 --features tfidf --max-features 1000 --out ./data
  tetrad prepare questions.csv --label category --test-share 0.2 --features embeddings --model ./all-MiniLM-L6-v2 --out ./data`;
