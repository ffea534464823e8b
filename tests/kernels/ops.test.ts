/** Every op's own cases on every backend, forward and backward, against the float64 references; on wasm both builds, f32 and f64, 1, 2 and 4 threads. */
import { afterAll, describe, expect, test } from "vitest";
import * as ops from "../../packages/engine/src/ops/index.js";
import { TESTED_BACKENDS } from "../support/backends.js";
import { opFaults } from "../support/op-faults.js";
import { opsOf } from "../support/ops-cases.js";

const all = opsOf(ops);

test("there are ops to test", () => expect(all.length).toBeGreaterThan(80));

describe.each(TESTED_BACKENDS)("$name", ({ floats, run, close, share }) => {
  afterAll(close);
  describe.each(floats)("%s", (float) => {
    test.each(all.map((op) => [op.name, op] as const))("%s", async (_, op) => {
      expect(await opFaults(op, float, floats.includes("f64"), run, share)).toEqual([]);
    });
  });
});
