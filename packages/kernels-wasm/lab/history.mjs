/** The laboratory's memory: which version of a kernel was how much faster, on which machine, and why. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";

const path = join(import.meta.dirname, "history.json");
/** A ratio whose 95 % interval lies above this is no accident of a few per cent that alignment and layout bring. */
export const FASTER = 1.03;
/** One shape may profit from what harms all others. */
export const FASTER_ON = 2;

/** @param {readonly { low: number }[]} races */
export function isFaster(races) {
  return races.filter(({ low }) => low > FASTER).length >= FASTER_ON;
}

export function readHistory() {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : [];
}

export function keep({ kernel, dtype, build, against, races, note, faster }) {
  const history = readHistory();
  const version = 1 + history.filter((entry) => entry.kernel === kernel).length;
  const round = (x) => Number(x.toPrecision(4));
  const entry = {
    kernel,
    version,
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    machine: `${cpus()[0]?.model.trim() ?? "unknown"}, ${availableParallelism()} cores, Node ${process.versions.node}`,
    dtype,
    build,
    against,
    faster,
    shapes: races.map(({ op, network, threads, ratio, low, high, rate, unit, share }) => ({
      op,
      network,
      threads,
      ratio: round(ratio),
      interval: [round(low), round(high)],
      rate: `${round(rate)} ${unit}`,
      share: round(share),
    })),
    note,
  };
  // Lists of numbers on one line, as the formatter has them.
  const text = JSON.stringify([...history, entry], null, 2).replace(
    /\[\s+([^[\]{}]+?)\s+\]/g,
    (_, list) => `[${list.split(/,\s+/).join(", ")}]`,
  );
  writeFileSync(`${path}.part`, `${text}\n`);
  renameSync(`${path}.part`, path);
  return entry;
}

/** The commit, and whether the working tree differs from it, as it does for a version that is yet to be committed. */
function commit() {
  const git = (...args) => execFileSync("git", args, { cwd: import.meta.dirname, encoding: "utf8" }).trim();
  return (
    git("rev-parse", "--short", "HEAD") +
    (git("status", "--porcelain", "--", "../assembly", "../../kernels-wgsl/shaders") === "" ? "" : " with changes")
  );
}
