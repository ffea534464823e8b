/** What a user waits for before the first step: loading, creating an engine, compiling; in processes of their own, for the first time is what counts. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { mad, median } from "../measure/statistics.js";
import { childPath, packagePath } from "../paths.js";
import type { Comparison, SuiteContext, SuiteResult, Timing } from "../suite.js";
import { short } from "../text.js";

const PHASES = ["import", "createEngine", "compile", "firstStep"] as const;
type Phase = (typeof PHASES)[number];

/** Weighs what a page loads; a script of the repository, for it bundles with the repository's Vite. */
const SIZE_SCRIPT = packagePath("../../scripts/size.mjs");

interface PageFile {
  readonly name: string;
  readonly gzipped: number;
}

export async function run({ effort, yardstick, log }: SuiteContext): Promise<SuiteResult> {
  const runs: Record<Phase, number>[] = [];
  const yard: number[] = [];
  const starts = 2 * effort.rounds + 1;
  for (let i = 0; i < starts; i++) {
    log(`start ${i + 1} of ${starts}`);
    runs.push(JSON.parse((await promisify(execFile)(process.execPath, [childPath("startup")])).stdout) as Record<Phase, number>);
    yard.push(median(await yardstick.sample(6)));
  }
  const timings = Object.fromEntries(PHASES.map((phase) => [phase, timing(runs.map((one) => one[phase]))]));
  const comparison: Comparison = { name: "a fresh process", timings, yardstick: yard, ratios: {} };
  log("page");
  const notes: string[] = [];
  const files = await pageFiles().catch((error: Error) => {
    notes.push(`page: absent: ${error.message.split("\n")[0]}`);
    return undefined;
  });
  const gzipped = files?.reduce((sum, file) => sum + file.gzipped, 0);
  return {
    comparisons: [comparison],
    tables: [
      {
        title: "a fresh process, ms",
        header: ["", "median", "min", "MAD"],
        rows: Object.entries(timings).map(([phase, time]) => [phase, short(time.median), short(time.min), short(time.mad)]),
      },
      ...(files === undefined
        ? []
        : [
            {
              title: "what a page loads to train a network, bytes gzipped",
              header: ["file", "bytes"],
              rows: [...files.map(({ name, gzipped: bytes }) => [name, `${bytes}`]), ["together", `${gzipped}`]],
            },
          ]),
    ],
    figures: [
      { name: "createEngine", value: (timings["createEngine"] as Timing).median, goal: 40, unit: "ms", atLeast: false },
      { name: "compiling the training step", value: (timings["compile"] as Timing).median, goal: 30, unit: "ms", atLeast: false },
      ...(gzipped === undefined ? [] : [{ name: "page", value: gzipped / 1000, goal: 120, unit: "kB", atLeast: false }]),
    ],
    notes,
  };
}

function timing(rounds: readonly number[]): Timing {
  return { who: "tetrad", median: median(rounds), min: Math.min(...rounds), mad: mad(rounds), samples: rounds.length, rounds };
}

async function pageFiles(): Promise<readonly PageFile[]> {
  if (!existsSync(SIZE_SCRIPT)) throw new Error("it is weighed in a clone of the repository only");
  const { measurePage } = (await import(pathToFileURL(SIZE_SCRIPT).href)) as { measurePage(folder: string): Promise<readonly PageFile[]> };
  const folder = await mkdtemp(join(tmpdir(), "tetrad-size-"));
  try {
    return await measurePage(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
