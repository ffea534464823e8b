/** Launches to dispatches: shaders composed and compiled, operands bound, words written; a step then replays the list. */

import { families, type LaunchShape, librariesOf, passesOf, type ShaderSource, type Traits } from "@tetrad/kernels-wgsl";
import { TetradError } from "../../errors.js";
import type { Count, Operand } from "../../op.js";
import type { Chain, Launch } from "../../plan/plan.js";
import type { Tensor } from "../../tensor.js";
import { type ChainForm, type ChainShader, chainShader, chainText, functionsIn, readsFours, wgslType } from "./chain-shader.js";
import type { Compiled, WebGpuDevice } from "./device.js";
import { type ChainPiece, giveStorage, type KernelPiece, type LoopPiece, ownOutputs, type Piece, piecesOf } from "./pieces.js";
import { type Dispatch, fold, type Replay, type Step } from "./replay.js";
import type { Place, Storage } from "./storage.js";
import { SLICE_WORDS, type UniformSlice, Uniforms, type Word, wholes } from "./uniforms.js";

/**
 * Elements of a thread of a chain. A GPU's threads are cheap, and neighbours read neighbouring words. Where threads run one after another, each costs something,
 * and so do the constants that it begins with: SwiftShader negates 2^20 numbers in 11 ms with one a thread, in 6.4 with 16. Vectors are read and written faster
 * still: GELU and negation take 0.6 to 0.75 of the time of four numbers side by side, exp and tanh 0.6 to 0.8.
 */
const ROUNDS = { parallel: 1, serial: 16, serialMany: 64 } as const;
/** Elements from which on groups of so many rounds are enough for all threads of a processor. */
const MANY = 2 ** 18;
/** Characters of functions that may stand there five times: exp, tanh and log do, which takes no longer to compile; SwiftShader takes minutes to compile so many `pow`. */
const SHORT = 3500;

export interface EncodeContext {
  readonly gpu: WebGpuDevice;
  readonly storage: Storage;
  readonly randomState: GPUBuffer;
  readonly live: ReadonlyMap<string, number>;
  /** The place that stands for a value; another value's where they share one. */
  storageOf(tensor: Tensor): Tensor;
  readonly kept: readonly Tensor[];
}

export async function encode(launches: readonly Launch[], context: EncodeContext): Promise<Replay> {
  const encoder = new Encoder(context);
  return encoder.run(launches);
}

/** Makes steps once all words are in the uniform buffer. */
type MakeSteps = () => Step[];

class Encoder {
  readonly #uniforms: Uniforms;
  readonly #grids: { readonly dispatch: Dispatch; readonly groups: () => number }[] = [];
  #fault: GPUBuffer | undefined;
  #draws = false;

  constructor(private readonly context: EncodeContext) {
    this.#uniforms = new Uniforms(context.gpu, context.live);
  }

