/** Watches a WebGPU device for indices beyond the end of what they index: every shader that it compiles gets checks, and says where one failed. */
import { COPY_DST, COPY_SRC, MAP_MODE_READ, MAP_READ, STAGE_COMPUTE, STORAGE } from "../../packages/engine/src/backends/webgpu/flags.js";
import { checkIndices } from "./checked-indices.js";

/** Places in texts that one device may have. */
const MOST = 1 << 18;

export interface BoundsAudit {
  /** What has been indexed beyond its end since the last call, in words. */
  faults(): Promise<string[]>;
}

/** From now on all that the device compiles is checked; the notes are bound in a group of their own, so that kernels keep their bindings. */
export function auditBounds(device: GPUDevice): BoundsAudit {
  const places: string[] = [];
  const notes = device.createBuffer({ size: 4 * MOST, usage: STORAGE | COPY_SRC | COPY_DST });
  const staging = device.createBuffer({ size: 4 * MOST, usage: MAP_READ | COPY_DST });
  const layout = device.createBindGroupLayout({ entries: [{ binding: 0, visibility: STAGE_COMPUTE, buffer: { type: "storage" } }] });
  const group = device.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer: notes } }] });

  // The notes' binding is one that chains cannot have.
  const { limits } = device;
  const maxStorageBuffersPerShaderStage = limits.maxStorageBuffersPerShaderStage - 1;
  Object.defineProperty(device, "limits", {
    value: new Proxy(limits, {
      get: (own, name) => (name === "maxStorageBuffersPerShaderStage" ? maxStorageBuffersPerShaderStage : Reflect.get(own, name, own)),
    }),
  });
  const createShaderModule = device.createShaderModule.bind(device);
  device.createShaderModule = ({ label, code }) => {
    const checked = checkIndices(code, places.length);
    places.push(...checked.places.map((place) => `${label}: ${place}`));
    if (places.length > MOST) throw new Error(`more than ${MOST} places are indexed`);
    return createShaderModule({ label: label ?? "", code: checked.text });
  };
  const createPipelineLayout = device.createPipelineLayout.bind(device);
  device.createPipelineLayout = ({ bindGroupLayouts }) => createPipelineLayout({ bindGroupLayouts: [...bindGroupLayouts, layout] });
  const createCommandEncoder = device.createCommandEncoder.bind(device);
  device.createCommandEncoder = (descriptor) => {
    const encoder = createCommandEncoder(descriptor);
    const beginComputePass = encoder.beginComputePass.bind(encoder);
    encoder.beginComputePass = (pass) => {
      const begun = beginComputePass(pass);
      begun.setBindGroup(1, group);
      return begun;
    };
    return encoder;
  };

  return {
    async faults() {
      const encoder = createCommandEncoder();
      const size = 4 * places.length;
      if (size === 0) return [];
      encoder.copyBufferToBuffer(notes, 0, staging, 0, size);
      encoder.clearBuffer(notes, 0, size);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(MAP_MODE_READ, 0, size);
      const beyond = new Uint32Array(staging.getMappedRange(0, size)).slice();
      staging.unmap();
      return places.flatMap((place, i) => (beyond[i] === 0 ? [] : [`${place} is ${beyond[i]} beyond its end`]));
    },
  };
}
