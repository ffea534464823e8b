// Every op's gradient against central differences of its float64 reference, on all its cases, and the gradient's own gradient on the small ones.
import { describe, expect, test } from "vitest";
import { TetradError } from "../../packages/engine/src/errors.js";
import type { Op, OpCase } from "../../packages/engine/src/op.js";
import * as ops from "../../packages/engine/src/ops/index.js";
import { sizeOf } from "../../packages/engine/src/shape.js";
import { checkGradientCase, checkSecondOrderCase, opsOf } from "../support/ops-cases.js";

/** Rounds what it takes, so that differences are zero nearly everywhere; its slope is held against the product that it stands for (kernels/quantized.test.ts). */
const STRAIGHT_THROUGH = new Set(["linearInt8"]);
// A scan's cases hold traced bodies of one type; tests of transforms check it.
const all = opsOf(ops)
  .filter((op) => op.lowering.kind !== "scan" && !STRAIGHT_THROUGH.has(op.name))
  .sort((a, b) => (a.name < b.name ? -1 : 1));
/** Ops that say themselves that they cannot be differentiated. */
const WITHOUT_GRADIENT = new Set(["attentionBackward", "attentionBiasGradient", "trigamma"]);
/** Ops whose gradient cannot be differentiated. */
const WITHOUT_SECOND = new Set(["attention", "digamma", "trigamma"]);

function checkAll(op: Op, cases: readonly OpCase[], check: (op: Op, single: OpCase) => number): number {
  return cases.reduce((compared, single) => {
    try {
      return compared + check(op, single);
    } catch (error) {
      throw new Error(`${op.name}, case "${single.name}": ${(error as Error).message}`, { cause: error });
    }
  }, 0);
}

function elements({ inputs }: OpCase): number {
  return inputs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

test("ops are found", () => {
  expect(all.length).toBeGreaterThan(90);
  expect(new Set(all.map((op) => op.name)).size).toBe(all.length);
});

describe.each(all.map((op) => [op.name, op] as const))("%s", (name, op) => {
  const differentiable =
    !returnsNoFloat(op) &&
    op.cases().some(({ inputs }) => inputs.some(({ dtype, frozen }) => frozen !== true && (dtype ?? "f32").startsWith("f")));

  if (WITHOUT_GRADIENT.has(name)) {
    test("has no gradient", () => {
      expect(() => checkGradientCase(op, op.cases()[3] as OpCase)).toThrow(TetradError);
    });
    return;
  }

  test("gradient", () => {
    const compared = checkAll(op, op.cases(), checkGradientCase);
    expect(compared > 0 || !differentiable).toBe(true);
  });

  if (WITHOUT_SECOND.has(name)) return;
  test("second order", () => {
    const small = op.cases().filter((single) => elements(single) > 0 && elements(single) <= 60);
    const compared = checkAll(op, small, checkSecondOrderCase);
    expect(compared > 0 || !differentiable || small.length === 0).toBe(true);
  });
});

function returnsNoFloat(op: Op): boolean {
  const [single] = op.cases();
  if (single === undefined) return true;
  const specs = single.inputs.map(({ shape, dtype }) => ({ shape, dtype: dtype ?? ("f32" as const) }));
  return op.infer(specs, single.attrs).every(({ dtype }) => dtype === "bool" || dtype === "i32");
}
