/** The libraries that we measure ourselves against, and how each is started. TETRAD_PYTHON names the interpreter that has PyTorch. */
import { availableParallelism } from "node:os";
import type { Absent, Field } from "../measure/compare.js";
import type { Contender } from "../measure/contender.js";
import { packagePath } from "../paths.js";
import { ensureInstalled, type Installed } from "./install.js";
import { connect, type Launch, type Remote } from "./remote.js";
import { Spool } from "./wire.js";

interface PeerDefinition {
  /** As the tables show it. */
  readonly label: string;
  /** Undefined where nothing comes from npm. */
  readonly installed?: Installed;
  /** `chosen`: it runs with as many threads as we say; else the number that it always takes. */
  readonly threads: "chosen" | number;
  launch(threads: number): Launch;
  /** What to try where it does not start. */
  readonly hint?: string;
}

const python = process.env["TETRAD_PYTHON"] ?? (process.platform === "win32" ? "python" : "python3");

/** PyTorch's libraries choose by processor; each has a switch of its own. Wasm has 128-bit vectors, so AVX2 is the nearer measure than AVX-512. */
const AVX2 = {
  ATEN_CPU_CAPABILITY: "avx2",
  ONEDNN_MAX_CPU_ISA: "AVX2",
  MKL_CBWR: "AVX2",
  MKL_ENABLE_INSTRUCTIONS: "AVX2",
};

const script = (name: string) => (threads: number) => ({
  command: process.execPath,
  args: [packagePath("peers/serve.mjs"), name, `${threads}`],
});
const torch =
  (env: Readonly<Record<string, string>> = {}) =>
  (threads: number) => ({
    command: python,
    args: [packagePath("peers/torch_peer.py"), `${threads}`],
    env: { PYTHONDONTWRITEBYTECODE: "1", ...env },
  });
const torchHint = `${python} must have torch; TETRAD_PYTHON may name another interpreter`;

export const PEERS = {
  tfjs: {
    label: "tfjs wasm",
    installed: { folder: "peers", packages: ["@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm"] },
    threads: 1,
    launch: script("tfjs"),
  },
  jax: {
    label: "jax-js wasm",
    installed: { folder: "peers", packages: ["@jax-js/jax"] },
    threads: availableParallelism(),
    launch: script("jax"),
  },
  "tfjs-webgpu": {
    label: "tfjs webgpu",
    installed: { folder: "peers", packages: ["@tensorflow/tfjs", "@tensorflow/tfjs-backend-webgpu", "webgpu"] },
    threads: 1,
    launch: script("tfjs-webgpu"),
  },
  "jax-webgpu": {
    label: "jax-js webgpu",
    installed: { folder: "peers", packages: ["@jax-js/jax", "webgpu"] },
    threads: 1,
    launch: script("jax-webgpu"),
  },
  ort: {
    label: "ort web",
    installed: { folder: "peers", packages: ["onnxruntime-web"] },
    threads: "chosen",
    launch: script("ort"),
  },
  ortnode: {
    label: "ort node",
    installed: { folder: "peers", packages: ["onnxruntime-node"] },
    threads: "chosen",
    launch: script("ortnode"),
  },
  llama: {
    label: "llama.cpp",
    installed: { folder: "peers/llama", packages: ["node-llama-cpp"] },
    threads: "chosen",
    launch: script("llama/llama"),
  },
  torch: {
    label: "torch",
    threads: "chosen",
    launch: torch(),
    hint: torchHint,
  },
  "torch-avx2": {
    label: "torch avx2",
    threads: "chosen",
    launch: torch(AVX2),
    hint: torchHint,
  },
} as const satisfies Record<string, PeerDefinition>;

export type PeerName = keyof typeof PEERS;
export const PEER_NAMES = Object.keys(PEERS) as PeerName[];

/** Native ONNX Runtime and llama.cpp stay out unless asked for: one is a second C++ library, the other only decodes, and the run is long enough. */
export const DEFAULT_PEERS: readonly PeerName[] = ["tfjs", "tfjs-webgpu", "jax", "jax-webgpu", "ort", "torch", "torch-avx2"];

export interface Peer {
  readonly name: string;
  readonly describe: string;
  /** The peer's contender for each number of threads; none where it does not know the task. */
  open(task: string, problem: unknown, threads: readonly number[]): Promise<readonly Contender[]>;
  /** Most memory that a fresh process with one thread holds while it does the task once; undefined where it cannot. */
  peakBytes(task: string, problem: unknown): Promise<number | undefined>;
  close(): void;
}

/** Installs what is missing and starts one process for each number of threads. @throws Error with the reason why the peer is absent */
export async function openPeer(name: PeerName, threads: readonly number[], log: (text: string) => void): Promise<Peer> {
  const definition: PeerDefinition = PEERS[name];
  if (definition.installed !== undefined) await ensureInstalled(definition.installed, log);
  const spool = new Spool();
  const counts = definition.threads === "chosen" ? threads : [definition.threads];
  const start = async (count: number): Promise<Remote> => {
    try {
      return await connect(definition.launch(count), spool);
    } catch (error) {
      const { message } = error as Error;
      throw new Error(definition.hint === undefined ? message : `${message} (${definition.hint})`, { cause: error });
    }
  };
  const remotes = new Map<number, Remote>();
  for (const count of counts) remotes.set(count, await start(count));
  return {
    name,
    describe: ([...remotes.values()][0] as Remote).describe,
    async open(task, problem, wanted) {
      const contenders: Contender[] = [];
      for (const [count, remote] of remotes) {
        if (definition.threads === "chosen" && !wanted.includes(count)) continue;
        const id = await remote.open(task, problem);
        if (id !== null) contenders.push(contender(name, definition, count, remote, id));
      }
      return contenders;
    },
    async peakBytes(task, problem) {
      const remote = await start(1);
      try {
        const id = await remote.open(task, problem);
        if (id === null) return undefined;
        await remote.result(id);
        return await remote.peakBytes();
      } finally {
        remote.close();
      }
    },
    close() {
      for (const remote of remotes.values()) remote.close();
      spool.remove();
    },
  };
}

function contender(who: string, { label, threads }: PeerDefinition, count: number, remote: Remote, id: number): Contender {
  return {
    name: threads === "chosen" ? `${label}, ${threadsText(count)}` : label,
    who,
    threads: count,
    sample: (milliseconds) => remote.sample(id, milliseconds),
    result: () => remote.result(id),
    close: () => remote.closeTask(id),
  };
}

export function threadsText(count: number): string {
  return `${count} thread${count === 1 ? "" : "s"}`;
}

/** Contenders of all peers that can do the task; those that fail to open are named in `absent`. */
export async function openAll(peers: readonly Peer[], task: string, problem: unknown, threads: readonly number[]): Promise<Field> {
  const contenders: Contender[] = [];
  const absent: Absent = {};
  for (const peer of peers) {
    try {
      contenders.push(...(await peer.open(task, problem, threads)));
    } catch (error) {
      absent[PEERS[peer.name as PeerName].label] = (error as Error).message.split("\n")[0] as string;
    }
  }
  return { contenders, absent };
}
