/** A run: opens the peers, measures suite after suite, and gives everything as plain data. */
import { availableParallelism } from "node:os";
import { EFFORT } from "./measure/compare.js";
import { describeMachine, type MachineBlock } from "./measure/machine.js";
import { createYardstick } from "./measure/yardstick.js";
import { openPeer, type Peer, type PeerName } from "./peers/index.js";
import type { SuiteResult } from "./suite.js";
import { SUITES, type SuiteName } from "./suites/index.js";

/** Changes when a reader of old files would misunderstand new ones. */
export const FORMAT = 1;

export interface Run {
  readonly format: typeof FORMAT;
  readonly machine: MachineBlock;
  readonly loadAfter: readonly number[];
  readonly seconds: number;
  readonly suiteSeconds: Readonly<Record<string, number>>;
  readonly quick: boolean;
  readonly threads: readonly number[];
  /** Version and settings of each peer, or `absent: reason`. */
  readonly peers: Readonly<Record<string, string>>;
  readonly suites: Readonly<Record<string, SuiteResult | SuiteFailure>>;
}

/** A suite that measured nothing. */
export interface SuiteFailure {
  readonly error: string;
  readonly stack?: string;
}

export interface RunOptions {
  readonly suites: readonly SuiteName[];
  readonly against: readonly PeerName[];
  /** To see that everything works; its figures mean little. */
  readonly quick?: boolean;
  /** Thread counts to measure: 1 and this; the machine's cores unless told, two at most, for most peers gain nothing beyond. */
  readonly threads?: number;
  /** A language model's folder, for the suite "generate". */
  readonly model?: string;
  onMachine?(machine: MachineBlock): void;
  onPeer?(name: string, description: string): void;
  onSuite?(name: SuiteName, result: SuiteResult | SuiteFailure, seconds: number): void;
  /** What is being done now. */
  onProgress?(text: string): void;
}

export async function runBenchmarks({ suites, against, quick = false, threads, model, ...told }: RunOptions): Promise<Run> {
  const begin = performance.now();
  const machine = describeMachine();
  told.onMachine?.(machine);
  const most = threads ?? Math.min(2, availableParallelism());
  const counts = most === 1 ? [1] : [1, most];
  const log = (text: string): void => told.onProgress?.(text);
  const peers: Peer[] = [];
  const descriptions: Record<string, string> = {};
  const results: Record<string, SuiteResult | SuiteFailure> = {};
  const suiteSeconds: Record<string, number> = {};
  const yardstick = await createYardstick();
  try {
    for (const name of against) {
      log(`starting ${name}`);
      try {
        const peer = await openPeer(name, counts, log);
        peers.push(peer);
        descriptions[name] = peer.describe;
      } catch (error) {
        descriptions[name] = `absent: ${(error as Error).message.split("\n")[0]}`;
      }
      told.onPeer?.(name, descriptions[name] as string);
    }
    for (const name of suites) {
      const context = {
        peers,
        effort: quick ? EFFORT.quick : EFFORT.full,
        yardstick,
        threads: counts,
        ...(model !== undefined && { model }),
        log: (text: string) => log(`${name}: ${text}`),
      };
      const start = performance.now();
      const result = await SUITES[name]()
        .then(({ run }) => run(context))
        .catch(({ message, stack }: Error) => ({ error: message, ...(stack !== undefined && { stack }) }));
      results[name] = result;
      suiteSeconds[name] = (performance.now() - start) / 1000;
      told.onSuite?.(name, result, suiteSeconds[name] as number);
    }
  } finally {
    for (const peer of peers) peer.close();
    await yardstick.close();
  }
  return {
    format: FORMAT,
    machine,
    loadAfter: describeMachine().load,
    seconds: (performance.now() - begin) / 1000,
    suiteSeconds,
    quick,
    threads: counts,
    peers: descriptions,
    suites: results,
  };
}