  async run(launches: readonly Launch[]): Promise<Replay> {
    const { storage, gpu, kept } = this.context;
    const limit = gpu.device.limits.maxStorageBuffersPerShaderStage;
    const pieces = launches.flatMap((launch) => piecesOf(launch, storage, limit));
    giveStorage(pieces, storage, kept);
    const prepared = await Promise.all(pieces.map((piece) => this.#prepare(piece)));
    this.#uniforms.upload();
    const steps = prepared.flatMap((make) => make());
    return {
      steps,
      fault: this.#fault,
      draws: this.#draws,
      setLive: (axis, length) => {
        this.#uniforms.setLive(axis, length);
        for (const { dispatch, groups } of this.#grids) fold(dispatch, groups());
      },
    };
  }

  #prepare(piece: Piece): Promise<MakeSteps> {
    if (piece.kind === "loop") return this.#prepareLoop(piece);
    return piece.kind === "chain" ? this.#prepareChain(piece) : this.#prepareKernel(piece);
  }

  async #prepareLoop({ launch, body }: LoopPiece): Promise<MakeSteps> {
    const [, length, reverse] = launch.scalars as [number, number, number];
    const index = [this.context.storage.of(launch.outputs[0] as Tensor)];
    const first = await this.#prepareWords("loop_index", index, [reverse === 1 ? length - 1 : 0, 0], launch);
    const next = await this.#prepareWords("loop_index", index, [reverse === 1 ? -1 : 1, 1], launch);
    const inner = await Promise.all(body.map((piece) => this.#prepare(piece)));
    return () => [...first(), { launch, turns: length, body: [...inner.flatMap((make) => make()), ...next()] }];
  }

  /** A kernel of the run's own, over places instead of values. */
  async #prepareWords(
    name: "copy_words" | "loop_index",
    places: readonly Place[],
    words: readonly number[],
    launch: Launch,
  ): Promise<MakeSteps> {
    const compiled = await this.context.gpu.pipeline(name, await this.context.gpu.shaders.load("core", name));
    const slice = this.#uniforms.reserve(wholes([...places.map(({ offset }) => offset), ...words]));
    const [{ groups: groupsOf }] = families.core[name].passes;
    const groups = groupsOf({ ...this.context.gpu.traits, outputs: [], inputs: [], words });
    return () => {
      const resource = (number: number) =>
        number === 0 ? this.#uniforms.resource(slice) : { buffer: (places[number - 1] as Place).buffer };
      return [this.#dispatch(launch, compiled, resource, () => groups)];
    };
  }

  async #prepareChain({ launch, chain }: ChainPiece): Promise<MakeSteps> {
    const { gpu, storage } = this.context;
    const functions = functionsIn(chain);
    const sources = await functionsOf(functions, gpu.shaders);
    const { serial } = gpu.traits;
    const aligned = serial && readsFours(chain, (tensor) => storage.of(tensor).offset);
    const form: ChainForm = !serial || !isShort(sources, gpu.shaders) ? "ones" : aligned ? "vectors" : "fours";
    const bound = this.#bindChain(chain, undefined, 0, form === "vectors");
    const isMany = form === "vectors" && (chain.outputs[0]?.tensor.size ?? 0) >= MANY;
    const rounds = !serial ? ROUNDS.parallel : isMany ? ROUNDS.serialMany : ROUNDS.serial;
    const { text, group } = chainText(bound.shader, bound.declarations, rounds, form);
    const label = `ew ${functions.join(" ")}`;
    const compiled = await gpu.pipeline(label, [...sources, text].join("\n"));
    const groups = () => Math.ceil(this.#uniforms.count(chain.count) / group);
    return () => [this.#dispatch(launch, compiled, bound.resource, groups)];
  }

  async #prepareKernel({ launch, chain, kernel, family, integers }: KernelPiece): Promise<MakeSteps> {
    const { storage, gpu } = this.context;
    const own = ownOutputs(launch);
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
    // A float64 takes two words.
    const words =
      operands.length + launch.scalars.reduce<number>((sum, scalar) => sum + (typeof scalar === "object" && "f64" in scalar ? 2 : 1), 0);
    const passes = await Promise.all(
      passesOf(kernel, this.#shape(launch)).map(async (pass) => {
        let text = await gpu.shaders.load(family, pass.shader);
        const epilogue = chain !== undefined && FINISH.test(text) ? this.#bindChain(chain, product, 1 + operands.length) : undefined;
        if (chain !== undefined && epilogue !== undefined)
          text = [
            ...(await functionsOf(functionsIn(chain), gpu.shaders)),
            withEpilogue(text, epilogue, this.context.storageOf(product) === product),
          ].join("\n");
        const count = words + (pass.words?.length ?? 0);
        const consts = {
          ...(/^\/\/! use .*\bwords\b/m.test(text) && { WORD_VECTORS: Math.ceil(count / SLICE_WORDS) * (SLICE_WORDS / 4) }),
          ...pass.consts?.(this.#shape(launch)),
        };
        return { pass, compiled: await gpu.pipeline(pass.shader, text, consts, integers), epilogue };
      }),
    );
    // What no pass binds, such as a tile that the CPU's kernel works in, is nothing to keep apart.
    const numbers = new Set(passes.flatMap(({ compiled }) => compiled.bindings.map(({ number }) => number)));
    const used = operands.map((operand, i) => (numbers.has(i + 1) ? operand : { ...operand, buffer: undefined }));
    const { bound, before, after } = await this.#separate(launch, used);
    const launchWords: Word[] = [
      ...wholes(bound.map(({ offset }) => offset)),
      ...launch.scalars.map((scalar) => ({ kind: "scalar" as const, scalar })),
    ];
    const shared = this.#uniforms.reserve(launchWords);
    const slices = passes.map(({ pass }) =>
      pass.words === undefined ? shared : this.#uniforms.reserve([...launchWords, ...wholes(pass.words)]),
    );
    return () => [
      ...before.flatMap((make) => make()),
      ...passes.map(({ pass, compiled, epilogue }, k) => {
        const resource = (number: number, name: string): GPUBufferBinding | undefined => {
          if (name === "scratch") return { buffer: scratch as GPUBuffer };
          if (number === 0) return this.#uniforms.resource(slices[k] as UniformSlice);
          return bound[number - 1]?.resource ?? epilogue?.resource(number, name);
        };
        return this.#dispatch(launch, compiled, resource, () => pass.groups(this.#shape(launch)));
      }),
      ...after.flatMap((make) => make()),
    ];
  }

  /**
   * What a dispatch binds for each operand. A buffer that is both written and read, or written twice at places that one range would not keep apart, is not
   * allowed: such operands get a copy of their own, and what is written there is copied back.
   */
  async #separate(
    launch: Launch,
    operands: readonly { tensor: Tensor; buffer: GPUBuffer | undefined; offset: number; lowest: number; written: boolean }[],
  ) {
    const { storage, gpu } = this.context;
    const align = gpu.device.limits.minStorageBufferOffsetAlignment / 4;
    const ranges: { buffer: GPUBuffer; begin: number; end: number; written: boolean }[] = [];
    const bound: { offset: number; resource: GPUBufferBinding }[] = [];
    const before: MakeSteps[] = [];
    const after: MakeSteps[] = [];
    for (const { tensor, buffer, offset, lowest, written } of operands) {
      if (buffer === undefined) {
        // What stands for a value without elements; each its own, since one may be read and another written.
        bound.push({ offset: 0, resource: { buffer: storage.allocate(16) } });
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
    return { bound, before, after };
  }

  /** A chain's shader and storage, a binding for each buffer that its values lie in; its words are bound at `first`. */
  #bindChain(chain: Chain, product: Tensor | undefined, first: number, vectors = false): BoundChain {
    const { storage } = this.context;
    const written = new Set(chain.outputs.map(({ tensor }) => storage.of(tensor).buffer));
    const names = new Map<GPUBuffer, string>();
    const dtypes = new Map<GPUBuffer, Tensor["dtype"]>();
    for (const tensor of [...chain.outputs.map((output) => output.tensor), ...chain.inputs.map((input) => input.operand.base)]) {
      if (tensor === product) continue;
      const { buffer } = storage.of(tensor);
      if (names.has(buffer)) continue;
      names.set(buffer, `b${names.size}`);
      dtypes.set(buffer, tensor.dtype);
    }
    const buffers = [...names.keys()];
    const shader = chainShader(chain, (tensor) => names.get(storage.of(tensor).buffer) as string, product, vectors);
    const slice = this.#uniforms.reserve(
      shader.words.map((word): Word => {
        if (word.kind === "count") return { kind: "scalar", scalar: chain.count };
        if (word.kind === "output") return { kind: "whole", value: storage.of(word.tensor).offset };
        if (word.kind !== "offset") return word;
        return { kind: "whole", value: storage.of(word.input.operand.base).offset + word.input.operand.offset };
      }),
    );
    const declare = (number: number, access: string, name: string, type: string) =>
      `@group(0) @binding(${number}) var<storage, ${access}> ${name}: array<${type}>;`;
    return {
      shader,
      declarations: [
        `@group(0) @binding(${first}) var<uniform> chain: array<vec4<u32>, ${Math.ceil(shader.words.length / 4)}>;`,
        ...buffers.map((buffer, i) =>
          declare(
            first + 1 + i,
            written.has(buffer) ? "read_write" : "read",
            names.get(buffer) as string,
            vectors ? `vec4<${wgslType(dtypes.get(buffer) as Tensor["dtype"])}>` : wgslType(dtypes.get(buffer) as Tensor["dtype"]),
          ),
        ),
        ...(shader.random ? [declare(first + 1 + buffers.length, "read", "random_state", "u32")] : []),
      ],
      resource: (number) => {
        if (number === first) return this.#uniforms.resource(slice);
        const buffer = buffers[number - first - 1];
        return buffer && { buffer };
      },
    };
  }

  #shape(launch: Launch): LaunchShape {
    return shapeOf(launch, this.context.gpu.traits, (count) => this.#uniforms.count(count));
  }

  /** @param resource what is bound at a number, what the shaders know by name aside */
  #dispatch(launch: Launch, { pipeline, layout, bindings }: Compiled, resource: Resource, groups: () => number): Dispatch {
    const entries = bindings.map(({ number, name }) => {
      const bound = this.#named(name) ?? resource(number, name);
      if (bound === undefined) throw new TetradError("INTERNAL", { op: launch.kernel, what: `binding ${number} (${name}) is nobody's` });
      return { binding: number, resource: bound };
    });
    const group = this.context.gpu.device.createBindGroup({ layout, entries });
    const dispatch: Dispatch = { launch, pipeline, group, x: 0, y: 1 };
    fold(dispatch, groups());
    this.#grids.push({ dispatch, groups });
    return dispatch;
  }

  #named(name: string): GPUBufferBinding | undefined {
    if (name === "random_state") {
      this.#draws = true;
      return { buffer: this.context.randomState };
    }
    if (name !== "fault") return undefined;
    this.#fault ??= this.context.storage.allocate(16);
    return { buffer: this.#fault };
  }
}

/** @param count what a count of the launch is now */
export function shapeOf(launch: Launch, traits: Traits, count: (count: Count) => number): LaunchShape {
  return {
    ...traits,
    outputs: ownOutputs(launch).map(({ size }) => size),
    inputs: launch.inputs.map(({ shape }) => shape.reduce((size, extent) => size * extent, 1)),
    words: launch.scalars.map((scalar) =>
      scalar === "randomState" ? 0 : typeof scalar === "object" && "f64" in scalar ? scalar.f64 : count(scalar),
    ),
  };
}

type Resource = (number: number, name: string) => GPUBufferBinding | undefined;

interface BoundChain {
  readonly shader: ChainShader;
  readonly declarations: readonly string[];
  readonly resource: Resource;
}

/** What a kernel does with a finished element, which a fused chain takes the place of. */
const FINISH = /^fn finish\([\s\S]*?^}/m;

/** @param keep whether somebody reads the product itself */
function withEpilogue(text: string, { declarations, shader }: BoundChain, keep: boolean): string {
  const store = keep ? ["  y[p.y_at + i] = value;"] : [];
  const fused = [...declarations, "fn finish(i: u32, value: f32) {", ...store, shader.head, shader.body(""), "}"].join("\n");
  const finished = text.replace(FINISH, () => fused);
  return keep ? finished : finished.replace(/^@group\(0\) @binding\(1\).*$/m, "");
}

/** Texts of element-wise functions. */
function functionsOf(names: readonly string[], shaders: ShaderSource): Promise<string[]> {
  const load = async (name: string): Promise<string> => {
    try {
      return await shaders.load("elementwise", name);
    } catch {
      throw new TetradError("UNSUPPORTED", { op: name, what: "WebGPU has no such element-wise function", hint: 'use backend "wasm"' });
    }
  };
  return Promise.all(names.map(load));
}

function isShort(sources: readonly string[], shaders: ShaderSource): boolean {
  const snippets = librariesOf(sources, shaders).map(({ text }) => text);
  return [...sources, ...snippets].reduce((sum, { length }) => sum + length, 0) < SHORT;
}

/** How far before its first element an operand is read, as a number of elements ≤ 0: strides may be negative. */
function reach({ shape, strides }: Operand): number {
  return shape.reduce((sum, extent, axis) => sum + Math.min(0, (extent - 1) * (strides[axis] as number)), 0);
}

function storageOrNone(storage: Storage, tensor: Tensor): { buffer: GPUBuffer | undefined; offset: number } {
  return tensor.size === 0 ? { buffer: undefined, offset: 0 } : storage.of(tensor);
}
