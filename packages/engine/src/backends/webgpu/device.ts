/** A WebGPU device: where it comes from in Node and in a browser, its pipelines, and what it says when it is lost. */

import { librariesOf, type ShaderSource, type Snippet, shipped, type Traits, type Variant } from "@tetrad/kernels-wgsl";
import type { DType } from "../../dtype.js";
import { TetradError } from "../../errors.js";
import { availableThreads, isNode } from "../wasm/threads.js";
import { COPY_DST, COPY_SRC, STAGE_COMPUTE, STORAGE } from "./flags.js";
import { widensHalves } from "./half.js";
import { WebGpuSegment } from "./segment.js";

/** Limits that kernels gain from; whatever the adapter has of them is asked for. */
const WANTED_LIMITS = [
  "maxStorageBuffersPerShaderStage",
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
] as const;

/** Features that are used where the adapter has them. */
const WANTED_FEATURES: readonly GPUFeatureName[] = ["timestamp-query", "subgroups", "shader-f16"];

/** Storage bindings that every kernel may count on: the least that an adapter may have. */
export const STORAGE_BINDINGS = 8;

/**
 * Whether waiting takes as much of the processor as compiling: in Node, Dawn asks for news in a loop for as long as a promise is open, which on two cores takes
 * the one that a second pipeline would be compiled on (tests of 16 ops on SwiftShader: 86 s of the processor in 48, against 43 in 42).
 */
const isPolled = (): boolean => isNode() && availableThreads() <= 2;

let found: Promise<GPU | undefined> | undefined;

/** `navigator.gpu`, or Dawn where the package `webgpu` is installed; asked for once, because every Dawn instance keeps threads of its own. */
export function findGpu(): Promise<GPU | undefined> {
  found ??= locate();
  return found;
}

async function locate(): Promise<GPU | undefined> {
  if (typeof navigator === "object" && "gpu" in navigator && navigator.gpu !== undefined) return navigator.gpu;
  if (!isNode()) return undefined;
  // Not a literal, so that no bundler follows it into a browser's bundle.
  const name = "webgpu";
  let dawn: { create(options: string[]): GPU };
  try {
    dawn = await import(/* @vite-ignore */ /* webpackIgnore: true */ name);
  } catch {
    return undefined;
  }
  // No shader counts on workgroup memory that begins as zeros, and without it SwiftShader compiles tiled ones ten times as fast. Nor does one count on clamped
  // indices: each bounds its own, which tests/kernels/bounds.test.ts checks at every access; SwiftShader then compiles in 0.75 of the time. What keeps a page from
  // others' memory keeps nothing from a process that may read its own. Stamps that are rounded to 65 µs, against pages that spy, are no good for launches of 10.
  return dawn.create(["enable-dawn-features=disable_workgroup_init,disable_robustness", "disable-dawn-features=timestamp_quantization"]);
}

/** @throws TetradError UNSUPPORTED where there is no WebGPU, no adapter, or one without the limits that the kernels count on */
export async function findAdapter(): Promise<GPUAdapter> {
  const gpu = await findGpu();
  if (gpu === undefined) {
    throw new TetradError("UNSUPPORTED", {
      op: "createEngine",
      what: "there is no WebGPU here",
      hint: 'in Node install the package "webgpu"; in a browser use one that has navigator.gpu',
    });
  }
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) {
    throw new TetradError("UNSUPPORTED", {
      op: "createEngine",
      what: "WebGPU has no adapter",
      hint: "install a graphics driver; for a software adapter set VK_ICD_FILENAMES to SwiftShader's vk_swiftshader_icd.json",
    });
  }
  const { limits } = adapter;
  if (limits.maxStorageBuffersPerShaderStage < STORAGE_BINDINGS || limits.maxComputeInvocationsPerWorkgroup < 256) {
    throw new TetradError("UNSUPPORTED", {
      op: "createEngine",
      what: `the adapter ${describeAdapter(adapter)} lacks what the kernels need`,
      got: `${limits.maxStorageBuffersPerShaderStage} storage buffers, ${limits.maxComputeInvocationsPerWorkgroup} threads a workgroup`,
      expected: `${STORAGE_BINDINGS} and 256`,
    });
  }
  return adapter;
}

