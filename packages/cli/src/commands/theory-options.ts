/** What every command about one theory asks for: the file, its data, and which of its models is meant. */
import type { Command } from "commander";
import { namedFile } from "../arguments.js";

/** `--data` and `--folder`: where data lie that come from more than one file, or that theories name themselves. */
export function withDataFiles(command: Command): Command {
  return command
    .option("--data <name=file>", "the file of one of several data sets; may be repeated", namedFile, {})
    .option("--folder <folder>", "where files that a theory names are, if not beside it");
}

/** @param data what the data are to the command */
export function withTheory(command: Command, data = "the data: CSV, TSV, JSON, or columns of text"): Command {
  command
    .argument("<theory>", "YAML file of one theory (see docs/theories.md)")
    .argument("[data]", `${data}; not needed where the theory names them`);
  return withDataFiles(command).option("--model <name>", "one of several models of the file");
}
