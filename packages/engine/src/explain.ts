/** `explain`: each launch with its shapes, bytes, FLOPs, measured time and share of the roofline, then memory. */

import type { Executable, LaunchTime } from "./backends/backend.js";
import { type Plan, tensorBytes } from "./plan/plan.js";
import { formatShape } from "./shape.js";
import type { Tensor } from "./tensor.js";

/** What the machine can do: the roof that launches are held against. */
export interface Machine {
  /** f32 operations per second of one thread, and bytes per second from memory. */
  readonly flopsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly describe: string;
}

/** The larger of compute time and memory time is the least a launch can take; a vector holds half as many f64 as f32. */
export function rooflineShare({ title, flops, bytes, microseconds }: LaunchTime, machine: Machine): number {
  const peak = /^\S+_f64\b/.test(title) ? machine.flopsPerSecond / 2 : machine.flopsPerSecond;
  const least = Math.max(flops / peak, bytes / machine.bytesPerSecond) * 1e6;
  return microseconds === 0 ? 0 : least / microseconds;
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] as string).length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 || i === 1 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number)))
      .join("  ")
      .trimEnd(),
  );
}

export function explainText(executable: Executable, times: readonly LaunchTime[], machine: Machine): string {
  const total = times.reduce((sum, { microseconds }) => sum + microseconds, 0);
  const rows = [
    ["launch", "output", "kFLOP", "KiB", "FLOP/B", "µs", "share", "roofline"],
    ...times.map((time) => [
      time.title.length > 60 ? `${time.title.slice(0, 57)}…` : time.title,
      time.shapes.length > 40 ? `${time.shapes.slice(0, 37)}…` : time.shapes,
      (time.flops / 1e3).toFixed(1),
      (time.bytes / 1024).toFixed(1),
      time.bytes === 0 ? "–" : (time.flops / time.bytes).toFixed(2),
      time.microseconds.toFixed(2),
      `${((100 * time.microseconds) / Math.max(total, 1e-9)).toFixed(0)} %`,
      `${(100 * rooflineShare(time, machine)).toFixed(0)} %`,
    ]),
  ];
  const flops = times.reduce((sum, time) => sum + time.flops, 0);
  const summary = `${times.length} launches, ${total.toFixed(1)} µs, ${(flops / 1e6).toFixed(3)} MFLOP, ${(flops / Math.max(total, 1e-9) / 1e3).toFixed(2)} GFLOP/s; ${executable.placement}; ${machine.describe}`;
  return [...columns(rows), summary, ...memoryLines(executable.plan)].join("\n");
}

/** Peak memory, and the values that fill it. */
function memoryLines(plan: Plan | undefined): string[] {
  if (plan === undefined) return [];
  const { bytes, lowerBound, offsets } = plan.placement;
  const { bytesKept } = plan;
  const named = (tensor: Tensor) =>
    `${tensor.label ?? tensor.node?.op.name ?? "copy"} ${tensor.dtype}${formatShape(tensor.shape)} ${kib(tensorBytes(tensor))}`;
  const largest = [...offsets.keys()].sort((a, b) => tensorBytes(b) - tensorBytes(a)).slice(0, 5);
  return [
    `memory between launches: ${kib(bytes)} (alive at once: ${kib(lowerBound)})${largest.length > 0 ? `; largest: ${largest.map(named).join(", ")}` : ""}`,
    ...(bytesKept === undefined ? [] : [`checkpoints save ${kib(bytesKept - bytes)} of ${kib(bytesKept)} by computing again`]),
  ];
}

function kib(bytes: number): string {
  return bytes < 2 ** 20 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