/** What the shaders know by name besides their operands. */
export interface Compiled {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly bindings: readonly ShaderBinding[];
}

export interface ShaderBinding {
  readonly number: number;
  readonly kind: "uniform" | "read" | "read_write";
  readonly name: string;
}

const BINDING = /@group\(0\)\s*@binding\((\d+)\)\s*var<\s*(uniform|storage)\s*(?:,\s*(read_write|read)\s*)?>\s*(\w+)/g;

export function bindingsOf(text: string): ShaderBinding[] {
  return [...text.matchAll(BINDING)].map(([, number, space, access, name]) => ({
    number: Number(number),
    kind: space === "uniform" ? "uniform" : access === "read_write" ? "read_write" : "read",
    name: name as string,
  }));
}

/** Directives, which only comments may stand before. */
const DIRECTIVE = /^(?:enable|diagnostic)\b.*;$/gm;

/** Of a buffer that was asked for: why there is none, or undefined where there is one. */
export type Answer = Promise<string | undefined>;

/** What is a GPUDevice's own, whatever it is taken for. */
class Shared {
  /** By their texts. */
  readonly pipelines = new Map<string, Promise<Compiled>>();
  lost: string | undefined;
  refused: string | undefined;
  /** Of buffers that no program has made: what the device has said of them. */
  readonly asked: Answer[] = [];

  constructor(device: GPUDevice) {
    void device.lost.then(({ reason, message }) => {
      this.lost = message || reason || "no reason given";
    });
    device.addEventListener("uncapturederror", ({ error }) => {
      this.refused ??= error.message;
    });
  }
}

/** What an adapter says of itself. */
function traitsOf({ info }: GPUAdapter, device: GPUDevice): Traits {
  const { isFallbackAdapter, subgroupMinSize, subgroupMaxSize } = info;
  const uniform = device.features.has("subgroups") && subgroupMinSize === subgroupMaxSize;
  return { serial: isFallbackAdapter === true, subgroup: uniform ? subgroupMinSize : 0 };
}

export class WebGpuDevice {
  /** Where the shaders of plans that are compiled from now on come from. */
  shaders: ShaderSource = shipped;
  readonly #shared: Shared;

  private constructor(
    readonly adapter: GPUAdapter,
    readonly device: GPUDevice,
    /** Variants of snippets that are for this device. */
    readonly variants: readonly Variant[],
    /** What decides which variants of kernels run, and with it the order of additions: what the adapter says of itself, and no measurement. */
    readonly traits: Traits,
    shared: Shared,
  ) {
    this.#shared = shared;
  }

  /**
   * @param traits what the adapter is taken for, so that a processor can be asked for the variants that GPUs run
   * @throws TetradError UNSUPPORTED as `findAdapter` does
   */
  static async open(traits?: Traits): Promise<WebGpuDevice> {
    return WebGpuDevice.on(await findAdapter(), traits);
  }

