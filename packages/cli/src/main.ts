/** The command line: which commands there are, and what every one of them does with errors and exit codes. */
import { readFileSync } from "node:fs";
import type { BackendName } from "@tetrad/engine";
import { Command, CommanderError, Option } from "commander";
import { oneOf, positiveInteger } from "./arguments.js";
import { benchCommand } from "./commands/bench.js";
import { demoCommand } from "./commands/demo.js";
import { devicesCommand } from "./commands/devices.js";
import { embedCommand } from "./commands/embed.js";
import { evaluateCommand } from "./commands/evaluate.js";
import { explainCommand } from "./commands/explain.js";
import { exploreCommand } from "./commands/explore.js";
import { exportCommand } from "./commands/export.js";
import { finetuneCommand } from "./commands/finetune.js";
import { fitCommand } from "./commands/fit.js";
import { generateCommand } from "./commands/generate.js";
import { initCommand } from "./commands/init.js";
import { predictCommand } from "./commands/predict.js";
import { prepareCommand } from "./commands/prepare.js";
import { runsCommand } from "./commands/runs.js";
import { sampleCommand } from "./commands/sample.js";
import { simulateCommand } from "./commands/simulate.js";
import { tokenizerCommand } from "./commands/tokenizer.js";
import { traceCommand } from "./commands/trace.js";
import { trainCommand } from "./commands/train.js";
import { tuneCommand } from "./commands/tune.js";
import { verifyCommand } from "./commands/verify.js";
import { AlreadyTold, type Io, Terminal } from "./terminal.js";

/** Written out, so that help need not load the engine. */
const BACKENDS = ["auto", "wasm", "webgpu", "reference"] as const satisfies readonly BackendName[];

/** Exit codes: 0 done, 1 the command failed, 2 it was called wrongly, 3 a verdict is bad: chains have not converged, a check of a theory failed. */
export async function main(args: readonly string[], io: Io = process): Promise<number> {
  const program = new Command("tetrad")
    .description("Fit physical theories to data, train neural networks and fine-tune language models, on kernels of its own.")
    .version(version(), "-V, --version", "print the version")
    // options after a command are that command's own: `--json` may then take a file in one of them
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .addHelpText("after", EXAMPLES);
  addSharedOptions(program);
  const commands = [
    fitCommand,
    sampleCommand,
    verifyCommand,
    simulateCommand,
    exploreCommand,
    trainCommand,
    prepareCommand,
    finetuneCommand,
    evaluateCommand,
    runsCommand,
    generateCommand,
    embedCommand,
    tokenizerCommand,
    initCommand,
    exportCommand,
    predictCommand,
    explainCommand,
    traceCommand,
    tuneCommand,
    devicesCommand,
    benchCommand,
    demoCommand,
  ];
  for (const command of commands) {
    const own = command(io).copyInheritedSettings(program);
    program.addCommand(addSharedOptions(own));
  }
  let running: Command = program;
  program.hook("preAction", (_, command) => {
    running = command;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof AlreadyTold) return error.exitCode;
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    new Terminal(running.optsWithGlobals(), io).failure(error);
    return error instanceof Error && "exitCode" in error ? (error.exitCode as number) : 1;
  }
}

/** Options that every command takes, before its name or after it; one that the command has in its own way stays so. */
function addSharedOptions(command: Command): Command {
  const shared = [
    new Option("--json", "print one JSON value on stdout and nothing else there"),
    new Option("-q, --quiet", "no progress and no notes"),
    new Option("-v, --verbose", "show where in the code an error came from"),
    new Option("--threads <n>", "how many threads to compute with (default: measured)").argParser(positiveInteger),
    new Option("--tuning <file>", "choices that `tetrad tune --export` wrote (default: those that it has kept on this machine)"),
    new Option(
      "--backend <name>",
      "auto, wasm, webgpu, or reference: slow, float64, for checking (default: auto, the faster one for each plan)",
    ).argParser(oneOf(...BACKENDS)),
  ];
  for (const option of shared) if (!command.options.some(({ long }) => long === option.long)) command.addOption(option);
  for (const part of command.commands) addSharedOptions(part).copyInheritedSettings(command);
  return command;
}

const EXAMPLES = `
Examples:
  tetrad fit examples/cosmic-chronometers/flat-lcdm.yaml examples/cosmic-chronometers/hz.csv
  tetrad train examples/iris/train.yaml
  tetrad predict iris-model new-flowers.csv
  tetrad finetune classify --model ./all-MiniLM-L6-v2 --train train.csv --text text --label category --out ./banking
  tetrad <command> --help      more examples for each command

Exit codes: 0 done, 1 failed, 2 called wrongly, 3 chains not converged or a check of a theory failed. Colours go away with NO_COLOR=1.`;

function version(): string {
  const { version: text } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return text;
}
