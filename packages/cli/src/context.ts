/** What every command gets from the options that all commands share. The engine is loaded when it is needed, so that help and mistakes are answered at once. */
import type { BackendName, Engine } from "@tetrad/engine";
import type { Command } from "commander";
import { type Io, Terminal, type TerminalOptions } from "./terminal.js";

interface GlobalOptions extends TerminalOptions {
  readonly threads?: number;
  readonly backend?: BackendName;
}

export interface Context {
  readonly terminal: Terminal;
  /** Runs `work` with an engine as the options ask for, and closes it. */
  withEngine<T>(work: (engine: Engine) => Promise<T>): Promise<T>;
}

export function contextOf(command: Command, io: Io): Context {
  const options: GlobalOptions = command.optsWithGlobals();
  return {
    terminal: new Terminal(options, io),
    async withEngine(work) {
      const { createEngine } = await import("@tetrad/engine");
      const engine = await createEngine({
        ...(options.threads !== undefined && { threads: options.threads }),
        ...(options.backend !== undefined && { backend: options.backend }),
      });
      try {
        return await work(engine);
      } finally {
        engine.close();
      }
    },
  };
}
