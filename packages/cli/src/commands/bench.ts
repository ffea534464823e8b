/** `tetrad bench [suite…]`: how fast this machine computes, beside other libraries. */
import { Command } from "commander";
import type { BenchOptions } from "../actions/bench.js";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";

export function benchCommand(io: Io): Command {
  return new Command("bench")
    .description("measure suites side by side with other libraries, in turns, in one run")
    .argument(
      "[suites...]",
      "startup, memory, theory, mlp, cnn, bert, gpt, int8, decode, generate, gemm, ops, scaling, webgpu (default: all, some minutes)",
    )
    .option(
      "--against <peers>",
      "tfjs, tfjs-webgpu, jax, jax-webgpu, ort, ortnode, llama, torch, torch-avx2, separated by commas, or none (default: all but ortnode, llama)",
    )
    .option("--model <folder>", "the language model that the suite generate writes with")
    .option("--json [file]", "print one JSON value on stdout and nothing else there, or write it to a file (its name ends in .json)")
    .option("--html <file>", "write a report with charts as one HTML file")
    .option("--quick", "short samples: to see that everything works, not to publish")
    .option("--compare <file>", "hold the figures against those of an earlier --json file; exit code 1 when ours got slower")
    .addHelpText("after", EXAMPLES)
    .action(async (suites: string[], { json, ...options }: BenchOptions & { json?: boolean | string }, command: Command) => {
      const jsonFile = typeof json === "string" && json.endsWith(".json") ? json : undefined;
      // in `--json gemm` the word is a suite; the option may be followed by anything
      if (typeof json === "string") command.setOptionValue("json", jsonFile === undefined);
      const named = typeof json === "string" && jsonFile === undefined ? [...suites, json] : suites;
      const { benchAction } = await import("../actions/bench.js");
      const { threads }: { threads?: number } = command.optsWithGlobals();
      await benchAction(contextOf(command, io), named, { ...options, ...(jsonFile && { jsonFile }), ...(threads && { threads }) }, command);
    });
}

const EXAMPLES = `
Examples:
  tetrad bench gemm mlp
  tetrad bench mlp --against tfjs,torch --html mlp.html
  tetrad bench --json today.json --html today.html
  tetrad bench gemm --against none --compare today.json      exit code 1 when something got slower
  tetrad bench --against none --quick
  tetrad bench generate --model ./SmolLM2-135M-Instruct --against llama,torch

Peers from npm are installed at the first run against them (some 750 MB); PyTorch is taken from python3, or from TETRAD_PYTHON.
One that is missing is shown as absent. Measure on a machine that does nothing else; --threads <n> measures 1 and n threads.`;
