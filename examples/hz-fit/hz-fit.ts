// The study as a program: node hz-fit.ts
import { createEngine } from "@tetrad/engine";
import { fitTheory, loadTheories, sampleTheory, verifyTheory } from "@tetrad/theory";

const engine = await createEngine({ threads: 1 });
const [theory] = await loadTheories(`${import.meta.dirname}/flat-lcdm.yaml`); // names its data
if (theory === undefined) throw new Error("the file holds no theory");

const fit = await fitTheory(engine, theory);
for (const { name, value, uncertainty } of fit.parameters) console.log(`${name} = ${value.toFixed(4)} ± ${uncertainty?.toFixed(4)}`);
console.log(`χ² = ${fit.chi2.toFixed(3)} with ${fit.dof} degrees of freedom`);

const { summaries, verdict } = await sampleTheory(engine, theory, undefined, { draws: 1000, seed: 0 });
for (const { name, mean, sd } of summaries) console.log(`${name}: ${mean.toFixed(3)} ± ${sd.toFixed(3)}`);
console.log(verdict.converged ? "converged" : verdict.reasons.join("; "));

const { outcome, findings } = await verifyTheory(engine, theory, undefined, { fits: 40 });
for (const { title, outcome: own, verdict: said } of findings) console.log(`${own}: ${title}: ${said}`);
console.log(outcome);
await engine.close();
