/** The CPU backend: hand-written SIMD kernels, one shared memory, as many threads as pay. */

import { type Build, supportsRelaxedSimd } from "@tetrad/kernels-wasm";
import type { DType } from "../../dtype.js";
import { TetradError } from "../../errors.js";
import type { Machine } from "../../explain.js";
import { deviceKey, readTuning, type Tuning, type TuningTable } from "../../tuning.js";
import type { Backend, CompileRequest, Executable, Segment } from "../backend.js";
import { calibrate } from "./calibrate.js";
import { WasmExecutable } from "./executable.js";
import { WasmRuntime } from "./runtime.js";
import { WasmSegment } from "./segment.js";
import { availableThreads } from "./threads.js";

export interface WasmOptions {
  readonly build?: Build;
  /** Exactly this many threads; by default each plan's own number is measured. */
  readonly threads?: number;
  /** Choices measured on this machine; a table of another one is ignored with a warning. */
  readonly tuning?: TuningTable | Tuning;
  /**
   * Address of this package's `worker.js` (`@tetrad/engine/worker.js`) on the page's own site, for pages whose Content-Security-Policy forbids workers
   * from blobs. Pages only.
   */
  readonly workerUrl?: string | URL;
  readonly onWarning?: (message: string) => void;
}

export class WasmBackend implements Backend {
  readonly name = "wasm";
  #machine: Machine | undefined;

  private constructor(
    readonly runtime: WasmRuntime,
    readonly build: Build,
    readonly why: string,
    private readonly fixedThreads: number | undefined,
    private readonly tuning: Tuning | undefined,
  ) {}

  static async create({ build, threads, tuning, workerUrl, onWarning }: WasmOptions): Promise<WasmBackend> {
    const relaxed = supportsRelaxedSimd();
    if (build === "relaxed" && !relaxed) {
      throw new TetradError("UNSUPPORTED", {
        op: "createEngine",
        what: "this platform has no relaxed SIMD",
        got: 'build "relaxed"',
        expected: '"baseline"',
        hint: "Node 22 or newer and recent browsers have it",
      });
    }
    if (threads !== undefined && (!Number.isInteger(threads) || threads < 1)) {
      throw new TetradError("ARGUMENT", { op: "createEngine", what: "threads must be a positive integer", got: `${threads}` });
    }
    const chosen = build ?? (relaxed ? "relaxed" : "baseline");
    const maxThreads = threads ?? availableThreads();
    const runtime = await WasmRuntime.create({ build: chosen, maxThreads, workerUrl, onWarning });
    const reason = build !== undefined ? "as asked" : relaxed ? "fused multiply-add is available" : "no relaxed SIMD here";
    return new WasmBackend(
      runtime,
      chosen,
      `wasm ${chosen} SIMD (${reason}), up to ${maxThreads} thread${maxThreads === 1 ? "" : "s"}`,
      threads,
      tuning && usable(tuning, chosen, onWarning),
    );
  }

  get threads(): number {
    return this.runtime.maxThreads;
  }

  allocate(dtype: DType, length: number): Segment {
    return new WasmSegment(this.runtime.memory, dtype, length);
  }

  async compile(request: CompileRequest): Promise<Executable> {
    const threads = request.threads ?? this.fixedThreads;
    return WasmExecutable.compile(this.runtime, threads === undefined ? request : { ...request, threads }, this.tuning);
  }

  async defineKernels(name: string, bytes: BufferSource): Promise<void> {
    await this.runtime.defineModule(name, bytes);
  }

  machine(): Machine {
    this.#machine ??= calibrate(this.runtime);
    return this.#machine;
  }

  /** A CPU is not lost. */
  async recover(): Promise<string> {
    return "the CPU";
  }

  close(): Promise<void> {
    return this.runtime.close();
  }
}

function usable(given: TuningTable | Tuning, build: Build, warn: ((message: string) => void) | undefined): Tuning | undefined {
  const { table, source } = "table" in given ? given : { table: given, source: "given table" };
  const checked = readTuning(table, deviceKey(build));
  if (typeof checked !== "string") return { table: checked, source };
  warn?.(`the tuning table (${source}) is ignored: ${checked}`);
  return undefined;
}
