/** The kernel laboratory: compile one file on save, prove it right, race it against the version to beat, look into its innermost loops. */
import "../../../scripts/typescript-sources.mjs";
import { existsSync, watch } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";

const HELP = `npm run lab -- <kernel> [options]

Compiles one kernel file whenever it or anything it imports is saved; checks it against the float64 reference at hostile shapes, between guard bands,
on 1 and 2 threads with equal bits; races it against the shipped kernel on shapes of real networks; shows the instructions of its innermost loops.

  <kernel>               family/file such as dense/gemm, or a file's or kernel's name that only one family has
  --once                 one turn, then exit: 0 when the kernel is right, 1 when it is not, 2 when called wrongly
  --against <version>    shipped (the last \`npm run build\`; default), HEAD or another commit, or a source file
  --candidate <file>     a source file to try in place of the one in assembly/
  --dtype f32|f64        default f32
  --build relaxed|baseline
  --threads <n>          of the race, default 1
  --rounds <n>           paired rounds of the race, default 25
  --shapes <text>        race only where op or network contains the text
  --no-race              check and instruction mix only
  --json                 one JSON value a turn on stdout
  --keep <note>          one turn, written to lab/history.json when the 95 % interval of the ratio lies above 1.03 on two shapes
  --keep-anyway          with --keep: write it whatever the ratio

Examples:
  npm run lab -- dense/gemm
  npm run lab -- softmax --dtype f64 --once
  npm run lab -- dense/gemm --against HEAD --shapes MiniLM --threads 2
  npm run lab -- gelu_erf --candidate /tmp/gelu_erf.ts --once --json
  npm run lab -- dense/gemm --keep "A panels packed in pairs: one load less per FMA"`;

const OPTIONS = {
  help: { type: "boolean", short: "h", default: false },
  once: { type: "boolean", default: false },
  against: { type: "string", default: "shipped" },
  candidate: { type: "string" },
  dtype: { type: "string", default: "f32" },
  build: { type: "string", default: "relaxed" },
  threads: { type: "string", default: "1" },
  rounds: { type: "string", default: "25" },
  shapes: { type: "string", default: "" },
  "no-race": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  keep: { type: "string" },
  "keep-anyway": { type: "boolean", default: false },
};
/** Editors write a file in several steps. */
const SETTLE_MS = 60;

process.exitCode = await main().catch((error) => {
  if (error.name !== "LabError" && !/^ERR_PARSE_ARGS/.test(error.code ?? "")) throw error;
  console.error(`lab: ${error.message}`);
  return 2;
});

async function main() {
  const { values: options, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  if (options.help || positionals.length === 0) {
    console.log(HELP);
    return options.help ? 0 : 2;
  }
  const { findTarget, LabError, watchedFiles } = await import("./target.mjs");
  const choice = (name, allowed) => {
    if (!allowed.includes(options[name])) throw new LabError(`--${name} must be ${allowed.join(" or ")}`);
  };
  choice("dtype", ["f32", "f64"]);
  choice("build", ["relaxed", "baseline"]);
  for (const name of ["threads", "rounds"])
    if (!/^[1-9]\d*$/.test(options[name])) throw new LabError(`--${name} must be a whole number above 0`);
  if (positionals.length > 1) throw new LabError(`one kernel at a time, not ${positionals.join(" and ")}`);
  if (options.candidate !== undefined && !existsSync(options.candidate)) throw new LabError(`there is no file ${options.candidate}`);
  if (options["keep-anyway"] && options.keep === undefined) throw new LabError("--keep-anyway needs --keep <note>");
  const target = findTarget(positionals[0], options.dtype);
  const { Session } = await import("./session.mjs");
  const session = await Session.open(target, options);
  try {
    const first = await turn(session, options);
    if (options.once || options.keep !== undefined) return first;
    await watchForever(
      () => (options.candidate === undefined ? watchedFiles(target) : [options.candidate]),
      () => turn(session, options),
    );
    return 0;
  } finally {
    await session.close();
  }
}

async function turn(session, options) {
  const { reportText } = await import("./report.mjs");
  const result = await session.turn();
  console.log(options.json ? JSON.stringify(result, null, 1) : reportText(result));
  if (options.keep === undefined) return result.right ? 0 : 1;
  const { keep, isFaster } = await import("./history.mjs");
  const faster = isFaster(result.races ?? []);
  if (!result.right || (!faster && !options["keep-anyway"])) {
    const why = result.right
      ? "its ratio's 95 % interval does not lie above 1.03 on two shapes (--keep-anyway writes it all the same)"
      : "it is not right";
    console.error(`lab: not kept: ${why}`);
    return 1;
  }
  const { target } = session;
  const { version } = keep({
    target,
    dtype: options.dtype,
    build: options.build,
    against: options.against,
    races: result.races,
    note: options.keep,
    faster,
  });
  console.error(`lab: kept as version ${version} of ${target.key} in lab/history.json`);
  return 0;
}

/** Runs `work` after each save, once more when a save fell into a run; the set of files is read anew, since imports change. */
async function watchForever(files, work) {
  let watchers = [];
  let wake;
  const listen = () => {
    for (const watcher of watchers) watcher.close();
    const watched = new Set(files());
    watchers = [...new Set([...watched].map(dirname))].map((folder) =>
      watch(folder, (_, name) => {
        if (name === null || [...watched].some((path) => path.endsWith(name))) wake?.();
      }),
    );
  };
  for (;;) {
    const changed = new Promise((resolve) => {
      wake = resolve;
    });
    listen();
    await changed;
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    await work();
  }
}
