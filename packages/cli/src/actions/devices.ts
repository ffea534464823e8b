/** The work of `tetrad devices`: what this machine computes with, and why. */
import { availableParallelism, cpus, totalmem } from "node:os";
import type { Curve } from "@tetrad/engine";
import type { Context } from "../context.js";
import { counted } from "../numbers.js";

export async function devicesAction(
  { terminal, withEngine }: Context,
  { curve: drawn = false, measure = false }: { readonly curve?: boolean; readonly measure?: boolean },
): Promise<void> {
  const { AutoBackend, BACKEND_NAMES, formatSeconds } = await import("@tetrad/engine");
  const { chosen, machine, curve } = await withEngine(async (engine) => ({
    chosen: engine.describe(),
    machine: await engine.backend.machine(),
    curve: (drawn || measure) && engine.backend instanceof AutoBackend ? await engine.backend.curve({ anew: measure }) : undefined,
  }));
  const facts = {
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    ...chosen,
    flopsPerSecondOneThread: machine.flopsPerSecond,
    bytesPerSecond: machine.bytesPerSecond,
    backends: BACKEND_NAMES,
    ...(curve !== undefined && { curve }),
  };
  const gpuLine =
    curve === undefined
      ? []
      : [`gpu        ${typeof curve.gpu === "string" ? `none: ${curve.gpu}` : ratesLine(curve.gpu)}`, ...curveLines(curve, formatSeconds)];
  const text = [
    `processor  ${facts.processor}, ${facts.cores} cores, ${(facts.memoryBytes / 2 ** 30).toFixed(1)} GiB, ${facts.platform}`,
    `runtime    Node ${facts.node}`,
    `backend    ${chosen.backend}, build ${chosen.build}, up to ${counted(chosen.threads, "thread")}`,
    `why        ${chosen.why}`,
    `measured   ${(machine.flopsPerSecond / 1e9).toFixed(1)} GFLOP/s on one thread (float32), ${(machine.bytesPerSecond / 1e9).toFixed(1)} GB/s`,
    ...gpuLine,
    `others     --backend reference: slow float64 arithmetic in TypeScript, for checking results`,
  ].join("\n");
  terminal.result(text, facts);
}

/** The adapter, what it does, and since when that is known. */
function ratesLine({ name, gemmFlopsPerSecond, bytesPerSecond, measured, fromCache }: Exclude<Curve["gpu"], string>): string {
  const when = fromCache ? `measured ${measured.slice(0, 10)} (cache; --measure measures anew)` : "measured now";
  return `${name}: ${(gemmFlopsPerSecond / 1e9).toPrecision(3)} GFLOP/s in products, ${(bytesPerSecond / 1e9).toPrecision(3)} GB/s, ${when}`;
}

/** One line a size, then where the two cross. */
function curveLines({ points, crossing, gpu }: Curve, seconds: (seconds: number) => string): string[] {
  if (typeof gpu === "string") return [];
  const rows = points.map(
    ({ n, cpuSeconds, gpuSeconds }) =>
      `  ${String(n).padStart(5)}  ${seconds(cpuSeconds).padStart(8)}  ${seconds(gpuSeconds as number).padStart(8)}`,
  );
  const end = crossing === undefined ? "the CPU is faster at every size" : `the GPU is faster from n = ${crossing} on`;
  return ["curve      product of two n × n matrices, predicted", "      n       cpu       gpu", ...rows, `  ${end}`];
}
