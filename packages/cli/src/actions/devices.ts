/** The work of `tetrad devices`: what this machine computes with, and why. */
import { availableParallelism, cpus, totalmem } from "node:os";
import type { Context } from "../context.js";

export async function devicesAction({ terminal, withEngine }: Context): Promise<void> {
  const { BACKEND_NAMES } = await import("@tetrad/engine");
  const { chosen, machine } = await withEngine(async (engine) => ({ chosen: engine.describe(), machine: await engine.backend.machine() }));
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
  };
  const text = [
    `processor  ${facts.processor}, ${facts.cores} cores, ${(facts.memoryBytes / 2 ** 30).toFixed(1)} GiB, ${facts.platform}`,
    `runtime    Node ${facts.node}`,
    `backend    ${chosen.backend}, build ${chosen.build}, up to ${chosen.threads} thread${chosen.threads === 1 ? "" : "s"}`,
    `why        ${chosen.why}`,
    `measured   ${(machine.flopsPerSecond / 1e9).toFixed(1)} GFLOP/s on one thread (float32), ${(machine.bytesPerSecond / 1e9).toFixed(1)} GB/s`,
    `others     --backend reference: slow float64 arithmetic in TypeScript, for checking results`,
  ].join("\n");
  terminal.result(text, facts);
}
