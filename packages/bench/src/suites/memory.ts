/** What a step allocates and leaves behind, how much memory a plan needs, and how much a whole process takes. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Garbage } from "../children/garbage.js";
import { withEngines } from "../own/engine.js";
import { mlpStep } from "../own/mlp.js";
import { childPath } from "../paths.js";
import { PEERS, type PeerName } from "../peers/index.js";
import { LARGE, type MlpNetwork, mlpProblem, ODD, SMALL } from "../problems/mlp.js";
import type { SuiteContext, SuiteResult } from "../suite.js";
import { short } from "../text.js";

const MIB = 2 ** 20;

export async function run({ peers, log }: SuiteContext): Promise<SuiteResult> {
  log("garbage of 100,000 steps");
  const garbage = (await runChild("garbage", ["--expose-gc"])) as Garbage;
  log("plans");
  const plans = await planMemory([SMALL, ODD, LARGE]);
  const notes: string[] = [];
  const footprints: [string, number][] = [];
  for (const network of [SMALL, LARGE]) {
    log(`process, ${network.name}`);
    footprints.push([`tetrad, ${network.name}`, (await runChild("footprint", [], JSON.stringify(network))) as number]);
    for (const peer of peers) {
      const label = PEERS[peer.name as PeerName].label;
      log(`process, ${network.name}, ${label}`);
      try {
        const bytes = await peer.peakBytes("mlp", mlpProblem(network));
        if (bytes !== undefined) footprints.push([`${label}, ${network.name}`, bytes]);
      } catch (error) {
        notes.push(`${label}, ${network.name}: absent: ${(error as Error).message.split("\n")[0]}`);
      }
    }
  }
  return {
    comparisons: [],
    tables: [
      {
        title: "a training step's plan, KiB",
        header: ["network", "between launches", "alive at once", "parameters"],
        rows: plans.map(({ name, bytes, lowerBound, parameters }) => [
          name,
          ...[bytes, lowerBound, parameters].map((x) => short(x / 1024)),
        ]),
      },
      {
        title: "most memory that a fresh process holds while it takes the first steps, one thread, MiB",
        header: ["", "MiB"],
        rows: footprints.map(([name, bytes]) => [name, (bytes / MIB).toFixed(0)]),
      },
    ],
    figures: [
      {
        name: "JavaScript allocated a step (its result, the clock)",
        value: garbage.bytesPerStep,
        goal: 8,
        unit: "bytes",
        atLeast: false,
      },
      { name: `heap growth over ${garbage.steps} steps`, value: garbage.heapGrowth / 1024, goal: 64, unit: "KiB", atLeast: false },
      { name: `wasm growth over ${garbage.steps} steps`, value: garbage.wasmGrowth, goal: 0, unit: "bytes", atLeast: false },
    ],
    notes,
  };
}

async function runChild(name: string, flags: readonly string[], ...args: readonly string[]): Promise<unknown> {
  return JSON.parse((await promisify(execFile)(process.execPath, [...flags, childPath(name), ...args])).stdout);
}

interface PlanMemory {
  readonly name: string;
  readonly bytes: number;
  readonly lowerBound: number;
  readonly parameters: number;
}

/** From the plan's own text, whose last line is `arena: N bytes (alive at once: M)`. */
async function planMemory(networks: readonly MlpNetwork[]): Promise<PlanMemory[]> {
  return withEngines([{ threads: 1 }], async ([own]) => {
    const { engine } = own as NonNullable<typeof own>;
    const found: PlanMemory[] = [];
    for (const network of networks) {
      const { params, inputs, loss, optimizer } = mlpStep(mlpProblem(network));
      const store = engine.store(params);
      const program = await engine.compile(store, inputs, loss, { optimizer });
      const [, bytes, lowerBound] = /arena: (\d+) bytes \(alive at once: (\d+)\)/.exec(program.planText()) ?? [];
      found.push({ name: network.name, bytes: Number(bytes), lowerBound: Number(lowerBound), parameters: store.bytes });
      program.close();
    }
    return found;
  });
}
