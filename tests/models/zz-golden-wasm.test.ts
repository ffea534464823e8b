import { afterAll, expect, test } from "vitest";
import { goldenError, goldenFunction, readGoldenIndex, runGolden } from "../support/ops-golden.js";
import { BUILDS, closeBackends, runOnWasm } from "../support/wasm-executor.js";
afterAll(closeBackends);
const folder = "/work/shared/golden/ops";
test("wasm", async () => {
  const rows: [number, string][] = []; const failed: string[] = []; let n = 0;
  for (const golden of readGoldenIndex(folder)) {
    const f = goldenFunction(golden.op);
    if (f === "later" || f === undefined) continue;
    for (const build of BUILDS) for (const float of ["f32", "f64"] as const) {
      try {
        const cs = await runGolden(folder, golden, f, (g, o, feeds) => runOnWasm(build, g, o, feeds, [1]), float);
        n++;
        for (const c of cs) {
          const e = goldenError(c);
          const largest = c.expected.data.reduce((m, v) => Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m, 1e-300);
          const rel = c.got.data.reduce((m, v, i) => v === c.expected.data[i] ? m : Math.max(m, Math.abs(v - c.expected.data[i]!)), 0) / largest;
          if (float === "f64") { if (!(e < 1e-13)) rows.push([e, `f64 ${build} ${golden.file} ${c.name} ${e.toExponential(1)}`]); }
          else { const t = golden.f32_error[c.name] ?? 0; if (!(rel <= Math.max(3 * t, 3e-7))) rows.push([rel, `f32 ${build} ${golden.file} ${c.name} rel ${rel.toExponential(1)} torch ${t}`]); }
        }
      } catch (e) { failed.push(`${golden.file} ${build} ${float}: ${(e as Error).message.slice(0, 120)}`); }
    }
  }
  rows.sort((a, b) => b[0] - a[0]);
  console.log(n, "runs\n" + rows.slice(0, 40).map((r) => r[1]).join("\n"), "\nFAILED " + failed.length + "\n" + failed.filter((f) => f.includes("baseline f32")).join("\n"));
  expect(1).toBe(1);
});
