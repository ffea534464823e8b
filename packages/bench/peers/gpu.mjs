// Dawn's adapter as a page has it, for libraries that were written for pages; VK_ICD_FILENAMES says which driver.
import { create, globals } from "webgpu";

// Without a page's guards of memory, as ours runs in Node: shaders without clamps are faster whosever they are.
const FEATURES = ["enable-dawn-features=disable_workgroup_init,disable_robustness"];

export function openNavigatorGpu() {
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis.navigator, "gpu", { value: create(FEATURES), configurable: true });
}

const names = ["gemm", "softmax", "gelu", "layerNorm", "attention", "mlp", "gpt"];

/** The tasks of the `webgpu` suite. The library is started with the first of them: an open device keeps a core busy, which CPU suites need. */
export function lazily(start) {
  let tasks;
  const open = (name) => async (problem) => {
    tasks ??= start();
    return (await tasks)[name](problem);
  };
  return Object.fromEntries(names.map((name) => [`gpu-${name}`, open(name)]));
}
