// The other end of remote.mjs for rivals written in JavaScript: node serve.mjs PEER answers until its input ends.
import { createInterface } from "node:readline";
import { fromLine, toLine } from "./wire.mjs";

// What libraries print must not be taken for answers.
console.log = console.error;
console.info = console.error;

const peer = import(`../peers/${process.argv[2]}.mjs`).then(({ open }) => open());
const contenders = [];

async function answer({ method, id, task, problem, milliseconds }) {
  const { name, describe, tasks } = await peer;
  switch (method) {
    case "describe":
      return { name, describe };
    case "open": {
      const contender = await tasks[task]?.(problem);
      return contender === undefined ? null : contenders.push(contender) - 1;
    }
    case "sample":
      return contenders[id].sample(milliseconds);
    case "result":
      return contenders[id].result();
    case "close":
      await contenders[id].close();
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
process.exit(0); // some rivals keep workers or timers that would hold the process
