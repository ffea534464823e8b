/** What every command gets from the options that all commands share. The engine is loaded when it is needed, so that help and mistakes are answered at once. */
import type { BackendName, Engine } from "@tetrad/engine";
import type { Command } from "commander";
import { type Io, Terminal, type TerminalOptions } from "./terminal.js";
import { loadTuning } from "./tuning-cache.js";

interface GlobalOptions extends TerminalOptions {
  readonly threads?: number;
  readonly backend?: BackendName;
  readonly tuning?: string;
}

export interface Context {
  readonly terminal: Terminal;
  readonly env: Io["env"];
  /** Runs `work` with an engine as the options ask for, and closes it. */
  withEngine<T>(work: (engine: Engine) => Promise<T>): Promise<T>;
}

export function contextOf(command: Command, io: Io): Context {
  const options: GlobalOptions = command.optsWithGlobals();
  const terminal = new Terminal(options, io);
  return {
    terminal,
    env: io.env,
    async withEngine(work) {
      const { createEngine } = await import("@tetrad/engine");
      const tuning = await loadTuning(io.env, options.tuning, (text) => terminal.note(text));
      const engine = await createEngine({
        ...(tuning !== undefined && { tuning }),
        onWarning: (message) => terminal.note(`note: ${message}`),
        ...(options.threads !== undefined && { threads: options.threads }),
        ...(options.backend !== undefined && { backend: options.backend }),
      });
      try {
        return await work(engine);
      } finally {
        await engine.close();
      }
    },
  };
}
