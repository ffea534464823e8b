// The other end of src/peers/remote.ts for peers written in JavaScript: node serve.mjs PEER THREADS answers until its input ends.
import { createInterface } from "node:readline";
import { fromLine, toLine } from "../dist/peers/wire.js";

// What libraries print must not be taken for answers.
console.log = console.error;
console.info = console.error;

const [name, threads] = process.argv.slice(2);
const peer = import(`./${name}.mjs`).then(({ open }) => open(Number(threads)));
const tasks = [];

async function answer({ method, id, task, problem, milliseconds }) {
  const { describe, tasks: known } = await peer;
  switch (method) {
    case "describe":
      return describe;
    case "open": {
      const opened = await known[task]?.(problem);
      return opened === undefined ? null : tasks.push(opened) - 1;
    }
    case "sample":
      return tasks[id].sample(milliseconds);
    case "result":
      return tasks[id].result();
    case "peak":
      return process.resourceUsage().maxRSS * 1024; // it counts in KiB
    case "close":
      await tasks[id].close();
      tasks[id] = undefined;
      return null;
    default:
      throw new Error(`unknown request ${method}`);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const reply = await answer(fromLine(line)).then(
    (value) => ({ value }),
    (error) => ({ error: error.message }),
  );
  process.stdout.write(`${toLine(reply)}\n`);
}
process.exit(0); // some peers keep workers or timers that would hold the process
