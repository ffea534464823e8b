/**
 * A problem's launches on a device, for any version of a shader: every value has a buffer of its own between guard bands, so that a write outside a value is
 * seen on either side of it.
 */
import { encode } from "../../engine/src/backends/webgpu/encode.ts";
import { COPY_DST, COPY_SRC, MAP_MODE_READ, MAP_READ, STORAGE } from "../../engine/src/backends/webgpu/flags.ts";
import { replaySteps } from "../../engine/src/backends/webgpu/replay.ts";
import { deviceBytes, fromDevice, toDevice } from "../../engine/src/backends/webgpu/segment.ts";
import { hostArray } from "../../engine/src/dtype.ts";
import { GUARD, trespassOf } from "../../kernels-wasm/lab/guards.mjs";

/** Numbers that nobody wrote are NaN: sums do not hide them. */
const PATTERN = 0xff;

export class Placed {
  #regions = new Map();
  #places = new Map();
  /** The regions one behind the other, as the last run left them. */
  #memory = new ArrayBuffer(0);

  constructor(gpu, problem) {
    this.gpu = gpu;
    this.problem = problem;
    this.random = this.#buffer(16);
    for (const tensor of [...problem.leaves.keys(), ...problem.constants.keys(), ...problem.outputs.map((output) => output.tensor)])
      this.#of(tensor);
  }

  #buffer(size) {
    return this.gpu.device.createBuffer({ size, usage: STORAGE | COPY_DST | COPY_SRC });
  }

  #of(tensor) {
    const known = this.#places.get(tensor);
    if (known !== undefined) return known;
    const owner = this.problem.owner(tensor);
    let region = this.#regions.get(owner);
    if (region === undefined) {
      const bytes = deviceBytes(owner.dtype, owner.size);
      const start = [...this.#regions.values()].reduce((sum, other) => sum + other.bytes + 2 * GUARD, 0);
      region = { buffer: this.#buffer(bytes + 2 * GUARD), start, bytes, tensor: owner };
      this.#regions.set(owner, region);
    }
    return { buffer: region.buffer, offset: owner.dtype === "u8" ? GUARD : GUARD / 4 };
  }

  /** The launches, compiled with shaders of one version. @throws TetradError where one does not compile */
  async load(launches, shaders) {
    this.gpu.shaders = shaders;
    const scratch = [];
    const storage = {
      of: (tensor) => this.#of(tensor),
      has: () => true,
      isFree: () => false,
      bufferKey: (tensor) => this.#of(tensor).buffer,
      allocate: (size) => {
        const buffer = this.#buffer(size);
        scratch.push(buffer);
        return buffer;
      },
      colour: () => {},
      alias: (tensor, base, offset) => {
        const place = this.#of(base);
        this.#places.set(tensor, { buffer: place.buffer, offset: place.offset + offset });
      },
    };
    const { owner } = this.problem;
    const { steps } = await encode(launches, {
      gpu: this.gpu,
      storage,
      randomState: this.random,
      live: new Map(),
      storageOf: owner,
      kept: [],
    });
    return {
      steps,
      release() {
        for (const buffer of scratch) buffer.destroy();
      },
    };
  }

  /** Leaves and constants get their values, everything else and the guards the pattern. */
  plant() {
    const { queue } = this.gpu;
    for (const { buffer, bytes } of this.#regions.values()) queue.writeBuffer(buffer, 0, new Uint8Array(bytes + 2 * GUARD).fill(PATTERN));
    for (const [tensor, data] of [...this.problem.constants, ...this.problem.leaves])
      if (tensor.size > 0) queue.writeBuffer(this.#of(tensor).buffer, GUARD, toDevice(tensor.dtype, data));
  }

  /** Submits the steps and waits. */
  async run({ steps }) {
    const { device, queue } = this.gpu;
    const regions = [...this.#regions.values()];
    const size = regions.reduce((sum, { bytes }) => sum + bytes + 2 * GUARD, 0);
    const staging = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    replaySteps(pass, steps);
    pass.end();
    for (const { buffer, start, bytes } of regions) encoder.copyBufferToBuffer(buffer, 0, staging, start, bytes + 2 * GUARD);
    queue.submit([encoder.finish()]);
    await staging.mapAsync(MAP_MODE_READ);
    this.gpu.check();
    this.#memory = staging.getMappedRange().slice(0);
    staging.destroy();
  }

  view(tensor) {
    const values = hostArray(tensor.dtype, tensor.size);
    if (tensor.size > 0) fromDevice(tensor.dtype, this.#memory, this.#regions.get(this.problem.owner(tensor)).start + GUARD, values);
    return values;
  }

  trespass() {
    return trespassOf(this.problem, this.#regions.values(), {
      pattern: PATTERN,
      u8: (at, length) => new Uint8Array(this.#memory, at, length),
      view: (tensor) => this.view(tensor),
      planted: ({ dtype }, data) => toDevice(dtype, data),
    });
  }

  release() {
    this.random.destroy();
    for (const { buffer } of this.#regions.values()) buffer.destroy();
  }
}
