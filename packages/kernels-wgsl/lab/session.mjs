/** One sitting at the laboratory with a shader: a device, the problems that reach it, and the version to beat. */
import { existsSync, readFileSync } from "node:fs";
import { calibrate } from "../../engine/src/backends/webgpu/calibrate.ts";
import { WebGpuDevice } from "../../engine/src/backends/webgpu/device.ts";
import { spansOf } from "../../engine/src/backends/webgpu/profile.ts";
import { check } from "../../kernels-wasm/lab/check.mjs";
import { hostileProblems, realProblems } from "../../kernels-wasm/lab/problems.mjs";
import { BURSTS, difference, FEWEST_ROUNDS, inTurns, rateOf, ratioOf } from "../../kernels-wasm/lab/race.mjs";
import { LabError } from "../../kernels-wasm/lab/target.mjs";
import { shipped } from "../src/index.ts";
import { Placed } from "./placed.mjs";
import { atCommit, dispatches, findTarget, workingTree } from "./target.mjs";

/** Runs of each case, on the one thread that the host has. */
const TWICE = [1, 1];
/** Compiling is what takes the time, so that fewer cases than a kernel of the CPU has are enough for a turn. */
const MOST_CASES = 60;
/** A problem is raced for so long. */
const RACE_MS = 4000;
/** From here on a burst is enough: what disturbs it is short beside it. */
const LONG_MS = 100;
/** What takes longer is not raced: nobody waits for eighteen of it. */
const TOO_LONG_MS = 1500;

export class Session {
  #calibration;
  #variants = new Map();

  static async open(name, options) {
    const session = new Session();
    session.options = options;
    session.gpu = await WebGpuDevice.open(options.gpu ? { serial: false, subgroup: 0 } : undefined).catch((error) => {
      throw error.code === "UNSUPPORTED" ? new LabError(error.message) : error;
    });
    try {
      session.target = findTarget(name, session.gpu.traits);
      session.#watchVariants();
      let problems = hostileProblems(session.target, "f32").filter(onGpu);
      session.ops = problems.length > 0 ? new Set(problems.map(({ op }) => op)) : allOps;
      // What only large operands reach is tried on those of networks.
      if (problems.length === 0) problems = session.#realProblems().filter(({ launches }) => flopsOf(launches) < MOST_CHECKED_FLOPS);
      if (problems.length === 0) throw new LabError(`no op's case and no optimiser runs ${session.target.key} on ${session.gpu.name}`);
      const stride = Math.max(1, problems.length / MOST_CASES);
      const tried = Array.from({ length: Math.min(problems.length, MOST_CASES) }, (_, i) => problems[Math.floor(i * stride)]);
      session.placed = tried.map((problem) => new Placed(session.gpu, problem));
      session.beaten = versionToBeat(session.target, options.against);
    } catch (error) {
      await session.close();
      throw error;
    }
    return session;
  }

  /** One turn: compile, check, race. A shader that is not right is not raced. */
  async turn() {
    const { target, options, gpu } = this;
    const about = { kernel: `${target.key}.wgsl`, dtype: "f32", build: gpu.name, against: options.against };
    const text = options.candidate === undefined ? undefined : readFileSync(options.candidate, "utf8");
    const candidate = workingTree(target, text);
    this.#variants.clear();
    const begin = performance.now();
    let checked;
    try {
      checked = await check(this.placed, candidate, TWICE, "in a second run");
    } catch (error) {
      if (error.code !== "INTERNAL") throw error;
      return { ...about, right: false, error: error.message };
    }
    const right = checked.failure === undefined;
    const variants = [...this.#variants.values()];
    const result = { ...about, right, checkMs: Math.round(performance.now() - begin), check: checked, variants };
    if (!right || options["no-race"]) return result;
    this.#calibration ??= await calibrate(gpu);
    const { flopsPerSecond, gemmFlopsPerSecond, bytesPerSecond } = this.#calibration;
    // A product that has been measured is a roof that can be reached, and may be higher than the probe's.
    const roof = { flops: () => Math.max(flopsPerSecond, gemmFlopsPerSecond), bytes: () => bytesPerSecond };
    result.roof = { gflops: roof.flops() / 1e9, gbytes: bytesPerSecond / 1e9 };
    result.races = [];
    for (const problem of this.#realProblems()) {
      const { op, name } = problem;
      if (!`${op} · ${name}`.includes(options.shapes)) continue;
      const raced = await this.#race(problem, candidate, roof);
      if (raced === undefined) continue;
      if (raced.different !== undefined) {
        result.right = false;
        result.check.failure = { op, case: name, where: raced.different };
        break;
      }
      result.races.push({ op, network: name, ...raced });
    }
    return result;
  }

  /** Of networks' shapes those that reach the target. */
  #realProblems() {
    this.real ??= realProblems(this.target, "f32", this.ops)
      .map(({ make }) => make())
      .filter((problem) => onGpu(problem) && this.target.reaches(problem));
    return this.real;
  }

