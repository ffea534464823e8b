// What a user waits for before the first step: loading, creating an engine, compiling; in processes of their own, for the first time is what counts.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { measurePage } from "../../scripts/size.mjs";
import { goalLine, short, table } from "../lib/report.mjs";
import { mad, median } from "../lib/statistics.mjs";

const PHASES = ["import", "createEngine", "compile", "firstStep"];
const child = fileURLToPath(new URL("../lib/startup-child.mjs", import.meta.url));

export async function run({ effort, log }) {
  log("startup");
  const runs = [];
  for (let i = 0; i < 2 * effort.rounds + 1; i++) runs.push(JSON.parse((await promisify(execFile)(process.execPath, [child])).stdout));
  const times = Object.fromEntries(
    PHASES.map((phase) => {
      const all = runs.map((run) => run[phase]);
      return [phase, { median: median(all), min: Math.min(...all), mad: mad(all), rounds: all }];
    }),
  );
  log("page");
  const folder = await mkdtemp(join(tmpdir(), "tetrad-size-"));
  const files = await measurePage(folder);
  await rm(folder, { recursive: true });
  const gzipped = files.reduce((sum, file) => sum + file.gzipped, 0);
  return { times, files, gzipped, text: describe(times, files, gzipped) };
}

function describe(times, files, gzipped) {
  return [
    "a fresh process, ms",
    table([
      ["", "median", "min", "MAD"],
      ...Object.entries(times).map(([phase, { median, min, mad }]) => [phase, short(median), short(min), short(mad)]),
    ]),
    "",
    "what a page loads to train a network, bytes gzipped",
    table([["file", "bytes"], ...files.map(({ name, gzipped }) => [name, `${gzipped}`]), ["together", `${gzipped}`]]),
    "",
    goalLine({ name: "createEngine", value: times.createEngine.median, goal: 40, unit: "ms" }),
    goalLine({ name: "compiling the training step", value: times.compile.median, goal: 30, unit: "ms" }),
    goalLine({ name: "page", value: gzipped / 1000, goal: 120, unit: "kB" }),
  ].join("\n");
}
