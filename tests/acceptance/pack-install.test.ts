// A user's first minutes: the real tarballs, installed into a new TypeScript project that type-checks and trains, on the oldest Node that is promised
// (baseline SIMD: Node 20 has no relaxed SIMD) and on the project's own (relaxed SIMD).
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { node20 } from "../support/node20.js";
import { execute, installProject, pack, temporaryFolder } from "../support/pack.js";
import { root } from "../support/root.js";

const folder = temporaryFolder();

const program = `
import { adam, createEngine, mlp, mse } from "@tetrad/engine";

// y = 2a − b/2 + 1/4 on a grid of 8 × 8 points
const x: number[][] = [];
const y: number[][] = [];
for (let i = 0; i < 64; i++) {
  const a = (i % 8) / 8;
  const b = Math.floor(i / 8) / 8;
  x.push([a, b]);
  y.push([2 * a - b / 2 + 0.25]);
}

const engine = await createEngine();
const net = mlp([2, 16, 1], { activation: "relu" });
const run = await engine.fit(net, { x, y, loss: mse, optimizer: adam({ lr: 0.01 }), batchSize: 16, epochs: 60 });
await run.model.save("line");
const loaded = await engine.load("line");
const trained: Float32Array = await run.model.predict([[0.5, 0.5]]);
const reloaded: Float32Array = await loaded.predict([[0.5, 0.5]]);
const { backend, build } = engine.describe();
engine.close();
console.log(JSON.stringify({ backend, build, loss: run.history.loss, trained: trained[0], reloaded: reloaded[0] }));
`;

// the strictest that users have: no skipLibCheck, so the packages' own declarations are checked too, and no types of Node
const tsconfig = {
  compilerOptions: {
    strict: true,
    exactOptionalPropertyTypes: true,
    target: "ES2022",
    lib: ["ES2022", "DOM"],
    module: "nodenext",
    types: [],
    outDir: "dist",
  },
  include: ["train.ts"],
};

beforeAll(() => {
  installProject(folder, pack(folder), { "train.ts": program, "tsconfig.json": JSON.stringify(tsconfig) });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a strict TypeScript project compiles against the published declarations", () => {
  execute(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", folder], folder);
});

/** What the compiled program reports when it runs on this Node. */
function train(node: string): { backend: string; build: string; loss: number[]; trained: number; reloaded: number } {
  return JSON.parse(execute(node, [join("dist", "train.js")], folder));
}

test.each([
  ["Node 20", "baseline", node20],
  ["this Node", "relaxed", () => process.execPath],
])("trains on %s with the %s build", (_name, build, node) => {
  const result = train(node());
  expect(result).toMatchObject({ backend: "auto", build });
  expect(result.loss).toHaveLength(60);
  expect(result.loss.at(-1)).toBeLessThan(result.loss[0]! / 100);
  expect(result.trained).toBeCloseTo(1, 1);
  expect(result.reloaded).toBe(result.trained);
});

test("the command line runs from its tarball on Node 20", () => {
  const program = join(folder, "node_modules", "@tetrad", "cli", "dist", "bin.js");
  expect(execute(node20(), [program, "--help"], folder)).toMatch(/usage: tetrad/i);
  expect(execute(node20(), [program, "devices"], folder)).toContain("baseline");
});
