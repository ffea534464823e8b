/** One sitting at the laboratory: a runtime, a warm compiler, the problems of one kernel, and the version to beat. */
import { existsSync, readFileSync } from "node:fs";
import { chooseIntegerProducts, INTEGER_PRODUCTS } from "../../engine/src/backends/wasm/integer-products.ts";
import { WasmRuntime } from "../../engine/src/backends/wasm/runtime.ts";
import { moduleOf } from "../src/index.ts";
import { check } from "./check.mjs";
import { Compiler } from "./compiler.mjs";
import { instructionMix } from "./mix.mjs";
import { kernelsOf, Placed } from "./placed.mjs";
import { hostileProblems, realProblems } from "./problems.mjs";
import { race } from "./race.mjs";
import { Roof } from "./roof.mjs";
import { LabError, otherVersion } from "./target.mjs";

/** A kernel must give the same bits on any number of them. */
const THREADS = [1, 2];

export class Session {
  #versions = 0;
  #roof;
  #compiler = new Compiler();

  static async open(target, options) {
    const session = new Session();
    session.target = target;
    session.options = options;
    session.runtime = await WasmRuntime.create({ build: options.build, maxThreads: Math.max(2, Number(options.threads)) });
    // Both take about a second: the version to beat compiles while cases are traced.
    const beaten = session.#versionToBeat();
    beaten.catch(() => {});
    session.problems = hostileProblems(target, options.dtype);
    if (session.problems.length === 0)
      throw new LabError(`no op's case and no optimiser calls a kernel of ${target.key} in ${options.dtype}`);
    await session.#loadShipped(session.problems);
    session.placed = session.problems.map((problem) => new Placed(session.runtime, problem));
    session.beaten = await beaten;
    return session;
  }

  /** One turn: compile, check, look, race. A kernel that is not right is not raced. */
  async turn() {
    const { target, options, runtime } = this;
    const { dtype, build, against } = options;
    const about = { kernel: target.key, kernels: target.kernels, dtype, build, against };
    let compiled;
    try {
      const overlay = options.candidate === undefined ? {} : { [target.path]: readFileSync(options.candidate, "utf8") };
      compiled = await this.#define(`__v${++this.#versions}`, { overlay });
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      return { ...about, right: false, error: error.message };
    }
    const { slots, bytes, ms } = compiled;
    const checked = await check(this.placed, slots, THREADS, "than on one thread");
    const right = checked.failure === undefined;
    const mix = instructionMix(
      bytes,
      target.kernels.map((kernel) => `${kernel}__v${this.#versions}`),
    );
    const result = { ...about, right, compileMs: Math.round(ms), bytes: bytes.length, check: checked, mix };
    if (!right || options["no-race"]) return result;
    this.#roof ??= new Roof(runtime);
    const threads = Number(options.threads);
    result.roof = { gflops: this.#roof.flops(dtype, 1) / 1e9, gbytes: this.#roof.bytes(Number.POSITIVE_INFINITY) / 1e9 };
    result.races = [];
    const reached = new Set(this.problems.map(({ op }) => op));
    for (const { network, op, make } of realProblems(target, dtype, reached)) {
      if (!`${op} · ${network}`.includes(options.shapes)) continue;
      const problem = make();
      if (![...kernelsOf(problem.launches)].some((kernel) => target.kernels.includes(kernel))) continue;
      await this.#loadShipped([problem]);
      const raced = await race(
        runtime,
        this.#roof,
        { problem, target, dtype, threads, rounds: Number(options.rounds) },
        this.beaten,
        slots,
      );
      if (raced.different !== undefined) {
        result.right = false;
        result.check.failure = { op, case: network, threads, where: raced.different };
        break;
      }
      result.races.push({ op, network, ...raced });
    }
    return result;
  }

  async close() {
    await this.#compiler.close();
    await this.runtime.close();
  }

  /** Slots of all kernels with the target's own taken from a version under another suffix. */
  async #define(suffix, source) {
    const { target, runtime } = this;
    const { bytes, ms } = await this.#compiler.compile(target, this.options.build, suffix, source);
    await runtime.defineModule(`lab${suffix}`, bytes);
    const slots = (kernel) => runtime.slot(target.kernels.includes(kernel) ? kernel + suffix : kernel);
    return { slots, bytes, ms };
  }

  async #versionToBeat() {
    const { target, options, runtime } = this;
    if (options.against === "shipped") return (kernel) => runtime.slot(kernel);
    const source = otherVersion(target, options.against, existsSync(options.against));
    try {
      return (await this.#define("__against", source)).slots;
    } finally {
      source.dispose();
    }
  }

  /** Everything besides the target comes from the last build. */
  async #loadShipped(problems) {
    const kernels = new Set(["probe_fma", ...problems.flatMap(({ launches }) => [...kernelsOf(launches)])]);
    try {
      await this.runtime.ensure([...new Set([...kernels].map(moduleOf))]);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new LabError(`${error.message}; run \`npm run build\` first`);
    }
    // As the engine has them: else what is raced is not the way that runs here.
    if ([...kernels].some((kernel) => INTEGER_PRODUCTS.has(kernel))) chooseIntegerProducts(this.runtime);
  }
}
