// A kernel's variant is one word of its launch: tuning writes it, a table sets it, and choices() names it. GEMM's word "accumulate" stands in for a
// variant here, because it is the one whose effect is seen from outside: C grows with every run.
import { createEngine, deviceKey, type FunctionProgram, matmul, type Tensor, type TuningTable } from "@tetrad/engine";
import { expect, test, vi } from "vitest";
import type { WasmExecutable } from "../../packages/engine/src/backends/wasm/executable.js";
import type { Launch } from "../../packages/engine/src/plan/plan.js";
import { launchKey } from "../../packages/engine/src/plan/variants.js";

vi.mock("../../packages/engine/src/plan/variants.js", async (original) => ({
  ...(await original<object>()),
  variantsOf: (launch: Launch) => (launch.kernel === "gemm_f32" ? { scalar: 10, names: ["overwrite", "accumulate"] } : undefined),
}));

const a = [1, 2, 3, 4];
const b = [5, 6, 7, 8];
const product = [19, 22, 43, 50];
const times = (factor: number) => product.map((x) => x * factor);

async function compiled(tuning?: TuningTable): Promise<{ program: FunctionProgram; executable: WasmExecutable; close(): Promise<void> }> {
  const engine = await createEngine({ backend: "wasm", threads: 1, ...(tuning && { tuning }) });
  const program = await engine.compileFunction((inputs) => matmul(inputs["a"] as Tensor, inputs["b"] as Tensor), { a: [2, 2], b: [2, 2] });
  const { executable } = program as unknown as { executable: WasmExecutable };
  return { program, executable, close: () => engine.close() };
}

const call = (program: FunctionProgram) => Array.from(program.callSync({ a, b })["output"] as Float32Array);

test("setVariant writes the launch's own word", async () => {
  const { program, executable, close } = await compiled();
  expect(program.choices()).toEqual([{ title: "gemm_f32", variant: "overwrite", source: "default table" }]);
  expect([call(program), call(program)]).toEqual([product, product]);
  executable.setVariant(0, 1);
  expect([call(program), call(program)]).toEqual([times(2), times(3)]);
  expect(program.choices()).toEqual([{ title: "gemm_f32", variant: "accumulate", source: "tuned just now" }]);
  executable.setVariant(0, 0);
  expect(call(program)).toEqual(product);
  await close();
});

test("a table's variant is in the plan from the start; a name that no longer exists is passed over", async () => {
  const { executable, close } = await compiled();
  const key = launchKey(executable.untunedPlan.launches[0] as Launch);
  await close();
  const table = (variant: string): TuningTable => ({
    format: "tetrad-tuning",
    device: deviceKey(),
    plans: {},
    launches: { [key]: { variant, date: "2026-02-03" } },
  });
  const tuned = await compiled(table("accumulate"));
  expect(tuned.program.choices()).toEqual([{ title: "gemm_f32", variant: "accumulate", source: "tuned on 2026-02-03 (given table)" }]);
  const first = call(tuned.program);
  expect(call(tuned.program).map((x, i) => x - (first[i] as number))).toEqual(product);
  await tuned.close();
  const stale = await compiled(table("of an older version"));
  expect(stale.program.choices()).toEqual([{ title: "gemm_f32", variant: "overwrite", source: "default table" }]);
  await stale.close();
});

// It ends by itself within a second: there is little to try.
test("tune tries the variants and leaves one of them", async () => {
  const { program, close } = await compiled();
  const { table, untried } = program.tune({ seconds: 30 });
  const [choice] = program.choices();
  expect(untried).toBe(0);
  expect(Object.values(table.launches).map(({ variant }) => variant)).toEqual(choice?.variant === "accumulate" ? ["accumulate"] : []);
  await close();
});
