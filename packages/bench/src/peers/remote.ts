/** A peer runs in a process of its own, so that neither its globals nor its garbage disturb another; here is our end of the line. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fromLine, type Spool, toLine } from "./wire.js";

export interface Remote {
  /** Version and settings. */
  readonly describe: string;
  /** Number of the opened task, or null where the peer cannot do that. */
  open(task: string, problem: unknown): Promise<number | null>;
  sample(id: number, milliseconds: number): Promise<readonly number[]>;
  result(id: number): Promise<ArrayLike<number>>;
  /** Most memory that the process ever held, in bytes. */
  peakBytes(): Promise<number>;
  closeTask(id: number): Promise<unknown>;
  close(): void;
}

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** @throws Error when the process does not answer, with the last line of what it said */
export async function connect({ command, args, env = {} }: Launch, spool: Spool): Promise<Remote> {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } });
  let complaints = "";
  const complain = (text: unknown): void => {
    complaints += `${text}\n`;
  };
  child.on("error", (error) => complain(error.message));
  child.stdin.on("error", () => {}); // the end of its output tells the same
  child.stderr.on("data", complain);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async <T>(request: unknown): Promise<T> => {
    child.stdin.write(`${toLine(request, spool)}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error(complaints.trim().split("\n").at(-1) || "the process ended");
    const answer = fromLine(value) as { readonly value?: T; readonly error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.value as T;
  };
  const describe = await ask<string>({ method: "describe" });
  return {
    describe,
    open: (task, problem) => ask({ method: "open", task, problem }),
    sample: (id, milliseconds) => ask({ method: "sample", id, milliseconds }),
    result: (id) => ask({ method: "result", id }),
    peakBytes: () => ask({ method: "peak" }),
    closeTask: (id) => ask({ method: "close", id }),
    close: () => child.stdin.end(),
  };
}
