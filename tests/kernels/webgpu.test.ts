/** What is WebGPU's own: training against the CPU's losses, one submit a step, values that stay on the device, a lost device, and the choice between backends. */
import { afterAll, expect, test, vi } from "vitest";
import { AutoBackend } from "../../packages/engine/src/backends/auto/backend.js";
import { AutoExecutable, requestFor } from "../../packages/engine/src/backends/auto/executable.js";
import { AutoSegment } from "../../packages/engine/src/backends/auto/segment.js";
import type { Backend, CompileRequest } from "../../packages/engine/src/backends/backend.js";
import { WasmBackend } from "../../packages/engine/src/backends/wasm/backend.js";
import type { WebGpuBackend } from "../../packages/engine/src/backends/webgpu/backend.js";
import { WebGpuDevice } from "../../packages/engine/src/backends/webgpu/device.js";
import { WebGpuExecutable } from "../../packages/engine/src/backends/webgpu/executable.js";
import { Engine } from "../../packages/engine/src/engine.js";
import { cnn } from "../../packages/engine/src/nn/cnn.js";
import { mlp } from "../../packages/engine/src/nn/mlp.js";
import { crossEntropy } from "../../packages/engine/src/ops/crossEntropy.js";
import { matmul } from "../../packages/engine/src/ops/matmul.js";
import { mse } from "../../packages/engine/src/ops/mse.js";
import { sum } from "../../packages/engine/src/ops/sum.js";
import { adam } from "../../packages/engine/src/optim/adam.js";
import type { Tensor } from "../../packages/engine/src/tensor.js";
import type { FitOptions } from "../../packages/engine/src/train/fit.js";
import { dataset } from "../browser/consumers/main.js";
import { GPU, openWebGpu } from "../support/backends.js";

const open: Backend[] = [];
afterAll(async () => {
  for (const backend of open) await backend.close();
});

async function webgpu(): Promise<WebGpuBackend> {
  const backend = await openWebGpu();
  open.push(backend);
  return backend;
}

async function wasm(): Promise<Backend> {
  const backend = await WasmBackend.create({ threads: 1 });
  open.push(backend);
  return backend;
}

const options = (more: Partial<FitOptions> = {}): FitOptions => ({
  ...dataset(200),
  loss: mse,
  optimizer: adam({ lr: 1e-3 }),
  batchSize: 32,
  epochs: 2,
  seed: 7,
  ...more,
});

/** Adam divides by the root of tiny second moments: an error of the last bit grows to some 1e-5 of the loss within a few steps. */
const CLOSE = 2e-4;

function expectClose(got: readonly number[], wanted: readonly number[]): void {
  expect(got.length).toBe(wanted.length);
  got.forEach((loss, i) => {
    expect(Math.abs(loss - (wanted[i] as number)) / Math.abs(wanted[i] as number), `step ${i}: ${loss}, ${wanted[i]}`).toBeLessThan(CLOSE);
  });
}

test("fit gathers the CPU's batches, ragged last ones too, and its losses agree", async () => {
  const net = () => mlp([4, 64, 32, 1], { activation: "relu" });
  const onCpu = await new Engine(await wasm()).fit(net(), options());
  const onGpu = await new Engine(await webgpu()).fit(net(), options());
  expectClose(onGpu.history.steps, onCpu.history.steps);
  const { x } = dataset(10);
  const [a, b] = [await onGpu.model.predict(x), await onCpu.model.predict(x)];
  a.forEach((value, i) => {
    expect(value).toBeCloseTo(b[i] as number, 3);
  });
});