  async close() {
    this.gpu.destroy();
  }

  /** Two versions of the problem's own launches in turns: A B, B A, A B, … */
  async #race(problem, candidate, roof) {
    const { gpu, target, options } = this;
    const placed = new Placed(gpu, problem);
    const loads = [];
    try {
      const results = [];
      for (const shaders of [this.beaten, candidate]) {
        const loaded = await placed.load(problem.launches, shaders);
        loads.push(loaded);
        placed.plant();
        await placed.run(loaded);
        results.push(problem.outputs.map(({ tensor }) => placed.view(tensor)));
      }
      const different = difference(problem, results[0], results[1]);
      if (different !== undefined) return { different };
      const versions = loads.map(({ steps }) => steps.filter(({ launch }) => dispatches(target, launch, gpu.traits)));
      const time = async (steps) => (await spansOf(gpu, steps)).reduce((sum, { begin, end }) => sum + end - begin, 0) / 1e6;
      const begin = performance.now();
      for (const steps of versions) await time(steps);
      const once = (performance.now() - begin) / 2;
      if (once > TOO_LONG_MS) return undefined;
      const bursts = once > LONG_MS ? 1 : BURSTS;
      const most = Math.floor(RACE_MS / (2 * bursts * once));
      const rounds = Math.min(Number(options.rounds), Math.max(FEWEST_ROUNDS, most));
      const times = await inTurns(versions, time, rounds, bursts);
      const own = problem.launches.filter((launch) => dispatches(target, launch, gpu.traits));
      const bytes = own.reduce((sum, launch) => sum + launch.bytes, 0);
      const work = { flops: flopsOf(own), bytes, footprint: bytes, ms: Math.min(...times.b) };
      return { ...rateOf(work, roof, "f32", 1), ...ratioOf(times) };
    } finally {
      for (const loaded of loads) loaded.release();
      placed.release();
    }
  }

  /** Notes with which constants the target is compiled, and what of a workgroup it takes. */
  #watchVariants() {
    const { gpu, target } = this;
    const pipeline = gpu.pipeline.bind(gpu);
    gpu.pipeline = (label, text, consts, integers) => {
      if (target.keys.some((key) => key.endsWith(`/${label}`))) {
        const constants = Object.entries(consts ?? {}).map(([name, value]) => `${name} ${value}`);
        this.#variants.set(constants.join(", "), { constants, workgroup: /@workgroup_size\(([^)]*)\)/.exec(text)?.[1] });
      }
      return pipeline(label, text, consts, integers);
    };
  }
}

/** The float64 reference is plain JavaScript. */
const MOST_CHECKED_FLOPS = 2e8;
const allOps = { has: () => true };

const flopsOf = (launches) => launches.reduce((sum, launch) => sum + launch.flops, 0);

/** WebGPU has no f64; state blocks, whose numbers it holds as f32, aside. */
function onGpu({ launches }) {
  return !launches.some(({ kernel }) => kernel.endsWith("_f64"));
}

function versionToBeat(target, against) {
  if (against === "shipped") return shipped;
  return existsSync(against) ? workingTree(target, readFileSync(against, "utf8")) : atCommit(against);
}
