/** `tetrad export MODEL --out model.onnx`: a model in the format of other programs. */
import { Command, Option } from "commander";
import type { ExportFlags } from "../actions/export.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";

export function exportCommand(io: Io): Command {
  return new Command("export")
    .description("write an encoder (BERT, DistilBERT, RoBERTa) with its head, or as a sentence encoder, as an ONNX file in float32")
    .argument(
      "<model>",
      "folder that `tetrad finetune` or transformers wrote, an adapter's, which is merged into its base, or a name on the Hub: org/name",
    )
    .addOption(new Option("--format <name>", "format of the file").choices(["onnx"]).default("onnx"))
    .requiredOption("--out <file>", "the file, replaced whole where there is one")
    .addHelpText("after", EXAMPLES)
    .action(async (folder: string, flags: ExportFlags, command: Command) =>
      (await import("../actions/export.js")).exportAction(contextOf(command, io), folder, flags),
    );
}

const EXAMPLES = `
Examples:
  tetrad export ./banking --out banking.onnx
  tetrad export ./banking --out ./banking/onnx/model.onnx      where transformers.js looks for it
  tetrad export ./all-MiniLM-L6-v2 --format onnx --out minilm.onnx --json`;
