/** Launches to dispatches: shaders composed and compiled, operands bound, words written; a step then replays the list. */

import { families, familyOf, type Kernel, type LaunchShape, librariesOf, loadShader, passesOf, WORKGROUP } from "@tetrad/kernels-wgsl";
import { TetradError } from "../../errors.js";
import type { Count, Operand, Scalar } from "../../op.js";
import type { Chain, Launch } from "../../plan/plan.js";
import { formatSite } from "../../site.js";
import type { Tensor } from "../../tensor.js";
import { type ChainShader, type ChainWord, chainShader, refuseF64, valuesOf, wgslType } from "./chain-shader.js";
import type { Compiled, WebGpuDevice } from "./device.js";
import { COPY_DST, UNIFORM } from "./flags.js";
import { splitChain } from "./split.js";
import type { Place, Storage } from "./storage.js";

/** One dispatch, ready to be replayed. */
export interface Dispatch {
  readonly launch: Launch;
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  /** Workgroups along x and y; they follow the live lengths of bounded axes. */
  x: number;
  y: number;
}

/** Dispatches in order; a loop repeats its own. */
export type Step = Dispatch | { readonly launch: Launch; readonly turns: number; readonly body: readonly Step[] };

/** A word that follows a live length, and where it stands. */
interface LiveWord {
  readonly axis: string;
  readonly times: number;
  readonly byteOffset: number;
}

export interface Replay {
  readonly steps: readonly Step[];
  /** Rewrites what follows the live length of a bounded axis. */
  setLive(axis: string, length: number): void;
  /** Some kernel reports indices out of range in this buffer's first word. */
  readonly fault: GPUBuffer | undefined;
}

/** Alignment of uniform slices and of storage ranges (bytes), the largest that WebGPU allows a device to ask for. */
const ALIGNMENT = 256;
const SLICE_WORDS = ALIGNMENT / 4;
const MOST_GROUPS = 65535;

export interface EncodeContext {
  readonly gpu: WebGpuDevice;
  readonly storage: Storage;
  readonly randomState: GPUBuffer;
  readonly live: ReadonlyMap<string, number>;
  /** The place that stands for a value; another value's where they share one. */
  storageOf(tensor: Tensor): Tensor;
  kept: readonly Tensor[];
}

/** A part of the plan before storage is given out. */
type Piece =
  | { readonly kind: "chain"; readonly launch: Launch; readonly chain: Chain }
  | {
      readonly kind: "kernel";
      readonly launch: Launch;
      readonly chain: Chain | undefined;
      readonly kernel: Kernel;
      readonly family: keyof typeof families;
    }
  | { readonly kind: "loop"; readonly launch: Launch; readonly body: readonly Piece[] };

export async function encode(launches: readonly Launch[], context: EncodeContext): Promise<Replay> {
  const encoder = new Encoder(context);
  return encoder.run(launches);
}

class Encoder {
  readonly #uniforms: { bytes: DataView; offset: number }[] = [];
  readonly #liveWords: LiveWord[] = [];
  readonly #grids: { dispatch: Dispatch; groups: () => number }[] = [];
  readonly #live: Map<string, number>;
  #uniformBytes = 0;
  #uniformBuffer: GPUBuffer | undefined;
  #fault: GPUBuffer | undefined;

  constructor(private readonly context: EncodeContext) {
    this.#live = new Map(context.live);
  }

