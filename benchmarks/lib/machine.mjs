// What a figure was measured on: without it no two figures can be compared.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from "node:os";

/** Instruction sets that decide the speed of 128-bit arithmetic and of native rivals. */
const FEATURES = ["sse4_1", "avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "amx_tile", "asimd", "asimddp", "sve"];

export function describeMachine() {
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown",
    features: features(),
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    load: loadavg(),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.versions.node,
    v8: process.versions.v8,
    commit: commit(),
    time: new Date().toISOString(),
  };
}

function features() {
  if (platform() !== "linux") return [];
  const line = readFileSync("/proc/cpuinfo", "utf8").match(/^(?:flags|Features)\s*:\s*(.*)$/m);
  const present = new Set(line?.[1].split(" "));
  return FEATURES.filter((name) => present.has(name));
}

/** Null where this is no Git checkout. */
function commit() {
  try {
    const options = { cwd: import.meta.dirname, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
    const changed = execFileSync("git", ["status", "--porcelain"], options).trim() !== "";
    return execFileSync("git", ["rev-parse", "HEAD"], options).trim() + (changed ? " with changes" : "");
  } catch {
    return null;
  }
}
