/**
 * A problem's launches on a device, for any version of a shader: every value has a buffer of its own between guard bands, so that a write outside a value is
 * seen on either side of it.
 */
import { encode, replaySteps } from "../../engine/src/backends/webgpu/encode.ts";
import { COPY_DST, COPY_SRC, MAP_MODE_READ, MAP_READ, STORAGE } from "../../engine/src/backends/webgpu/flags.ts";
import { deviceBytes, fromDevice, toDevice } from "../../engine/src/backends/webgpu/segment.ts";
import { hostArray } from "../../engine/src/dtype.ts";

/** Bytes before and behind a value; a multiple of what vectors of four words are aligned to. */
const GUARD = 256;
/** Numbers that nobody wrote are NaN: sums do not hide them. */
const PATTERN = 0xff;

export class Placed {
  #regions = new Map();
  #places = new Map();
  #owned = [];

  constructor(gpu, problem) {
    this.gpu = gpu;
    this.problem = problem;
    this.random = this.#buffer(16);
    for (const tensor of [...problem.leaves.keys(), ...problem.constants.keys(), ...problem.outputs.map((output) => output.tensor)])
      this.#of(tensor);
  }

  #buffer(size) {
    const buffer = this.gpu.device.createBuffer({ size, usage: STORAGE | COPY_DST | COPY_SRC });
    this.#owned.push(buffer);
    return buffer;
  }

  #of(tensor) {
    const known = this.#places.get(tensor);
    if (known !== undefined) return known;
    const owner = this.problem.owner(tensor);
    let region = this.#regions.get(owner);
    if (region === undefined) {
      const bytes = deviceBytes(owner.dtype, owner.size);
      region = { buffer: this.#buffer(bytes + 2 * GUARD), bytes, tensor: owner };
      this.#regions.set(owner, region);
    }
    return { buffer: region.buffer, offset: owner.dtype === "u8" ? GUARD : GUARD / 4 };
  }

  /** The launches, compiled with shaders of one version. @throws TetradError where one does not compile */
  async load(launches, shaders) {
    this.gpu.shaders = shaders;
    const storage = {
      of: (tensor) => this.#of(tensor),
      has: () => true,
      isFree: () => false,
      bufferKey: (tensor) => this.#of(tensor).buffer,
      allocate: (size) => this.#buffer(size),
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
    return steps;
  }

  /** Leaves and constants get their values, everything else and the guards the pattern. */
  plant() {
    const { queue } = this.gpu;
    for (const { buffer, bytes } of this.#regions.values()) queue.writeBuffer(buffer, 0, new Uint8Array(bytes + 2 * GUARD).fill(PATTERN));
    for (const [tensor, data] of [...this.problem.constants, ...this.problem.leaves])
      if (tensor.size > 0) queue.writeBuffer(this.#of(tensor).buffer, GUARD, toDevice(tensor.dtype, data));
  }

  /** Submits the steps and waits; the outputs' values, and what is wrong with the memory around all values. */
  async run(steps) {
    const { device, queue } = this.gpu;
    const regions = [...this.#regions.values()];
    const staging = device.createBuffer({
      size: regions.reduce((sum, { bytes }) => sum + bytes + 2 * GUARD, 16),
      usage: MAP_READ | COPY_DST,
    });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    replaySteps(pass, steps);
    pass.end();
    const starts = new Map();
    let at = 0;
    for (const region of regions) {
      encoder.copyBufferToBuffer(region.buffer, 0, staging, at, region.bytes + 2 * GUARD);
      starts.set(region.tensor, at);
      at += region.bytes + 2 * GUARD;
    }
    queue.submit([encoder.finish()]);
    await staging.mapAsync(MAP_MODE_READ);
    this.gpu.check();
    const memory = staging.getMappedRange();
    const read = (tensor) => {
      const values = hostArray(tensor.dtype, tensor.size);
      if (tensor.size > 0) fromDevice(tensor.dtype, memory, starts.get(this.problem.owner(tensor)) + GUARD, values);
      return values;
    };
    const values = this.problem.outputs.map(({ tensor }) => read(tensor));
    const trespass = this.#trespass(memory, starts, read);
    staging.destroy();
    return { values, trespass };
  }

  #trespass(memory, starts, read) {
    for (const { bytes, tensor } of this.#regions.values()) {
      const start = starts.get(tensor);
      const name = `${tensor.label ?? tensor.node?.op.name ?? "a value"} ${tensor.dtype} [${tensor.shape.join(", ")}]`;
      const before = new Uint8Array(memory, start, GUARD).findLastIndex((byte) => byte !== PATTERN);
      if (before >= 0) return `byte ${before - GUARD} before ${name} was written`;
      const after = new Uint8Array(memory, start + GUARD + bytes, GUARD).findIndex((byte) => byte !== PATTERN);
      if (after >= 0) return `byte ${after + 1} past the end of ${name} was written`;
    }
    for (const [tensor, data] of this.problem.leaves) {
      if (tensor.size === 0 || this.problem.updated.has(tensor)) continue;
      const planted = toDevice(tensor.dtype, data);
      const at = read(tensor).findIndex((x, i) => !Object.is(x, planted[i]) && !(Number.isNaN(x) && Number.isNaN(planted[i])));
      if (at >= 0) return `element ${at} of the input ${tensor.label} [${tensor.shape.join(", ")}] was overwritten`;
    }
    return undefined;
  }

  release() {
    for (const buffer of this.#owned.splice(0)) buffer.destroy();
  }
}