test("a convolutional network with dropout drops the same units", async () => {
  const net = () => cnn({ input: [1, 8, 8], channels: [4], hidden: [16], classes: 3, dropout: 0.3 });
  const x = Float32Array.from({ length: 24 * 64 }, (_, i) => Math.sin(i * 1.7));
  const y = Int32Array.from({ length: 24 }, (_, i) => i % 3);
  const more = { x: { data: x, shape: [24, 1, 8, 8] }, y, loss: crossEntropy, batchSize: 8 } as Partial<FitOptions>;
  const onCpu = await new Engine(await wasm()).fit(net(), options(more));
  const onGpu = await new Engine(await webgpu()).fit(net(), options(more));
  expectClose(onGpu.history.steps, onCpu.history.steps);
});

test("a device that is also taken for a GPU runs its variants, and compiles no text twice", async () => {
  const { gpu } = await webgpu();
  const other = gpu.as(GPU);
  expect({ traits: other.traits, same: other.device === gpu.device }).toEqual({ traits: GPU, same: true });
  const text = "@compute @workgroup_size(1) fn main() {}";
  expect(await other.pipeline("nothing", text)).toBe(await gpu.pipeline("nothing", text));
  await expect(other.pipeline("wrong", "fn")).rejects.toMatchObject({ code: "INTERNAL" });
});

test("a step is one submit and creates nothing on the device", async () => {
  const backend = await webgpu();
  const engine = new Engine(backend);
  const net = mlp([4, 16, 1]);
  const store = engine.store(net.params);
  const program = await engine.compile(
    store,
    { x: [8, 4], y: [8, 1] },
    (params, { x, y }) => mse(net.apply(params, x as Tensor, { training: true }), y as Tensor),
    { optimizer: adam() },
  );
  const { x, y } = dataset(8);
  await program.step({ x, y });
  const { device } = backend.gpu;
  const calls = { submit: 0, created: 0 };
  const { submit } = device.queue;
  device.queue.submit = function (this: GPUQueue, ...args: Parameters<GPUQueue["submit"]>) {
    calls.submit++;
    return submit.apply(this, args);
  };
  for (const name of ["createBuffer", "createBindGroup", "createShaderModule", "createComputePipeline"] as const) {
    const made = device[name].bind(device) as (...args: unknown[]) => unknown;
    (device as unknown as Record<string, unknown>)[name] = (...args: unknown[]) => {
      calls.created++;
      return made(...args);
    };
  }
  for (let i = 0; i < 3; i++) await program.step({ x, y });
  expect(calls).toEqual({ submit: 3, created: 0 });
  expect(() => store.get("layers.0.weight")).toThrow(/await store.pull/);
  await store.pull();
  expect(store.get("layers.0.weight").length).toBe(64);
  const times = await program.profileAsync();
  expect(times.map(({ title }) => title)).toContain("end_step");
  const { threads } = await program.trace(2);
  expect(threads).toHaveLength(1);
  expect(threads[0]).toHaveLength(2);
  program.close();
});

test("a device that is lost in the middle of training: one warning, and the same losses on another device", async () => {
  const warnings: string[] = [];
  const net = () => mlp([4, 32, 1], { activation: "tanh" });
  const more = { epochs: 6 };
  const whole = await new Engine(await webgpu()).fit(net(), options(more));
  const backend = await webgpu();
  let lost = false;
  const run = await new Engine(backend, (message) => warnings.push(message)).fit(
    net(),
    options({
      ...more,
      onProgress({ epoch }) {
        if (lost || epoch < 3) return;
        lost = true;
        backend.gpu.device.destroy();
      },
    }),
  );
  expect(run.outcome).toBe("finished");
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/the WebGPU device was lost.*training goes on from step \d+ on a new device/);
  expectClose(run.history.steps, whole.history.steps);
});