  async run(launches: readonly Launch[]): Promise<Replay> {
    const { storage, gpu } = this.context;
    const pieces = launches.flatMap((launch) => this.#pieces(launch));
    storage.colour(this.#lives(pieces));
    this.#aliasBodies(pieces);
    const plans = await Promise.all(pieces.map((piece) => this.#prepare(piece)));
    this.#uniformBuffer = gpu.device.createBuffer({
      size: Math.max(this.#uniformBytes, ALIGNMENT),
      usage: UNIFORM | COPY_DST,
    });
    for (const { bytes, offset } of this.#uniforms) gpu.queue.writeBuffer(this.#uniformBuffer, offset, bytes.buffer as ArrayBuffer);
    const steps = plans.flatMap((make) => make());
    return {
      steps,
      fault: this.#fault,
      setLive: (axis, length) => {
        this.#live.set(axis, length);
        for (const word of this.#liveWords)
          if (word.axis === axis)
            gpu.queue.writeBuffer(this.#uniformBuffer as GPUBuffer, word.byteOffset, Uint32Array.of(length * word.times));
        for (const { dispatch, groups } of this.#grids) fold(dispatch, groups());
      },
    };
  }

  #pieces(launch: Launch): Piece[] {
    const { storage } = this.context;
    const limit = this.context.gpu.device.limits.maxStorageBuffersPerShaderStage;
    const key = (tensor: Tensor) => storage.bufferKey(tensor);
    if (launch.body !== undefined) {
      const { body } = launch;
      return [{ kind: "loop", launch, body: body.launches.flatMap((inner) => this.#pieces(inner)) }];
    }
    const { chain } = launch;
    if (chain !== undefined) refuseF64(valuesOf(chain), chain.ops[0]?.node);
    if (chain !== undefined && launch.kernel.startsWith("ew_"))
      return splitChain(chain, limit, key).map((part) => ({ kind: "chain" as const, launch, chain: part }));
    const name = launch.kernel.replace(/_f32$/, "");
    const family = familyOf(name);
    if (family === undefined || launch.kernel.endsWith("_f64")) {
      const node = launch.nodes[0];
      throw new TetradError("UNSUPPORTED", {
        op: node?.op.name ?? launch.kernel,
        what: launch.kernel.endsWith("_f64") ? "WebGPU has no f64" : `WebGPU has no kernel ${launch.kernel}`,
        at: node && formatSite(node.site),
        hint: 'use backend "wasm"',
      });
    }
    const kernel = (families[family] as Readonly<Record<string, Kernel>>)[name] as Kernel;
    const { eachInput } = kernel;
    if (eachInput !== undefined) {
      return launch.inputs.map((input, i) => ({
        kind: "kernel" as const,
        launch: { ...launch, inputs: [input], scalars: eachInput(launch.scalars, i) },
        chain: undefined,
        kernel,
        family,
      }));
    }
    if (chain === undefined) return [{ kind: "kernel", launch, chain, kernel, family }];
    // What an epilogue may bind besides the kernel's inputs and its product.
    const [head, ...tail] = splitChain(chain, limit, key, launch.inputs.length + 1);
    if (head === undefined) {
      return [
        { kind: "kernel", launch, chain: undefined, kernel, family },
        ...splitChain(chain, limit, key).map((part) => ({ kind: "chain" as const, launch, chain: part })),
      ];
    }
    return [
      { kind: "kernel", launch, chain: head, kernel, family },
      ...tail.map((part) => ({ kind: "chain" as const, launch, chain: part })),
    ];
  }

  /** The kernel's own outputs: those in front of its chain's. */
  #ownOutputs(launch: Launch): readonly Tensor[] {
    return launch.chain === undefined ? launch.outputs : launch.outputs.slice(0, launch.outputs.length - launch.chain.outputs.length);
  }

  #touched(piece: Piece): Tensor[] {
    if (piece.kind === "loop")
      return [
        ...piece.launch.outputs,
        ...piece.launch.inputs.map(({ base }) => base),
        ...piece.body.flatMap((inner) => this.#touched(inner)),
      ];
    const chain = piece.chain;
    const chained =
      chain === undefined ? [] : [...chain.inputs.map(({ operand }) => operand.base), ...chain.outputs.map(({ tensor }) => tensor)];
    if (piece.kind === "chain") return chained;
    return [...this.#ownOutputs(piece.launch), ...piece.launch.inputs.map(({ base }) => base), ...chained];
  }

  #lives(pieces: readonly Piece[]): { tensor: Tensor; first: number; last: number }[] {
    const { storage, kept } = this.context;
    const lives = new Map<Tensor, { tensor: Tensor; first: number; last: number }>();
    const bound = new Set<Tensor>();
    const collect = (list: readonly Piece[]): void => {
      for (const piece of list) {
        if (piece.kind !== "loop") continue;
        for (const leaf of piece.launch.body?.bindings.keys() ?? []) bound.add(leaf);
        // The arena of a body is for backends that place it themselves.
        if (piece.launch.body !== undefined) bound.add(piece.launch.body.arena);
        collect(piece.body);
      }
    };
    collect(pieces);
    pieces.forEach((piece, i) => {
      for (const tensor of this.#touched(piece)) {
        if (!storage.isFree(tensor) || bound.has(tensor)) continue;
        const life = lives.get(tensor);
        if (life === undefined) lives.set(tensor, { tensor, first: i, last: i });
        else life.last = i;
      }
    });
    for (const tensor of kept) {
      const life = lives.get(tensor);
      if (life !== undefined) life.last = pieces.length;
    }
    return [...lives.values()];
  }

  #aliasBodies(pieces: readonly Piece[]): void {
    for (const piece of pieces) {
      if (piece.kind !== "loop") continue;
      for (const [leaf, operand] of piece.launch.body?.bindings ?? []) this.context.storage.alias(leaf, operand.base, operand.offset);
      this.#aliasBodies(piece.body);
    }
  }

  async #prepare(piece: Piece): Promise<() => Step[]> {
    if (piece.kind === "loop") return this.#prepareLoop(piece);
    if (piece.kind === "chain") return this.#prepareChain(piece.launch, piece.chain);
    return this.#prepareKernel(piece);
  }

  async #prepareLoop({ launch, body }: Extract<Piece, { kind: "loop" }>): Promise<() => Step[]> {
    const [, length, reverse] = launch.scalars as [number, number, number];
    const index = launch.outputs[0] as Tensor;
    const first = await this.#prepareWords("loop_index", [this.context.storage.of(index)], [reverse === 1 ? length - 1 : 0, 0], launch);
    const next = await this.#prepareWords("loop_index", [this.context.storage.of(index)], [reverse === 1 ? -1 : 1, 1], launch);
    const inner = await Promise.all(body.map((piece) => this.#prepare(piece)));
    return () => [...first(), { launch, turns: length, body: [...inner.flatMap((make) => make()), ...next()] }];
  }

  /** A kernel of the run's own, over places instead of values. */
  async #prepareWords(
    name: "copy_words" | "loop_index",
    places: readonly Place[],
    words: readonly number[],
    launch: Launch,
  ): Promise<() => Step[]> {
    const text = await loadShader("core", name);
    const compiled = await this.#compile(name, text, {});
    const uniform = this.#uniform([...places.map(({ offset }) => offset), ...words].map((value) => ({ kind: "whole" as const, value })));
    const [{ groups: groupsOf }] = families.core[name].passes;
    const groups = groupsOf({ outputs: [], inputs: [], words });
    return () => {
      const entries = compiled.bindings.map(({ number }) =>
        number === 0
          ? { binding: 0, resource: this.#slice(uniform) }
          : { binding: number, resource: { buffer: (places[number - 1] as Place).buffer } },
      );
      return [this.#dispatch(launch, compiled, entries, () => groups)];
    };
  }

  async #prepareChain(launch: Launch, chain: Chain): Promise<() => Step[]> {
    const buffers = this.#chainBuffers(chain, undefined, 1);
    const shader = chainShader(chain, (tensor) => buffers.nameOf(tensor), undefined);
    const text = [
      `@group(0) @binding(0) var<uniform> chain: array<vec4<u32>, ${Math.ceil(shader.words.length / 4)}>;`,
      ...buffers.declarations,
      ...(shader.random ? [`@group(0) @binding(${buffers.next}) var<storage, read> random_state: array<u32>;`] : []),
      "@compute @workgroup_size(64)",
      "fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {",
      "  let i = flat_group(group, groups) * 64u + lane;",
      "  if (i >= chain[0].x) {",
      "    return;",
      "  }",
      shader.body,
      "}",
    ].join("\n");
    const compiled = await this.#compile(
      `ew ${shader.functions.join(" ")}`,
      await this.#withFunctions(`//! use grid\n${text}`, shader),
      {},
    );
    const uniform = this.#uniform(this.#chainWords(shader, chain));
    return () => {
      const entries = [{ binding: 0, resource: this.#slice(uniform) }, ...buffers.entries];
      if (shader.random) entries.push({ binding: buffers.next, resource: { buffer: this.context.randomState } });
      return [this.#dispatch(launch, compiled, entries, () => Math.ceil(this.#count(chain.count) / WORKGROUP))];
    };
  }

  async #prepareKernel({ launch, chain, kernel, family }: Extract<Piece, { kind: "kernel" }>): Promise<() => Step[]> {
    const { storage } = this.context;
    const own = this.#ownOutputs(launch);
    const product = own[0] as Tensor;
    const operands = [
      ...own.map((tensor) => {
        const place = storageOrNone(storage, tensor);
        return { tensor, ...place, lowest: place.offset, written: true };
      }),
      ...launch.inputs.map((input) => {
        const { buffer, offset } = storageOrNone(storage, input.base);
        const first = offset + input.offset;
        return { tensor: input.base, buffer, offset: first, lowest: first + reach(input), written: false };
      }),
    ];
    const scratchWords = kernel.scratch?.(this.#shape(launch)) ?? 0;
    const scratch = scratchWords > 0 ? storage.allocate(Math.ceil(scratchWords / 4) * 16) : undefined;
    const before: (() => Step[])[] = [];
    const after: (() => Step[])[] = [];
    const bound = await this.#separate(launch, operands, before, after);
    // A float64 takes two words.
    const words =
      operands.length + launch.scalars.reduce<number>((sum, scalar) => sum + (typeof scalar === "object" && "f64" in scalar ? 2 : 1), 0);
    const passes = await Promise.all(
      passesOf(kernel, this.#shape(launch)).map(async (pass) => {
        let text = await loadShader(family, pass.shader);
        let chained: { shader: ChainShader; buffers: ChainBuffers; binding: number } | undefined;
        if (chain !== undefined && /^fn finish\(/m.test(text)) {
          const binding = 1 + operands.length;
          const buffers = this.#chainBuffers(chain, product, binding + 1);
          const shader = chainShader(chain, (tensor) => buffers.nameOf(tensor), product);
          const keep = this.context.storageOf(product) === product;
          text = text.replace(
            /^fn finish\([\s\S]*?^}/m,
            [
              `@group(0) @binding(${binding}) var<uniform> chain: array<vec4<u32>, ${Math.ceil(shader.words.length / 4)}>;`,
              ...buffers.declarations,
              ...(shader.random ? [`@group(0) @binding(${buffers.next}) var<storage, read> random_state: array<u32>;`] : []),
              "fn finish(i: u32, value: f32) {",
              ...(keep ? ["  y[p.y_at + i] = value;"] : []),
              shader.body,
              "}",
            ].join("\n"),
          );
          if (!keep) text = text.replace(/^@group\(0\) @binding\(1\).*$/m, "");
          text = await this.#withFunctions(text, shader);
          chained = { shader, buffers, binding };
        }
        const compiled = await this.#compile(
          pass.shader,
          text,
          pass.consts?.(this.#shape(launch)) ?? {},
          /^\/\/! use .*\bwords\b/m.test(text) ? words : 0,
        );
        return { pass, compiled, chained };
      }),
    );
    const uniform = this.#uniform([
      ...bound.map(({ offset }) => ({ kind: "whole" as const, value: offset })),
      ...launch.scalars.map((scalar) => ({ kind: "scalar" as const, scalar })),
    ]);
    const chains = passes.map(({ chained }) => chained && this.#uniform(this.#chainWords(chained.shader, chain as Chain)));
    return () => {
      const steps = before.flatMap((make) => make());
      passes.forEach(({ pass, compiled, chained }, k) => {
        const entries = compiled.bindings.map(({ number, name }): GPUBindGroupEntry => {
          if (name === "random_state") return { binding: number, resource: { buffer: this.context.randomState } };
          if (name === "fault") return { binding: number, resource: { buffer: this.#faultBuffer() } };
          if (name === "scratch") return { binding: number, resource: { buffer: scratch as GPUBuffer } };
          if (number === 0) return { binding: 0, resource: this.#slice(uniform) };
          if (chained !== undefined && number === chained.binding)
            return { binding: number, resource: this.#slice(chains[k] as UniformSlice) };
          const operand = bound[number - 1];
          if (operand !== undefined) return { binding: number, resource: operand.resource };
          const entry = chained?.buffers.entries.find(({ binding }) => binding === number);
          if (entry === undefined) throw new TetradError("INTERNAL", { op: pass.shader, what: `binding ${number} (${name}) is nobody's` });
          return entry;
        });
        steps.push(this.#dispatch(launch, compiled, entries, () => pass.groups(this.#shape(launch))));
      });
      return [...steps, ...after.flatMap((make) => make())];
    };
  }

  /**
   * What a dispatch binds for each operand. A buffer that is both written and read, or written twice at places that one range would not keep apart, is not
   * allowed: such operands get a copy of their own, and what is written there is copied back.
   */
  async #separate(
    launch: Launch,
    operands: readonly { tensor: Tensor; buffer: GPUBuffer | undefined; offset: number; lowest: number; written: boolean }[],
    before: (() => Step[])[],
    after: (() => Step[])[],
  ): Promise<{ offset: number; resource: GPUBufferBinding }[]> {
    const { storage, gpu } = this.context;
    const align = gpu.device.limits.minStorageBufferOffsetAlignment / 4;
    const ranges: { buffer: GPUBuffer; begin: number; end: number; written: boolean }[] = [];
    const bound: { offset: number; resource: GPUBufferBinding }[] = [];
    for (const { tensor, buffer, offset, lowest, written } of operands) {
      if (buffer === undefined) {
        bound.push({ offset: 0, resource: { buffer: this.#nothing() } });
        continue;
      }
      // Operands may be seen through strides, so that a read one is bound to the buffer's end.
      const begin = tensor.dtype === "u8" ? 0 : Math.floor(lowest / align) * align;
      const end = written ? offset + tensor.size : buffer.size / 4;
      const clash = ranges.some(
        (other) =>
          other.buffer === buffer && (written || other.written) && (written !== other.written || (other.begin < end && begin < other.end)),
      );
      if (!clash) {
        ranges.push({ buffer, begin, end, written });
        bound.push({
          offset: offset - begin,
          resource: { buffer, offset: begin * 4, size: Math.min(buffer.size - begin * 4, Math.ceil((end - begin) / 4) * 16) },
        });
        continue;
      }
      const length = written ? tensor.size : buffer.size / 4 - begin;
      const copy = storage.allocate(Math.max(16, Math.ceil(length / 4) * 16), tensor);
      const from: Place = { buffer, offset: written ? offset : begin };
      const to: Place = { buffer: copy, offset: 0 };
      before.push(await this.#prepareWords("copy_words", [to, from], [length], launch));
      if (written) after.push(await this.#prepareWords("copy_words", [from, to], [length], launch));
      bound.push({ offset: written ? 0 : offset - begin, resource: { buffer: copy } });
    }
    return bound;
  }

  /** What stands for a value without elements. */
  #nothing(): GPUBuffer {
    return this.context.storage.allocate(16);
  }

  #faultBuffer(): GPUBuffer {
    this.#fault ??= this.context.storage.allocate(16);
    return this.#fault;
  }

  /** Storage of a chain's values, a binding for each buffer. */
  #chainBuffers(chain: Chain, product: Tensor | undefined, first: number): ChainBuffers {
    const { storage } = this.context;
    const written = new Set(chain.outputs.map(({ tensor }) => storage.of(tensor).buffer));
    const buffers = new Map<GPUBuffer, { name: string; dtype: Tensor["dtype"] }>();
    for (const tensor of [...chain.outputs.map((output) => output.tensor), ...chain.inputs.map((input) => input.operand.base)]) {
      if (tensor === product) continue;
      const { buffer } = storage.of(tensor);
      if (!buffers.has(buffer)) buffers.set(buffer, { name: `b${buffers.size}`, dtype: tensor.dtype });
    }
    const list = [...buffers];
    return {
      declarations: list.map(
        ([buffer, { name, dtype }], i) =>
          `@group(0) @binding(${first + i}) var<storage, ${written.has(buffer) ? "read_write" : "read"}> ${name}: array<${wgslType(dtype)}>;`,
      ),
      entries: list.map(([buffer], i) => ({ binding: first + i, resource: { buffer } })),
      next: first + list.length,
      nameOf: (tensor: Tensor) => buffers.get(storage.of(tensor).buffer)?.name as string,
    };
  }

  #chainWords(shader: ChainShader, chain: Chain): (ChainWord | { kind: "scalar"; scalar: Scalar })[] {
    const { storage } = this.context;
    return shader.words.map((word) => {
      switch (word.kind) {
        case "count":
          return { kind: "scalar", scalar: chain.count };
        case "offset":
          return { kind: "whole", value: storage.of(word.input.operand.base).offset + word.input.operand.offset };
        case "output":
          return { kind: "whole", value: storage.of(word.tensor).offset };
        default:
          return word;
      }
    });
  }

  async #withFunctions(text: string, { functions }: ChainShader): Promise<string> {
    const texts = await Promise.all(
      functions.map(async (name) => {
        try {
          return await loadShader("elementwise", name);
        } catch {
          throw new TetradError("UNSUPPORTED", { op: name, what: "WebGPU has no such element-wise function", hint: 'use backend "wasm"' });
        }
      }),
    );
    return [...texts, text].join("\n");
  }

  /** @param words how many the kernel has, where their number varies */
  #compile(label: string, text: string, consts: Readonly<Record<string, number>>, words = 0): Promise<Compiled> {
    const prelude = Object.entries({
      ...(words > 0 && { WORD_VECTORS: Math.ceil(words / SLICE_WORDS) * (SLICE_WORDS / 4) }),
      ...consts,
    }).map(([name, value]) => `const ${name} = ${value};`);
    const { gpu } = this.context;
    return gpu.pipeline(label, [...prelude, ...librariesOf([text], gpu.packedDot), text].join("\n"));
  }

  /** Reserves a slice of the uniform buffer and fills it. */
  #uniform(words: readonly (ChainWord | { kind: "scalar"; scalar: Scalar })[]): UniformSlice {
    const bytes = new DataView(new ArrayBuffer(Math.max(ALIGNMENT, Math.ceil((words.length * 8) / ALIGNMENT) * ALIGNMENT)));
    const offset = this.#uniformBytes;
    let at = 0;
    const put = (value: number, float: boolean): void => {
      if (float) bytes.setFloat32(at, value, true);
      else bytes.setInt32(at, value | 0, true);
      at += 4;
    };
    for (const word of words) {
      if (word.kind === "whole") put(word.value, false);
      else if (word.kind === "float") put(word.value, true);
      else if (word.kind === "scalar") {
        const { scalar } = word;
        if (scalar === "randomState") put(0, false);
        else if (typeof scalar === "object" && "f64" in scalar) {
          // A float64 travels as two floats whose sum it is.
          const high = Math.fround(scalar.f64);
          put(high, true);
          put(Number.isFinite(high) ? scalar.f64 - high : 0, true);
        } else {
          if (typeof scalar === "object")
            this.#liveWords.push({ axis: scalar.live.name, times: scalar.times * scalar.live.times, byteOffset: offset + at });
          put(this.#count(scalar), false);
        }
      }
    }
    this.#uniforms.push({ bytes, offset });
    this.#uniformBytes += bytes.byteLength;
    return { offset, size: bytes.byteLength };
  }

  #slice({ offset, size }: UniformSlice): GPUBufferBinding {
    return { buffer: this.#uniformBuffer as GPUBuffer, offset, size: Math.min(size, 65536) };
  }

  #count(count: Count): number {
    return typeof count === "number" ? count : count.times * count.live.times * (this.#live.get(count.live.name) as number);
  }

  #shape(launch: Launch): LaunchShape {
    return {
      outputs: this.#ownOutputs(launch).map(({ size }) => size),
      inputs: launch.inputs.map(({ shape }) => shape.reduce((size, extent) => size * extent, 1)),
      words: launch.scalars.map((scalar) =>
        scalar === "randomState" ? 0 : typeof scalar === "object" && "f64" in scalar ? scalar.f64 : this.#count(scalar),
      ),
    };
  }

  #dispatch(launch: Launch, { pipeline, layout }: Compiled, entries: GPUBindGroupEntry[], groups: () => number): Dispatch {
    const group = this.context.gpu.device.createBindGroup({ layout, entries });
    const dispatch: Dispatch = { launch, pipeline, group, x: 0, y: 1 };
    fold(dispatch, groups());
    this.#grids.push({ dispatch, groups });
    return dispatch;
  }
}

/** The storage bindings of a chain: one for each buffer that its values lie in. */
interface ChainBuffers {
  readonly declarations: readonly string[];
  readonly entries: readonly { readonly binding: number; readonly resource: { readonly buffer: GPUBuffer } }[];
  /** The first binding number behind them. */
  readonly next: number;
  nameOf(tensor: Tensor): string;
}

export function replaySteps(pass: GPUComputePassEncoder, steps: readonly Step[]): void {
  for (const step of steps) {
    if ("turns" in step) for (let turn = 0; turn < step.turns; turn++) replaySteps(pass, step.body);
    else if (step.x > 0) {
      pass.setPipeline(step.pipeline);
      pass.setBindGroup(0, step.group);
      pass.dispatchWorkgroups(step.x, step.y);
    }
  }
}

interface UniformSlice {
  readonly offset: number;
  readonly size: number;
}

/** Workgroups over x and y, of which neither may have more than 65,535. */
function fold(dispatch: Dispatch, groups: number): void {
  dispatch.y = Math.ceil(groups / MOST_GROUPS) || 1;
  dispatch.x = Math.ceil(groups / dispatch.y);
}

/** How far before its first element an operand is read, as a number of elements ≤ 0: strides may be negative. */
function reach({ shape, strides }: Operand): number {
  return shape.reduce((sum, extent, axis) => sum + Math.min(0, (extent - 1) * (strides[axis] as number)), 0);
}

function storageOrNone(storage: Storage, tensor: Tensor): { buffer: GPUBuffer | undefined; offset: number } {
  return tensor.size === 0 ? { buffer: undefined, offset: 0 } : storage.of(tensor);
}
