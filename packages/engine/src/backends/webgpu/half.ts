/** Whether a device's own conversion of f16 may be used for weights. */
import type { WebGpuDevice } from "./device.js";
import { COPY_DST, COPY_SRC, MAP_MODE_READ, MAP_READ, STORAGE, UNIFORM } from "./flags.js";

/** Tries all finite f16 on a device that is given the variants of shader-f16: WGSL lets it take subnormals for zero. */
export async function widensHalves(gpu: WebGpuDevice): Promise<boolean> {
  const { device } = gpu;
  const compiled = await gpu.pipeline("probe_half", await gpu.shaders.load("core", "probe_half"));
  const words = device.createBuffer({ size: 16, usage: UNIFORM });
  const wrong = device.createBuffer({ size: 16, usage: STORAGE | COPY_SRC });
  const staging = device.createBuffer({ size: 16, usage: MAP_READ | COPY_DST });
  const entries = compiled.bindings.map(({ number }) => ({ binding: number, resource: { buffer: number === 0 ? words : wrong } }));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(compiled.pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout: compiled.layout, entries }));
  pass.dispatchWorkgroups(2 ** 16 / 2 / 64);
  pass.end();
  encoder.copyBufferToBuffer(wrong, 0, staging, 0, 16);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(MAP_MODE_READ);
  const [count] = new Uint32Array(staging.getMappedRange());
  for (const buffer of [words, wrong, staging]) buffer.destroy();
  return count === 0;
}