test("a program on both backends goes on where the CPU has left off, at the rate of that step", async () => {
  const [cpuBackend, gpuBackend] = [await wasm(), await webgpu()];
  const net = mlp([4, 16, 1], { activation: "tanh" });
  const { x, y } = dataset(8);
  const optimizer = adam({ lr: (step) => 1e-2 / (1 + step) });
  const shapes = { x: [8, 4], y: [8, 1] };
  const loss = (params: Record<string, Tensor>, inputs: Record<string, Tensor>) =>
    mse(net.apply(params, inputs["x"] as Tensor, { training: true }), inputs["y"] as Tensor);
  const alone = new Engine(cpuBackend);
  const single = await alone.compile(alone.store(net.params), shapes, loss, { optimizer });
  const wanted = Array.from({ length: 11 }, () => single.stepSync({ x, y }).loss);
  // As the engine makes them where the GPU wins.
  const both: Backend = Object.assign(Object.create(cpuBackend) as Backend, {
    allocate: (dtype: "f32", length: number) => new AutoSegment(cpuBackend.allocate(dtype, length)),
    async compile(request: CompileRequest) {
      const cpu = await cpuBackend.compile(requestFor(request, (segment) => segment.host));
      const gpu = await WebGpuExecutable.compile(
        gpuBackend.gpu,
        requestFor(request, (segment) => segment.on(gpuBackend.gpu)),
      );
      return new AutoExecutable(request, cpu, gpu, gpuBackend.gpu, true, "as asked");
    },
  });
  const engine = new Engine(both);
  const program = await engine.compile(engine.store(net.params), shapes, loss, { optimizer });
  const got = Array.from({ length: 3 }, () => program.stepSync({ x, y }).loss);
  while (got.length < 8) got.push((await program.step({ x, y })).loss);
  // And back again: the moments come, too.
  expect(() => program.stepSync()).toThrow(/is on the GPU.*await program\.pull\(\)/s);
  await program.pull();
  got.push(program.stepSync().loss, (await program.step()).loss);
  await program.pull();
  got.push(program.stepSync().loss);
  expectClose(got, wanted);
  program.close();
});

test("indices out of range are a DATA error", async () => {
  const { take } = await import("../../packages/engine/src/ops/take.js");
  const engine = new Engine(await webgpu());
  const f = ({ x, i }: Record<string, Tensor>) => take(x as Tensor, i as Tensor);
  await expect(engine.run(f, { x: [[1], [2], [3]], i: Int32Array.of(0, 3) })).rejects.toMatchObject({ code: "DATA" });
  expect([...(await engine.run(f, { x: [[1], [2], [3]], i: Int32Array.of(0, 2) })).data]).toEqual([1, 3]);
});