  static async on(adapter: GPUAdapter, traits?: Traits): Promise<WebGpuDevice> {
    const { limits } = adapter;
    const requiredLimits = Object.fromEntries(WANTED_LIMITS.map((name) => [name, limits[name] as number]));
    const requiredFeatures = WANTED_FEATURES.filter((name) => adapter.features.has(name));
    const packedDot = (await findGpu())?.wgslLanguageFeatures?.has("packed_4x8_integer_dot_product") === true;
    const device = await adapter.requestDevice({ requiredLimits, requiredFeatures }).catch((cause) => {
      throw new TetradError(
        "UNSUPPORTED",
        {
          op: "createEngine",
          what: `the adapter ${describeAdapter(adapter)} gives no device`,
          got: cause instanceof Error ? cause.message : String(cause),
          hint: 'use backend "wasm"',
        },
        { cause },
      );
    });
    const shared = new Shared(device);
    const taken = traits ?? traitsOf(adapter, device);
    const packed: readonly Variant[] = packedDot ? ["packed"] : [];
    const withHalves = new WebGpuDevice(adapter, device, [...packed, "f16"], taken, shared);
    if (device.features.has("shader-f16") && (await widensHalves(withHalves))) return withHalves;
    return new WebGpuDevice(adapter, device, packed, taken, shared);
  }

