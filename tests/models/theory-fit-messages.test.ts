// What a fit says of itself where its numbers alone would mislead: parameters that the data leave open, and a χ² that chance does not bring about.
import { createEngine, type Engine } from "@tetrad/engine";
import { fitTheory, parseTheory } from "@tetrad/theory";
import { afterAll, beforeAll, expect, test } from "vitest";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "wasm" });
});
afterAll(() => engine.close());

const x = [0, 1, 2, 3, 4, 5, 6, 7];
const scatter = [0.3, -0.9, 0.5, 1.1, -0.4, -1.2, 0.8, 0.1];

/** Messages of a fit to 1 + 2x with the scatter of eight normal numbers. */
async function said(model: string, parameters: string, { sigma = 0.1, scale = 0.1, bend = 0 } = {}): Promise<string> {
  const y = x.map((at, i) => 1 + 2 * at + scale * (scatter[i] as number) + bend * at * at);
  const theory = parseTheory(`name: t\nmodel: ${model}\ndata: { x: x, y: y, error: s }\nparameters: { ${parameters} }\n`);
  const fit = await fitTheory(engine, theory, { columns: { x, y, s: x.map(() => sigma) } });
  expect(fit.converged).toBe(true);
  return fit.messages.join("\n");
}

test("a good fit says nothing", async () => {
  expect(await said("a + b*x", "a: { start: 1 }, b: { start: 1 }")).toBe("");
});

test("a parameter that may be anything between its bounds", async () => {
  const weak = "a: { start: 1 }, b: { start: 1 }, c: { start: 0, bounds: [-60, 60] }";
  expect(await said("a + b*x + 1e-3*c*sin(x)", weak)).toMatch(/^The data hardly determine c: .* bounds -60 and 60/);
  expect(await said("a + b*x + c*sin(x)", weak)).toBe("");
});

test("two parameters that do the same", async () => {
  expect(await said("a + (b + c)*x + 1e-3*c*x^2", "a: { start: 1 }, b: { start: 1 }, c: { start: 0 }")).toMatch(
    /^b and c are all but interchangeable \(correlation -0\.9999\d+\)/m,
  );
});

test("data that the theory does not describe, and errors that are too large", async () => {
  expect(await said("a + b*x", "a: { start: 1 }, b: { start: 1 }", { bend: 1 })).toMatch(
    /^χ² per degree of freedom is 2810: .*does not describe the data/,
  );
  expect(await said("a + b*x", "a: { start: 1 }, b: { start: 1 }", { scale: 1e-3 })).toMatch(/the data scatter less than their errors say/);
});
