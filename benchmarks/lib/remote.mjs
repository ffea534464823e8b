// A rival runs in a process of its own, so that neither its globals nor its garbage disturb another; here is our end of the line.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fromLine, toLine } from "./wire.mjs";

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @returns a rival with its description and `open(task, problem)`, which gives a contender, or undefined where the rival cannot do that
 * @throws Error when the process does not answer, with the last line of what it said
 */
export async function connect(command, args) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
  let complaints = "";
  const complain = (text) => {
    complaints += `${text}\n`;
  };
  child.on("error", (error) => complain(error.message));
  child.stdin.on("error", () => {}); // the end of its output tells the same
  child.stderr.on("data", complain);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (request) => {
    child.stdin.write(`${toLine(request)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(complaints.trim().split("\n").at(-1) || "the process ended");
    const answer = fromLine(value);
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.value;
  };
  const { name, describe } = await ask({ method: "describe" });
  return {
    describe,
    async open(task, problem) {
      const id = await ask({ method: "open", task, problem });
      if (id === null) return undefined;
      const { threads } = problem;
      return {
        name: threads === undefined ? name : `${name}, ${threads} thread${threads === 1 ? "" : "s"}`,
        sample: (milliseconds) => ask({ method: "sample", id, milliseconds }),
        result: () => ask({ method: "result", id }),
        close: () => ask({ method: "close", id }),
      };
    },
    close: () => child.stdin.end(),
  };
}
