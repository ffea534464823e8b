/** The work of `tetrad bench`: names checked, suites measured by @tetrad/bench, results as text, JSON and HTML. */
import {
  compareRuns,
  DEFAULT_PEERS,
  PEER_NAMES,
  type PeerName,
  type Run,
  readRun,
  regressionTable,
  runBenchmarks,
  SUITE_NAMES,
  suiteText,
  tableText,
} from "@tetrad/bench";
import { closest, readBytes, writeFileAtomic } from "@tetrad/engine";
import type { Command } from "commander";
import type { Context } from "../context.js";
import { duration } from "../progress.js";
import { AlreadyTold } from "../terminal.js";

export interface BenchOptions {
  readonly against?: string;
  readonly jsonFile?: string;
  readonly html?: string;
  readonly quick?: boolean;
  readonly compare?: string;
  readonly threads?: number;
  readonly model?: string;
}

export async function benchAction({ terminal }: Context, named: readonly string[], options: BenchOptions, command: Command): Promise<void> {
  const suites = known("suite", named, SUITE_NAMES, command);
  const against = options.against === undefined ? DEFAULT_PEERS : peersOf(options.against, command);
  // Read before anything is measured: nobody should wait ten minutes for a typing error.
  const baseline =
    options.compare === undefined ? undefined : readRun(new TextDecoder().decode(await readBytes(options.compare)), options.compare);
  if (baseline !== undefined && baseline.quick !== (options.quick ?? false))
    terminal.note(
      `${options.compare} was measured ${baseline.quick ? "with" : "without"} --quick: the two runs differ in more than the code`,
    );
  const { bold, dim } = terminal.colors;
  // What is being measured now stands in one line that the next text overwrites.
  const say = (text: string): void => {
    terminal.status("");
    terminal.say(text);
  };
  // An exit of its own, unlike the signal's, removes what was written for the peers.
  const stop = (): void => process.exit(130);
  process.once("SIGINT", stop);
  const run = await runBenchmarks({
    suites: suites.length === 0 ? SUITE_NAMES : suites,
    against,
    ...(options.quick !== undefined && { quick: options.quick }),
    ...(options.threads !== undefined && { threads: options.threads }),
    ...(options.model !== undefined && { model: options.model }),
    onMachine: ({ processor, features, cores, load, node, v8 }) => {
      terminal.say(
        `${processor} (${features.join(" ")}), ${cores} cores, load ${load.map((one) => one.toFixed(1)).join(" ")}, Node ${node}, V8 ${v8}`,
      );
      if ((load[0] ?? 0) > 0.5) terminal.note("something else runs on this machine: figures will be too low");
    },
    onPeer: (name, description) => say(`  ${name}: ${description}`),
    onSuite: (name, result, seconds) =>
      say(
        `\n${bold(`══ ${name}`)} ${dim(`(${duration(seconds)})`)}\n${"error" in result ? `failed: ${(terminal.verbose ? result.stack : undefined) ?? result.error}` : suiteText(result)}`,
      ),
    onProgress: (text) => terminal.status(text),
  }).finally(() => process.off("SIGINT", stop));
  say(dim(`\n${duration(run.seconds)}`));
  const regression = baseline === undefined ? undefined : compareRuns(baseline, run);
  if (regression !== undefined) terminal.say(`\n${tableText(regressionTable(regression))}`);
  const facts = regression === undefined ? run : { ...run, regression };
  if (options.jsonFile !== undefined) {
    await writeFileAtomic(options.jsonFile, `${JSON.stringify(facts, null, 1)}\n`);
    terminal.note(`figures: ${options.jsonFile}`);
  }
  if (options.html !== undefined) {
    const { benchReport } = await import("../report/bench-report.js");
    await writeFileAtomic(options.html, benchReport(run));
    terminal.note(`report: ${options.html}`);
  }
  if (terminal.json) terminal.result("", facts);
  const slower = regression?.changes.filter(({ verdict }) => verdict === "slower").length ?? 0;
  const failed = failures(run);
  for (const failure of failed) terminal.note(`failed: ${failure}`);
  if (slower > 0) terminal.note(`slower than before: ${slower}`);
  if (slower > 0 || failed.length > 0) throw new AlreadyTold();
}

function isOneOf<N extends string>(name: string, names: readonly N[]): name is N {
  return (names as readonly string[]).includes(name);
}

function known<N extends string>(kind: string, given: readonly string[], names: readonly N[], command: Command): N[] {
  return given.map((name) => {
    if (isOneOf(name, names)) return name;
    const near = closest(name, names);
    return command.error(
      `error: unknown ${kind} '${name}'${near === undefined ? "" : `\n(Did you mean ${near}?)`}\nThere are ${names.join(", ")}.`,
      { exitCode: 2 },
    );
  });
}

function peersOf(text: string, command: Command): PeerName[] {
  const names = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return text === "none" ? [] : known("peer", names, PEER_NAMES, command);
}

function failures({ suites }: Run): string[] {
  return Object.entries(suites).flatMap(([name, result]) =>
    "error" in result ? [`${name}: ${result.error}`] : (result.failures ?? []).map((text) => `${name}: ${text}`),
  );
}
