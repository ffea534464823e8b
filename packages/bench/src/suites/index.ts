/** The suites, in the order of a whole run; each is loaded when it is measured. */
import type { Suite } from "../suite.js";

type Loader = () => Promise<{ readonly run: Suite }>;

export const SUITES = {
  startup: () => import("./startup.js"),
  memory: () => import("./memory.js"),
  theory: () => import("./theory.js"),
  mlp: () => import("./mlp.js"),
  cnn: () => import("./cnn.js"),
  bert: () => import("./bert.js"),
  gpt: () => import("./gpt.js"),
  int8: () => import("./int8.js"),
  decode: () => import("./decode.js"),
  generate: () => import("./generate.js"),
  gemm: () => import("./gemm.js"),
  ops: () => import("./ops.js"),
  scaling: () => import("./scaling.js"),
  // The last: a peer's open device keeps a core busy until the run ends.
  webgpu: () => import("./webgpu.js"),
} as const satisfies Record<string, Loader>;

export type SuiteName = keyof typeof SUITES;
export const SUITE_NAMES = Object.keys(SUITES) as SuiteName[];
