// The rivals, and how to start each. TETRAD_PYTHON names the interpreter that has PyTorch where it is not python3.
import { fileURLToPath } from "node:url";
import { connect } from "../lib/remote.mjs";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const script = (name) => () => connect(process.execPath, [path("../lib/serve.mjs"), name]);
const python = process.env.TETRAD_PYTHON ?? (process.platform === "win32" ? "python" : "python3");

export const PEERS = {
  tfjs: script("tfjs"),
  async torch() {
    try {
      return { ...(await connect(python, [path("torch_peer.py")])), threads: [1, 2] };
    } catch (error) {
      throw new Error(`${error.message} (${python}; TETRAD_PYTHON may name another)`, { cause: error });
    }
  },
  jax: script("jax"),
  ort: script("ort"),
};

/**
 * A contender for each rival that can do the task, at each number of threads that it lets us choose.
 * @param {readonly Awaited<ReturnType<(typeof PEERS)["torch"]>>[]} peers
 * @param {string} task
 * @param {Record<string, unknown>} problem
 */
export async function openAll(peers, task, problem) {
  const contenders = [];
  for (const peer of peers) {
    for (const threads of peer.threads ?? [undefined]) {
      const contender = await peer.open(task, { ...problem, threads });
      if (contender !== undefined) contenders.push(contender);
    }
  }
  return contenders;
}
