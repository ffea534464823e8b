/** Runs ops' own cases in a page, on whichever backend is asked for, against the float64 references. */
import type { Backend } from "../../../../packages/engine/src/backends/backend.js";
import { type BackendName, openBackend } from "../../../../packages/engine/src/backends/select.js";
import * as ops from "../../../../packages/engine/src/ops/index.js";
import { opFaults } from "../../../support/op-faults.js";
import { opsOf, runTwice } from "../../../support/ops-cases.js";

const all = opsOf(ops);
const backends = new Map<BackendName, Promise<Backend>>();

declare global {
  interface Window {
    opNames: readonly string[];
    runOps(backend: BackendName, names: readonly string[]): Promise<string[]>;
  }
}

window.opNames = all.map(({ name }) => name);
window.runOps = async (name, names) => {
  if (!backends.has(name)) backends.set(name, openBackend({ backend: name }));
  const backend = (await backends.get(name)) as Backend;
  const faults: string[] = [];
  for (const op of all.filter((one) => names.includes(one.name))) {
    try {
      const wide = name !== "webgpu";
      // Some of the cases that Node leaves out unless it is asked for all of them (tests/support/backends.ts): a page shows that shaders run in a browser.
      const share = wide ? {} : { every: 16, first: 3, gradients: false };
      faults.push(...(await opFaults(op, "f32", wide, (...request) => runTwice(backend, ...request), share)));
    } catch (error) {
      faults.push(`${op.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return faults;
};
