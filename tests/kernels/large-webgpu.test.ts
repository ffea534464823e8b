/** Shaders that only large operands reach, in the variants of processors and of GPUs, against the float64 reference. */
import * as engine from "@tetrad/engine";
import { afterAll, describe, expect, test } from "vitest";
import { TESTED_BACKENDS } from "../support/backends.js";
import { LARGE_CASES } from "../support/large-cases.js";
import { opFaults } from "../support/op-faults.js";
import { opsOf } from "../support/ops-cases.js";

const ops = new Map(opsOf(engine).map((op) => [op.name, op]));

describe.each(TESTED_BACKENDS.filter(({ name }) => name.startsWith("webgpu")))("$name", ({ run, close }) => {
  afterAll(close);
  test.each(Object.entries(LARGE_CASES))("%s", async (name, cases) => {
    const op = ops.get(name);
    if (op === undefined) throw new Error(`there is no op ${name}`);
    expect(await opFaults({ ...op, cases: () => cases }, "f32", false, run)).toEqual([]);
  });
});
