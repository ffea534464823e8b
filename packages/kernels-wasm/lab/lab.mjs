/** The kernel laboratory: compile one file on save, prove it right, race it against the version to beat, look into its innermost loops. The same for shaders. */
import "../../../scripts/typescript-sources.mjs";
import { existsSync, watch } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";

const HELP = `npm run lab -- <kernel> [options]
npm run lab -- wgsl <shader or op> [options]

Compiles one kernel file whenever it or anything it imports is saved; checks it against the float64 reference at hostile shapes, between guard bands,
on 1 and 2 threads with equal bits; races it against the shipped kernel on shapes of real networks; shows the instructions of its innermost loops.
With wgsl the same for a shader, on the adapter that WebGPU finds: twice with equal bits, timed by the device's clock, with the variants that were compiled.

  <shader or op>         family/file of packages/kernels-wgsl/shaders such as norm/layer_norm or lib/exp, a file's name that only one family has, or an op
                         that has only one shader (the others are listed)
  <kernel>               family/file such as dense/gemm, or a file's or kernel's name that only one family has
  --once                 one turn, then exit: 0 when the kernel is right, 1 when it is not, 2 when called wrongly
  --against <version>    shipped (the last \`npm run build\`; default), HEAD or another commit, or a source file
  --candidate <file>     a source file to try in place of the one in assembly/
  --dtype f32|f64        default f32
  --build relaxed|baseline
  --threads <n>          of the race, default 1
  --gpu                  the variants that GPUs run, also where the adapter is a processor (wgsl)
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
  npm run lab -- wgsl softmax
  npm run lab -- wgsl dense/gemm_tiled --gpu --against HEAD --shapes MiniLM
  npm run lab -- dense/gemm --keep "A panels packed in pairs: one load less per FMA"`;

const OPTIONS = {
  help: { type: "boolean", short: "h", default: false },
  once: { type: "boolean", default: false },
  against: { type: "string", default: "shipped" },
  candidate: { type: "string" },
  dtype: { type: "string", default: "f32" },
  build: { type: "string", default: "relaxed" },
  threads: { type: "string", default: "1" },
  gpu: { type: "boolean", default: false },
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
  const { LabError } = await import("./target.mjs");
  const choice = (name, allowed) => {
    if (!allowed.includes(options[name])) throw new LabError(`--${name} must be ${allowed.join(" or ")}`);
  };
  choice("dtype", ["f32", "f64"]);
  choice("build", ["relaxed", "baseline"]);
  for (const name of ["threads", "rounds"])
    if (!/^[1-9]\d*$/.test(options[name])) throw new LabError(`--${name} must be a whole number above 0`);
  const shader = positionals[0] === "wgsl";
  const names = shader ? positionals.slice(1) : positionals;
  if (names.length !== 1) throw new LabError(names.length === 0 ? "which shader?" : `one kernel at a time, not ${names.join(" and ")}`);
  for (const name of shader ? ["dtype", "build", "threads"] : ["gpu"])
    if (options[name] !== OPTIONS[name].default) throw new LabError(`--${name} is for ${shader ? "kernels of the CPU" : "shaders"}`);
  if (options.candidate !== undefined && !existsSync(options.candidate)) throw new LabError(`there is no file ${options.candidate}`);
  if (options["keep-anyway"] && options.keep === undefined) throw new LabError("--keep-anyway needs --keep <note>");
  const { session, reportText, watchedFiles } = shader ? await openShader(names[0], options) : await openKernel(names[0], options);
  try {
    const first = await turn(session, reportText, options);
    if (options.once || options.keep !== undefined) return first;
    await watchForever(
      () => (options.candidate === undefined ? watchedFiles(session.target) : [options.candidate]),
      () => turn(session, reportText, options),
    );
    return 0;
  } finally {
    await session.close();
  }
}

async function openKernel(name, options) {
  const { findTarget, watchedFiles } = await import("./target.mjs");
  const { reportText } = await import("./report.mjs");
  const target = findTarget(name, options.dtype);
  const { Session } = await import("./session.mjs");
  const session = await Session.open(target, options);
  return { session, reportText, watchedFiles };
}

async function openShader(name, options) {
  const { watchedFiles } = await import("../../kernels-wgsl/lab/target.mjs");
  const { reportText } = await import("../../kernels-wgsl/lab/report.mjs");
  const { Session } = await import("../../kernels-wgsl/lab/session.mjs");
  const session = await Session.open(name, options);
  return { session, reportText, watchedFiles };
}

async function turn(session, reportText, options) {
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
  const { version } = keep({
    kernel: result.kernel,
    dtype: result.dtype,
    build: result.build,
    against: options.against,
    races: result.races,
    note: options.keep,
    faster,
  });
  console.error(`lab: kept as version ${version} of ${result.kernel} in lab/history.json`);
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
