// What `tetrad sample` reads before it starts a worker: theory and data, and the folder of an unfinished run.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readTheoryAndData, type SamplingPlan } from "../../packages/cli/src/sampling/plan.js";
import { discardRun, keepState, openJobs, unfinishedFolder } from "../../packages/cli/src/sampling/unfinished.js";

const folder = mkdtempSync(join(tmpdir(), "tetrad-plan-"));
beforeAll(() => {
  writeFileSync(
    join(folder, "two.yaml"),
    "name: t\nmodels: {one: a*x, other: a}\ndata: {x: x, y: y, error: e}\nparameters: {a: {start: 1}}\n",
  );
  writeFileSync(join(folder, "d.csv"), "x,y,e\n1,2,1\n2,3,1\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

const plan: SamplingPlan = {
  theory: "t.yaml",
  model: null,
  data: "d.csv",
  named: {},
  folder: null,
  sampler: "nuts",
  chains: 2,
  options: { seed: 0, draws: 10 },
  nested: {},
  family: "full-rank",
  sha256: "0",
};

test("one of several models is asked for by name", async () => {
  const read = (model: string | null) =>
    readTheoryAndData({ theory: join(folder, "two.yaml"), model, data: join(folder, "d.csv"), named: {}, folder: null });
  expect((await read("other")).theory.name).toBe("t/other");
  await expect(read(null)).rejects.toThrow(/the file holds several models — expected --model with one of one, other/);
  await expect(read("third")).rejects.toThrow(/there is no model third — expected --model with one of one, other/);
});

test("an unfinished run is neither overwritten nor taken for another", async () => {
  const out = join(folder, "out");
  await expect(openJobs(out, plan, 2, true)).rejects.toThrow(/out holds no unfinished run. Hint: leave out --resume/);
  expect(await openJobs(out, plan, 2, false)).toEqual([
    { index: 0, state: null },
    { index: 1, state: null },
  ]);
  await keepState(unfinishedFolder(out), 1, { iteration: 7 });
  await expect(openJobs(out, plan, 2, false)).rejects.toThrow(/out holds an unfinished run. Hint: go on with --resume/);
  await expect(openJobs(out, { ...plan, options: { seed: 1, draws: 10 } }, 2, true)).rejects.toThrow(
    /was another one — got options \{"seed":1,"draws":10\}, expected options \{"seed":0,"draws":10\}/,
  );
  expect(await openJobs(out, plan, 2, true)).toEqual([
    { index: 0, state: null },
    { index: 1, state: { iteration: 7 } },
  ]);
  discardRun(out);
  expect(existsSync(out)).toBe(false);
});
