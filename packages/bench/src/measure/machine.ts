/** What a figure was measured on: without it no two figures can be compared. */
import { execFileSync, type StdioOptions } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from "node:os";
import { packagePath } from "../paths.js";

/** Instruction sets that decide the speed of 128-bit arithmetic and of native peers. */
const FEATURES = ["sse4_1", "avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "amx_tile", "asimd", "asimddp", "sve"];

export interface MachineBlock {
  readonly processor: string;
  readonly features: readonly string[];
  readonly cores: number;
  readonly memoryGiB: number;
  /** Runnable processes on average over 1, 5 and 15 minutes. */
  readonly load: readonly number[];
  readonly system: string;
  readonly node: string;
  readonly v8: string;
  /** Null where this is no Git checkout. */
  readonly commit: string | null;
  readonly time: string;
}

export function describeMachine(): MachineBlock {
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

/** Why figures of these two machines cannot be compared, or undefined where they can. */
export function difference(a: MachineBlock, b: MachineBlock): string | undefined {
  for (const key of ["processor", "cores", "memoryGiB"] as const) if (a[key] !== b[key]) return `${key}: ${a[key]} and ${b[key]}`;
  const [left, right] = [a.features.join(" "), b.features.join(" ")];
  return left === right ? undefined : `features: ${left} and ${right}`;
}

function features(): string[] {
  if (platform() !== "linux") return [];
  const line = readFileSync("/proc/cpuinfo", "utf8").match(/^(?:flags|Features)\s*:\s*(.*)$/m);
  const present = new Set(line?.[1]?.split(" "));
  return FEATURES.filter((name) => present.has(name));
}

function commit(): string | null {
  try {
    const stdio: StdioOptions = ["ignore", "pipe", "ignore"];
    const options = { cwd: packagePath("."), encoding: "utf8", stdio } as const;
    const changed = execFileSync("git", ["status", "--porcelain"], options).trim() !== "";
    return execFileSync("git", ["rev-parse", "HEAD"], options).trim() + (changed ? " with changes" : "");
  } catch {
    return null; // no Git, or an installed package
  }
}
