/** The worker threads: their program, as source because it must start from a blob in a browser and by eval in Node, and how to start one. */

import { control } from "@tetrad/kernels-wasm";
import { clockOrigin } from "./clock.js";
import { isNode } from "./threads.js";

/** Values of JOB_KIND. */
export const JOB_RUN = 1;
/** As RUN; the last worker to finish posts a message, because nobody waits on memory. */
export const JOB_RUN_POST = 2;
/** Leave the wait loop and read the message that follows. */
export const JOB_LOAD = 3;
/** As RUN, with a stamp of the clock around every launch. */
export const JOB_TRACE = 4;

/** Words of a worker's own cache line: changed to wake it; 1 while it sleeps; its number in the job; messages it has obeyed, or −1. */
export const BELL = 0;
export const PARKED = 1;
export const THREAD = 2;
export const READY = 3;
export const LINE_BYTES = 64;

/** Bytes for the text of a trap: length, thread, then UTF-8. */
export const TRAP_BYTES = 512;

/** A module and the table slot of each of its exports. */
export interface LoadedModule {
  readonly module: WebAssembly.Module;
  readonly slots: readonly (readonly [name: string, slot: number])[];
}

export type ToWorker =
  | {
      readonly kind: "start";
      readonly memory: WebAssembly.Memory;
      readonly line: number;
      readonly trap: number;
      readonly modules: readonly LoadedModule[];
    }
  | { readonly kind: "load"; readonly modules: readonly LoadedModule[] }
  | ToSolitary;

interface Range {
  readonly address: number;
  readonly bytes: number;
}

/** To a worker with a memory of its own, see solitary.ts. */
export type ToSolitary =
  | { readonly kind: "prepare"; readonly modules: readonly LoadedModule[] }
  | {
      readonly kind: "compute";
      readonly pages: number;
      /** What the data holds, one range after another; those in front of `back` return. */
      readonly ranges: readonly Range[];
      readonly back: number;
      readonly data: ArrayBuffer;
      readonly job: readonly number[];
    };

export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly message: string; readonly trapped?: boolean }
  | { readonly kind: "computed"; readonly done: number; readonly data: ArrayBuffer };

/**
 * The program of a worker, plain JavaScript. After each message it sleeps on its bell, which costs nothing, and plays jobs;
 * for some tens of microseconds after a job it spins instead, so that the next step does not pay for waking it up.
 */
export const workerSource = `"use strict";
const port = typeof require === "function" ? require("node:worker_threads").parentPort : self;
let memory, words, bell, trap, seen, runSteps, runTraced;
const table = new WebAssembly.Table({ initial: 64, element: "anyfunc" });

let origin = 0;
const now = () => origin + performance.now();
const clockOrigin = ${clockOrigin};

function receive(message) {
  try {
    if (message.kind === "start") {
      memory = message.memory;
      words = new Int32Array(memory.buffer);
      bell = message.line >> 2;
      trap = message.trap;
      seen = Atomics.load(words, bell + ${BELL});
    }
    for (const { module, slots } of message.modules) load(module, slots);
    Atomics.add(words, bell + ${READY}, 1);
  } catch (error) {
    if (words) Atomics.store(words, bell + ${READY}, -1);
    port.postMessage({ kind: "failed", message: String(error && error.message || error) });
  }
  Atomics.notify(words, bell + ${READY});
  if (Atomics.load(words, bell + ${READY}) < 0) return;
  port.postMessage({ kind: "ready" });
  park();
}

// With a memory of its own, which the ranges are copied into and out of.
function compute({ pages, ranges, back, data, job }) {
  const have = memory.buffer.byteLength / 65536;
  if (pages > have) memory.grow(pages - have);
  const bytes = new Uint8Array(memory.buffer);
  const moved = new Uint8Array(data);
  let at = 0;
  for (const { address, bytes: length } of ranges) {
    bytes.set(moved.subarray(at, at + length), address);
    at += length;
  }
  const done = runSteps(...job);
  at = 0;
  for (const { address, bytes: length } of ranges.slice(0, back)) {
    moved.set(bytes.subarray(address, address + length), at);
    at += length;
  }
  port.postMessage({ kind: "computed", done, data }, [data]);
}

function alone(message) {
  try {
    memory = memory || new WebAssembly.Memory({ initial: 64, maximum: 65536, shared: true });
    if (message.kind === "compute") return compute(message);
    for (const { module, slots } of message.modules) load(module, slots);
  } catch (error) {
    port.postMessage({ kind: "failed", message: String(error && error.message || error), trapped: message.kind === "compute" });
  }
}

function load(module, slots) {
  const kernels = new WebAssembly.Instance(module, { env: { memory, table, now } }).exports;
  for (const [name, slot] of slots) {
    if (slot >= table.length) table.grow(Math.max(slot + 1 - table.length, table.length));
    table.set(slot, kernels[name]);
  }
  runSteps = kernels.run_steps || runSteps;
  if (kernels.run_traced) {
    runTraced = kernels.run_traced;
    origin = clockOrigin();
  }
}

function park() {
  for (let spins = 0; ; ) {
    while (Atomics.load(words, bell + ${BELL}) === seen) {
      if (spins-- > 0) continue;
      Atomics.store(words, bell + ${PARKED}, 1);
      Atomics.wait(words, bell + ${BELL}, seen);
      Atomics.store(words, bell + ${PARKED}, 0);
    }
    seen = Atomics.load(words, bell + ${BELL});
    const kind = Atomics.load(words, ${control.JOB_KIND >> 2});
    if (kind === ${JOB_LOAD}) return;
    play(kind);
    spins = Atomics.load(words, ${control.SPIN >> 2});
    if (Atomics.sub(words, ${control.JOB_PENDING >> 2}, 1) === 1) {
      if (kind === ${JOB_RUN_POST}) port.postMessage({ kind: "done" });
      else Atomics.notify(words, ${control.JOB_PENDING >> 2});
    }
  }
}

function play(kind) {
  const job = (address) => Atomics.load(words, address >> 2);
  const thread = Atomics.load(words, bell + ${THREAD});
  try {
    const all = [job(${control.JOB_PLAN}), job(${control.JOB_COUNT}), job(${control.JOB_STEPS}), thread, job(${control.JOB_THREADS})];
    if (kind === ${JOB_TRACE}) runTraced(...all, job(${control.JOB_CLOCK}), job(${control.JOB_STAMPS}));
    else runSteps(...all);
  } catch (error) {
    if (Atomics.compareExchange(words, ${control.ABORT >> 2}, ${control.ABORT_NONE}, ${control.ABORT_TRAPPED}) === ${control.ABORT_NONE}) {
      const text = new TextEncoder().encode(String(error && error.message || error)).slice(0, ${TRAP_BYTES - 8});
      new Uint8Array(memory.buffer, trap + 8, text.length).set(text);
      words[trap >> 2] = text.length;
      words[(trap >> 2) + 1] = thread;
    }
    Atomics.add(words, ${control.BARRIER_GENERATION >> 2}, 1);
    Atomics.notify(words, ${control.BARRIER_GENERATION >> 2});
  }
}

const obey = (message) => (message.kind === "prepare" || message.kind === "compute" ? alone(message) : receive(message));
if (port === globalThis.self) self.onmessage = ({ data }) => obey(data);
else port.on("message", obey);
`;