  /** The same device taken for another kind: what both compile is compiled once. */
  as(traits: Traits): WebGpuDevice {
    return new WebGpuDevice(this.adapter, this.device, this.variants, traits, this.#shared);
  }

  /** Flat storage on this device. */
  segment(dtype: DType, length: number): WebGpuSegment {
    return new WebGpuSegment(this, dtype, length);
  }

  /**
   * A buffer that shaders read and write.
   * @param what it is for, in an error
   * @param asked gets what the device says of it, which `allocated` waits for
   * @throws TetradError OUT_OF_MEMORY when it is more than the adapter binds
   */
  storage(size: number, what: () => string, asked: Answer[] = this.#shared.asked): GPUBuffer {
    const { device } = this;
    const most = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
    if (size > most) {
      throw new TetradError("OUT_OF_MEMORY", {
        op: "compile",
        what: `one value is larger than ${this.name} can bind`,
        got: `${what()}, ${size} bytes`,
        expected: `at most ${most} bytes`,
        hint: "use a smaller batch or model",
      });
    }
    device.pushErrorScope("out-of-memory");
    const buffer = device.createBuffer({ size, usage: STORAGE | COPY_DST | COPY_SRC });
    // A device that is lost meanwhile says so elsewhere.
    asked.push(
      device.popErrorScope().then(
        (error) => error?.message,
        () => undefined,
      ),
    );
    return buffer;
  }

  /** @param largest what fills the program's memory @throws TetradError OUT_OF_MEMORY where the device has no memory for a buffer that was asked for */
  async allocated(asked: readonly Answer[], largest: () => string): Promise<void> {
    const answers = await Promise.all([...this.#shared.asked.splice(0), ...asked]);
    const refused = answers.find((message) => message !== undefined);
    if (refused === undefined) return;
    throw new TetradError("OUT_OF_MEMORY", {
      op: "compile",
      what: `${this.name} has not enough memory`,
      got: refused.trim(),
      expected: `room for the program; largest values: ${largest()}`,
      hint: "use a smaller batch or model",
    });
  }

  /** @throws TetradError DEVICE_LOST once the device is gone */
  requirePresent(): void {
    const { lost } = this.#shared;
    if (lost === undefined) return;
    throw new TetradError("DEVICE_LOST", {
      op: "run",
      what: `the WebGPU device was lost: ${lost}`,
      hint: 'create a new engine, or use backend "wasm"',
    });
  }

  /** Waits for the news that the device is lost, no longer than `ms`. */
  async whenLost(ms: number): Promise<void> {
    await Promise.race([this.device.lost, new Promise((resolve) => setTimeout(resolve, ms))]);
  }

  /** @throws TetradError INTERNAL when the device has refused something since the last call: a fault of ours, never of the user's */
  check(): void {
    const message = this.#shared.refused;
    this.#shared.refused = undefined;
    if (message !== undefined) throw new TetradError("INTERNAL", { op: "webgpu", what: message.trim() });
  }

  get queue(): GPUQueue {
    return this.device.queue;
  }

  get name(): string {
    return describeAdapter(this.adapter);
  }

  /**
   * Compiles a shader once, behind its constants and the snippets that it uses; equal texts share a pipeline.
   * @param integers whether the numbers that a kernel works on are i32
   * @throws TetradError INTERNAL with the compiler's message, and the file and line
   */
  pipeline(label: string, shader: string, consts: Readonly<Record<string, number>> = {}, integers = false): Promise<Compiled> {
    const prelude = Object.entries(consts).map(([name, value]) => `const ${name} = ${value};`);
    const variants = integers ? [...this.variants, "i32" as const] : this.variants;
    const own = [
      ...librariesOf([shader], this.shaders, variants).map(({ name, text }) => ({ name: `lib/${name}`, text })),
      { name: label, text: shader },
    ];
    const directives = own.flatMap((part) => part.text.match(DIRECTIVE) ?? []);
    const parts = [
      { name: "its constants", text: [...new Set(directives), ...prelude].join("\n") },
      ...own.map((part) => ({ ...part, text: part.text.replace(DIRECTIVE, "") })),
    ];
    const text = parts.map((part) => part.text).join("\n");
    const { pipelines } = this.#shared;
    const known = pipelines.get(text);
    if (known !== undefined) return known;
    const compiled = this.#compile(label, text, parts, prelude.join(" "));
    pipelines.set(text, compiled);
    return compiled;
  }

  async #compile(label: string, text: string, parts: readonly Snippet[], variant: string): Promise<Compiled> {
    const { device } = this;
    const bindings = bindingsOf(text);
    // What the scope catches is the same thing once more, which Dawn would print on stdout.
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ label, code: text });
    void device.popErrorScope().catch(() => undefined);
    const errors = (await module.getCompilationInfo()).messages.filter(({ type }) => type === "error");
    if (errors.length > 0) {
      const [first] = errors as [GPUCompilationMessage];
      const { name, line } = placeOf(parts, first.lineNum);
      throw new TetradError("INTERNAL", {
        op: label,
        what: `the shader does not compile: ${first.message} (${name}, line ${line})`,
        got: `${(text.split("\n")[first.lineNum - 1] ?? "").trim()}${variant === "" ? "" : `, in the variant ${variant}`}`,
      });
    }
    const layout = device.createBindGroupLayout({
      label,
      entries: bindings.map(({ number, kind }) => ({
        binding: number,
        visibility: STAGE_COMPUTE,
        buffer: { type: kind === "uniform" ? "uniform" : kind === "read" ? "read-only-storage" : "storage" },
      })),
    });
    const descriptor = {
      label,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: "main" },
    };
    const pipeline = await (isPolled() ? this.#atOnce(descriptor) : device.createComputePipelineAsync(descriptor)).catch((error) => {
      this.requirePresent();
      throw new TetradError("INTERNAL", {
        op: label,
        what: `the pipeline cannot be made: ${(error as Error).message.trim()}`,
        ...(variant !== "" && { got: `the variant ${variant}` }),
      });
    });
    return { pipeline, layout, bindings };
  }

  async #atOnce(descriptor: GPUComputePipelineDescriptor): Promise<GPUComputePipeline> {
    this.device.pushErrorScope("validation");
    const pipeline = this.device.createComputePipeline(descriptor);
    const error = await this.device.popErrorScope();
    if (error !== null) throw new Error(error.message);
    return pipeline;
  }

  destroy(): void {
    this.device.destroy();
  }
}

/** Which part a line of all of them stands in, and as which of its own. */
function placeOf(parts: readonly Snippet[], lineNum: number): { readonly name: string; readonly line: number } {
  let line = lineNum;
  for (const { name, text } of parts) {
    const lines = text.split("\n").length;
    if (line <= lines) return { name, line };
    line -= lines;
  }
  return { name: "the text", line: lineNum };
}

export function describeAdapter({ info }: GPUAdapter): string {
  return info.description || info.device || [info.vendor, info.architecture].filter(Boolean).join(" ") || "unnamed adapter";
}
