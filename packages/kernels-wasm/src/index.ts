/** Hands out the compiled kernel modules: names as types, bytes on demand, one dynamic import per module so that bundlers split them. */
import { loaders } from "./generated/loaders.js";
import { manifest } from "./generated/manifest.js";

export * as control from "./control.js";
export { kernelVariants } from "./variants.js";
export { manifest };

/** One wasm module: `<family>-<dtype>`, or `<family>` for kernels without a dtype. */
export type ModuleName = keyof typeof manifest;
/** Every exported kernel of every module. */
export type KernelName = (typeof manifest)[ModuleName][number];
type BaseOf<Name extends string> = Name extends `${infer Base}_${"f32" | "f64" | "i32"}` ? Base : Name;
/** A kernel without its dtype suffix. */
export type BaseKernel = BaseOf<KernelName>;
/** Kernels of integers, without the suffix. */
export type IntegerKernel = KernelName extends infer Name ? (Name extends `${infer Base}_i32` ? Base : never) : never;
/** An element-wise op's strip function without its dtype suffix. */
export type StripName = BaseOf<(typeof manifest)["elementwise-f32"][number]>;
/** `relaxed` fuses multiply and add; results of the two builds differ by rounding. */
export type Build = "baseline" | "relaxed";

/** The module that exports a kernel. */
export function moduleOf(kernel: KernelName): ModuleName {
  for (const name of Object.keys(manifest) as ModuleName[]) {
    if ((manifest[name] as readonly string[]).includes(kernel)) return name;
  }
  throw new RangeError(`moduleOf: no module exports the kernel — got ${kernel}`);
}

/** Fetches, inflates and compiles one module; nothing is cached here. */
export async function loadModule(build: Build, module: ModuleName): Promise<WebAssembly.Module> {
  const { bytes } = await loaders[build][module]();
  return WebAssembly.compile(await inflate(bytes));
}

/** True when this machine's WebAssembly accepts relaxed SIMD (V8 ≥ 11.4, hence Node ≥ 21; Chrome ≥ 114; Firefox ≥ 145). */
export function supportsRelaxedSimd(): boolean {
  return WebAssembly.validate(RELAXED_PROBE);
}

/** (func (param v128 v128 v128) (result v128) local.get 0..2, f32x4.relaxed_madd) */
const RELAXED_PROBE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic, version
  ...[0x01, 0x08, 0x01, 0x60, 0x03, 0x7b, 0x7b, 0x7b, 0x01, 0x7b], // type
  ...[0x03, 0x02, 0x01, 0x00], // function
  ...[0x0a, 0x0d, 0x01, 0x0b, 0x00, 0x20, 0x00, 0x20, 0x01, 0x20, 0x02, 0xfd, 0x85, 0x02, 0x0b], // code
);

/** Node's zlib, where it can be had without an import that a bundler would try to follow (Node ≥ 20.16). */
function nodeZlib(): typeof import("node:zlib") | undefined {
  return typeof process === "object" && typeof process.getBuiltinModule === "function" ? process.getBuiltinModule("node:zlib") : undefined;
}

/** The modules of a small network take 2 ms by zlib in Node and 57 ms by a DecompressionStream; browsers have only the latter. */
async function inflate(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  const zlib = nodeZlib();
  if (zlib !== undefined) return Uint8Array.from(zlib.inflateRawSync(Buffer.from(base64, "base64")));
  const text = atob(base64);
  const deflated = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) deflated[i] = text.charCodeAt(i);
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