/** A worker does not start, or ended by itself: nothing that a kernel has done. */
export class NoWorker extends Error {}

/** What Node's and a browser's workers have in common. */
export interface WorkerHandle {
  post(message: ToWorker, transfer?: ArrayBuffer[]): void;
  listen(onMessage: (message: FromWorker) => void, onError: (error: unknown) => void): void;
  /** Whether the worker keeps a Node process alive. */
  keepAlive(keep: boolean): void;
  terminate(): Promise<void>;
}

/** A function that starts a worker, found beforehand so that starting one needs no waiting. `url`: where a page serves this package's worker.js from, if its policy forbids blobs. */
export async function workerStarter(url: string | URL | undefined): Promise<() => WorkerHandle> {
  if (isNode()) {
    // Not an import, which bundlers for browsers would follow.
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    return () => {
      // Flags of the process (loaders, inspectors) would only slow the start down.
      const worker = new Worker(workerSource, { eval: true, execArgv: [], name: "tetrad" });
      worker.unref();
      return {
        post: (message, transfer = []) => worker.postMessage(message, transfer),
        listen: (onMessage, onError) => {
          worker.on("message", onMessage);
          worker.on("error", onError);
          worker.on("exit", (code) => onError(new NoWorker(`the worker exited with code ${code}`)));
          // Listening for messages makes a worker count as work to wait for.
          worker.unref();
        },
        keepAlive: (keep) => (keep ? worker.ref() : worker.unref()),
        terminate: async () => void (await worker.terminate()),
      };
    };
  }
  return () => {
    const blob = url === undefined ? URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" })) : undefined;
    const worker = open(blob ?? (url as string | URL));
    return {
      post: (message, transfer = []) => worker.postMessage(message, transfer),
      listen: (onMessage, onError) => {
        worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
          if (blob !== undefined) URL.revokeObjectURL(blob);
          onMessage(data);
        };
        worker.onerror = (event) => onError(new NoWorker(event.message || `no worker starts from ${url ?? "a blob"}`));
      },
      keepAlive: () => {},
      terminate: async () => worker.terminate(),
    };
  };
}

/** Some browsers refuse at once what a policy forbids, others by an event. @throws NoWorker */
function open(url: string | URL): Worker {
  try {
    return new Worker(url, { name: "tetrad" });
  } catch (cause) {
    throw new NoWorker((cause as Error).message, { cause });
  }
}