test("one value larger than the adapter binds is refused by name", async () => {
  const backend = await webgpu();
  const most = backend.gpu.device.limits.maxStorageBufferBindingSize;
  const rows = Math.ceil(most / 4 / 1024) + 1;
  const engine = new Engine(backend);
  const compile = engine.compileFunction(({ x }) => sum(x as Tensor), { x: [rows, 1024] });
  await expect(compile).rejects.toThrow(/OUT_OF_MEMORY|larger than .* can bind.*x \[/);
});

test("left alone, the engine compares predictions or measurements and says so, and a software adapter gets no product", async () => {
  const { gpu } = await webgpu();
  const backend = await AutoBackend.create({});
  open.push(backend);
  const engine = new Engine(backend);
  const program = await engine.compileFunction(({ a, b }) => matmul(a as Tensor, b as Tensor), { a: [512, 512], b: [512, 512] });
  const kept = /wasm (relaxed|baseline)-simd ×\d+: (predicted|measured) [\d.]+ m?s a step \(webgpu (predicted|measured) /;
  const given = /^webgpu: (predicted|measured) [\d.]+ [mµ]?s a step \(wasm (relaxed|baseline)-simd ×\d+ (predicted|measured) /;
  expect(program.placement).toMatch(gpu.adapter.info.isFallbackAdapter ? kept : given);
  const small = await engine.compileFunction(({ a, b }) => matmul(a as Tensor, b as Tensor), { a: [8, 8], b: [8, 8] });
  expect(small.placement).toMatch(/below what any GPU takes/);
});

test("memory that the device has not, a store larger than it binds, pipelines that cannot be made", async () => {
  const { gpu } = await webgpu();
  const engine = new Engine(await webgpu());
  const { device } = gpu;
  const { createBuffer } = device;
  const popErrorScope = device.popErrorScope.bind(device);
  // What a driver without memory says of large buffers.
  let refused = false;
  const made = vi.spyOn(device, "createBuffer").mockImplementation((descriptor) => {
    refused = descriptor.size >= 2 ** 20;
    return createBuffer.call(device, descriptor);
  });
  const popped = vi.spyOn(device, "popErrorScope").mockImplementation(() => {
    const own = refused;
    refused = false;
    return popErrorScope().then((error) => (own ? ({ message: "no room" } as GPUError) : error));
  });
  try {
    const compile = engine.compileFunction(({ a, b }) => sum(matmul(a as Tensor, b as Tensor)), { a: [512, 512], b: [512, 512] });
    await expect(compile).rejects.toMatchObject({
      code: "OUT_OF_MEMORY",
      message: expect.stringMatching(/has not enough memory — got no room.*largest values: a f32\[512, 512\] 1 MiB; b .*; matmul .*; sum /),
    });
  } finally {
    made.mockRestore();
    popped.mockRestore();
  }
  const most = device.limits.maxStorageBufferBindingSize / 4;
  expect(() => engine.backend.allocate("f32", most + 4)).toThrow(
    /numbers that lie together, as a store's parameters do, \d+ bytes, expected at most/,
  );
  const wrong = gpu.pipeline("test", "@compute @workgroup_size(1) fn other() {}", { N: 3 });
  await expect(wrong).rejects.toThrow(/test: the pipeline cannot be made: .*main.* — got the variant const N = 3;/s);
});

test("an adapter that gives no device leaves the plan on the CPU, and is named where it was asked for", async () => {
  const { gpu } = await webgpu();
  const none = vi.spyOn(Object.getPrototypeOf(gpu.adapter) as GPUAdapter, "requestDevice").mockRejectedValue(new Error("not today"));
  const slow = vi.spyOn(WasmBackend.prototype, "machine").mockReturnValue({ flopsPerSecond: 1e6, bytesPerSecond: 1e6, describe: "" });
  try {
    await expect(WebGpuDevice.open()).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("gives no device — got not today"),
    });
    const backend = await AutoBackend.create({});
    open.push(backend);
    const program = await new Engine(backend).compileFunction(({ a }) => matmul(a as Tensor, a as Tensor), { a: [256, 256] });
    expect(program.placement).toMatch(/gives no device/);
  } finally {
    none.mockRestore();
    slow.mockRestore();
  }
});

test("a processor that measured itself too slow is timed on the plan before shaders are compiled", async () => {
  const { gpu } = await webgpu();
  const backend = await AutoBackend.create({});
  open.push(backend);
  // A hundredth of what processors do: software adapters that multiply at 0.26 to 2.3 GFLOP/s are then no three times as fast or slow.
  const slow = vi.spyOn(WasmBackend.prototype, "machine").mockReturnValue({ flopsPerSecond: 5e8, bytesPerSecond: 1e9, describe: "" });
  const compiled = vi.spyOn(WebGpuExecutable, "compile");
  try {
    const engine = new Engine(backend);
    const program = await engine.compileFunction(({ a, b }) => matmul(a as Tensor, b as Tensor), { a: [512, 512], b: [512, 512] });
    expect(slow).toHaveBeenCalled();
    if (!gpu.adapter.info.isFallbackAdapter) return;
    expect(program.placement).toMatch(/wasm (relaxed|baseline)-simd ×\d+: measured [\d.]+ [mµ]?s a step \(webgpu predicted /);
    expect(compiled).not.toHaveBeenCalled();
  } finally {
    slow.mockRestore();
    compiled.mockRestore();
  }
});
