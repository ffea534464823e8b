/**
 * A problem's launches in wasm memory, for any version of a kernel: every value has a region of its own between guard bands, so that a write
 * outside a value is seen on either side of it, and all versions work on the very same addresses.
 */
import { encode } from "../../engine/src/backends/wasm/encode.ts";
import { viewOf } from "../../engine/src/backends/wasm/segment.ts";
import { tensorBytes } from "../../engine/src/plan/plan.ts";
import { control } from "../src/index.ts";
import { GUARD, trespassOf } from "./guards.mjs";

const PATTERN = 0xa5;
/** Control words that hold a kernel's wish to stop. */
const STOP = control.STOP >> 2;

/** Names of all kernels that the launches call, strips of chains and bodies of loops among them. */
export function kernelsOf(launches) {
  const names = new Set();
  const note = (kernel) => {
    names.add(kernel);
    return 0;
  };
  encode(launches, { address: () => 0, slot: note, randomState: 0, maximum: () => 0 });
  return names;
}

export class Placed {
  #regions = new Map();
  #random;
  #control;

  constructor(runtime, problem) {
    this.runtime = runtime;
    this.problem = problem;
    this.#control = runtime.memory.i32(0, control.CONTROL_BYTES >> 2);
    this.#random = runtime.memory.allocate(16);
    runtime.memory.i32(this.#random, 4).fill(0);
    for (const tensor of [...problem.leaves.keys(), ...problem.outputs.map((output) => output.tensor)]) this.address(tensor);
    for (const [tensor, data] of problem.constants) this.view(tensor).set(data);
  }

  /** Address of a value; its region is made when it is first asked for. */
  address = (tensor) => {
    if (tensor.size === 0) return 0;
    const owner = this.problem.owner(tensor);
    let region = this.#regions.get(owner);
    if (region === undefined) {
      const bytes = tensorBytes(owner);
      const start = this.runtime.memory.allocate(bytes + 2 * GUARD);
      region = { start, bytes, tensor: owner };
      this.#regions.set(owner, region);
    }
    return region.start + GUARD;
  };

  view(tensor) {
    return viewOf(this.runtime.memory, tensor.dtype, this.address(tensor), tensor.size);
  }

  /** Words of some of the launches with kernels from `slotOf`. */
  load(launches, slotOf) {
    const { memory } = this.runtime;
    const { words, selfPointers } = encode(launches, { address: this.address, slot: slotOf, randomState: this.#random, maximum: () => 0 });
    const address = memory.allocate(words.length * 4);
    for (const index of selfPointers) words[index] += address;
    memory.i32(address, words.length).set(words);
    return { address, count: launches.length, release: () => memory.free(address) };
  }

  /** Leaves get their values, everything else and the guards the pattern. */
  plant() {
    const { memory } = this.runtime;
    for (const { start, bytes, tensor } of this.#regions.values()) {
      if (this.problem.constants.has(tensor)) {
        memory.u8(start, GUARD).fill(PATTERN);
        memory.u8(start + GUARD + bytes, GUARD).fill(PATTERN);
      } else memory.u8(start, bytes + 2 * GUARD).fill(PATTERN);
    }
    for (const [tensor, data] of this.problem.leaves) if (tensor.size > 0) this.view(tensor).set(data);
  }

  trespass() {
    const { memory } = this.runtime;
    return trespassOf(this.problem, this.#regions.values(), {
      pattern: PATTERN,
      u8: (at, length) => memory.u8(at, length),
      view: (tensor) => this.view(tensor),
      planted: (_, data) => data,
    });
  }

  run({ address, count }, steps, threads) {
    this.#control[STOP] = 0;
    this.runtime.runSync(address, count, steps, threads);
  }

  release() {
    const { memory } = this.runtime;
    for (const { start } of this.#regions.values()) memory.free(start);
    memory.free(this.#random);
  }
}
