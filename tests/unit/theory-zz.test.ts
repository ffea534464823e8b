import { test } from "vitest";
import { readFile } from "node:fs/promises";
import { createEngine, readTable } from "@tetrad/engine";
import { loadTheories, fitTheory, createLikelihood, fitLikelihood } from "@tetrad/theory";
test("probe", async () => {
  const table = readTable(await readFile("examples/cosmic-chronometers/hz.csv"), "hz.csv");
  for (const backend of ["reference","wasm"] as const) {
  const engine = await createEngine({ backend });
  console.log(engine.describe());
  for (const f of ["linear","flat-lcdm","curved-lcdm"]) {
    const [theory] = await loadTheories(`examples/cosmic-chronometers/${f}.yaml`);
    const r = await fitTheory(engine, theory!, table);
    console.log(backend, f, r.parameters.map(p=>[p.name,p.value,p.uncertainty]).join(" | "), r.chi2, r.derived.map(p=>[p.name,p.value,p.uncertainty]).join(" | "), r.milliseconds, r.evaluations, r.messages);
    if (backend==="wasm") {
      const l = await createLikelihood(engine, theory!, table);
      const th = l.start; const N=20000;
      for (let i=0;i<N;i++) l.valueAndGradient(th);
      const t=performance.now(); for (let i=0;i<N;i++) l.valueAndGradient(th); console.log("µs per call", (performance.now()-t)/N*1e3);
      const t2=performance.now(); fitLikelihood(l); console.log("fit ms", performance.now()-t2);
      console.log((l as any).objective.explain());
    }
  }
  engine.close();
  }
});
