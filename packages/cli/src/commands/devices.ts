/** `tetrad devices`: what this machine computes with, and why. */
import { Command } from "commander";
import { contextOf } from "../context.js";
import type { Io } from "../terminal.js";

export function devicesCommand(io: Io): Command {
  return new Command("devices")
    .description("show the processor, the backend and build chosen for it, and why")
    .option("--curve", "predict products of growing matrices on the CPU and on the GPU, and where the GPU becomes the faster one")
    .option("--measure", "measure the GPU now, whatever was kept of an earlier measurement; with the curve")
    .addHelpText("after", "\nExamples:\n  tetrad devices\n  tetrad devices --curve\n  tetrad devices --measure\n  tetrad devices --json")
    .action(async (options: { readonly curve?: boolean; readonly measure?: boolean }, command: Command) =>
      (await import("../actions/devices.js")).devicesAction(contextOf(command, io), options),
    );
}
