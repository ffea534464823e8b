/** Sampling in the playground as a person does it: the posterior that is known, Node's draws, a page that answers meanwhile, stopping, and mistakes told. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createEngine, readTable } from "@tetrad/engine";
import { chainTable, chainTarget, createLikelihood, loadTheories, sampleChains } from "@tetrad/theory";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectBriefTasks } from "../support/main-thread.js";
import { leave, Playground } from "../support/playground.js";
import { root } from "../support/root.js";

const folder = join(root, "examples/cosmic-chronometers");
let playground: Playground;

beforeAll(async () => {
  playground = await Playground.serve();
});

afterAll(() => playground?.close());

test("flat ΛCDM is sampled in workers to its known posterior, with Node's draws", async () => {
  const seen = await playground.visit("fit");
  const { page } = seen;
  const said = (id: string) => page.locator(id).textContent();
  const prepare = async () => {
    await page.reload();
    await expect.poll(() => said("#fit-results")).toMatch(/Om0\.31956/);
    await page.getByLabel("draws of each").fill("1000");
  };
  await expectBriefTasks(await playground.browser(), page, prepare, async () => {
    await page.locator("#posterior-start").click();
    await expect.poll(() => said("#posterior-verdict"), { timeout: 60_000 }).toMatch(/^converged/);
  });
  expect(await said("#posterior-pace")).toMatch(
    /^4000 draws, largest r̂ 1\.00\d, fewest effective draws \d+, \d+ effective draws a second .* 0 divergences$/,
  );
  await expect.poll(() => page.locator("svg.corner .region").count()).toBe(2);
  await expect.poll(() => page.locator("svg.traces .trace").count()).toBe(8);
  const row = async (i: number) => (await page.locator("#posterior-results tr").nth(i).textContent()) ?? "";
  const [, om = "", omSd = ""] = /^Om([\d.]+) ± ([\d.]+)/.exec(await row(1)) ?? [];
  const [, h0 = "", h0Sd = ""] = /^H0([\d.]+) ± ([\d.]+)/.exec(await row(2)) ?? [];
  // The posterior by quadrature on a grid of 1201². Four Monte Carlo errors of 400 effective draws: σ/5 for the mean, σ/√50 for σ.
  expect(Math.abs(Number(om) - 0.33236)).toBeLessThan(0.0623 / 5);
  expect(Math.abs(Number(omSd) - 0.0623)).toBeLessThan(0.0623 / 7);
  expect(Math.abs(Number(h0) - 67.727)).toBeLessThan(3.098 / 5);
  expect(Math.abs(Number(h0Sd) - 3.098)).toBeLessThan(3.098 / 7);

  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#posterior-csv").click()]);
  const drawn = readTable(await readFile(await download.path()), "draws.csv");
  const [archive] = await Promise.all([page.waitForEvent("download"), page.locator("#posterior-getdist").click()]);
  expect(archive.suggestedFilename()).toBe("chains.zip");
  const files = Object.entries(unzipSync(new Uint8Array(await readFile(await archive.path()))));
  const rowsOf = new Map(files.map(([name, bytes]) => [name, new TextDecoder().decode(bytes).trimEnd().split("\n")]));
  const chainNames = [1, 2, 3, 4].map((chain) => `flat-lcdm_${chain}.txt`);
  expect([...rowsOf.keys()].sort()).toEqual(["flat-lcdm.paramnames", "flat-lcdm.ranges", ...chainNames].sort());
  expect(rowsOf.get("flat-lcdm.ranges")).toEqual(["Om 0 1", "H0 40 110"]);
  const named = (rowsOf.get("flat-lcdm.paramnames") as string[]).map((line) => line.split(" ", 1)[0] as string);
  const saved = chainNames.map((name) => (rowsOf.get(name) as string[]).map((line) => line.split(" ").map(Number)));
  expect(saved.map((chain) => chain.length)).toEqual([1000, 1000, 1000, 1000]);
  const all = saved.flat();
  for (const [i, name] of named.entries()) {
    // The file of CSV beside it, to ten digits; weights are 1, the second column is −ln density.
    const at = drawn.columns.indexOf(name.replace("*", ""));
    const apart = Math.max(...all.map((cells, j) => Math.abs((cells[i + 2] as number) / Number(drawn.rows[j]?.[at]) - 1)));
    expect(apart, name).toBeLessThan(1e-9);
    // And the page's own table, to the digits that it shows.
    const [, mean = "", sd = ""] = /([-\d.]+) ± ([\d.]+)/.exec(await row(i + 1)) ?? [];
    const average = all.reduce((sum, cells) => sum + (cells[i + 2] as number), 0) / all.length;
    const spread = Math.sqrt(all.reduce((sum, cells) => sum + ((cells[i + 2] as number) - average) ** 2, 0) / (all.length - 1));
    const lastDigit = (text: string) => 10 ** -(text.split(".")[1]?.length ?? 0);
    expect(Math.abs(average - Number(mean)), `mean of ${name}`).toBeLessThan(0.51 * lastDigit(mean));
    expect(Math.abs(spread - Number(sd)), `sd of ${name}`).toBeLessThan(0.51 * lastDigit(sd));
  }
  expect(all.every(([weight]) => weight === 1)).toBe(true);
  const density = Number(drawn.rows[0]?.[drawn.columns.indexOf("log_density")]);
  expect(Math.abs((all[0]?.[1] as number) / -density - 1)).toBeLessThan(1e-9);
  const [theory] = await loadTheories(join(folder, "flat-lcdm.yaml"));
  if (theory === undefined) throw new Error("there is no theory");
  const engine = await createEngine({ backend: "wasm", threads: 1 });
  const likelihood = await createLikelihood(engine, theory, readTable(await readFile(join(folder, "hz.csv")), "hz.csv"));
  const table = chainTable(theory, sampleChains(chainTarget(likelihood), { chains: 1, warmup: 1000, draws: 1000, seed: 0 }));
  likelihood.close();
  await engine.close();
  for (const { name, values } of [...table.quantities, { name: "log_density", values: table.logDensity }]) {
    const at = drawn.columns.indexOf(name);
    // Kernels give the same bits; exp, log and cos of Chromium's V8 and of Node's differ in the last one, which JavaScript leaves open. Under the same
    // random numbers chains draw together rather than apart, so that it stays a rounding error; one flipped decision would be of the size of σ.
    const apart = Math.max(...drawn.rows.slice(0, 1000).map((cells, i) => Math.abs(Number(cells[at]) / (values[i] as number) - 1)));
    expect(apart, name).toBeLessThan(1e-9);
  }
  await leave(seen);
});

test("a run stops, goes on and ends; mistakes are told with their line; a file of one's own is read", async () => {
  const seen = await playground.visit("fit", { width: 390, height: 844 }, "dark");
  const { page } = seen;
  const said = (id: string) => page.locator(id).textContent();
  await expect.poll(() => said("#fit-results")).toMatch(/Om0\.31956/);
  await page.getByLabel("draws of each").fill("10000");
  await page.getByLabel("warm-up").fill("100");
  await page.locator("#posterior-start").click();
  await expect.poll(() => page.locator("svg.corner .region").count(), { timeout: 30_000 }).toBe(2);
  await page.keyboard.press("Enter"); // the focus is on "Stop"
  await expect.poll(() => said("#posterior-verdict"), { timeout: 30_000 }).toMatch(/^stopped; /);
  const draws = async () => Number.parseInt((await said("#posterior-pace")) ?? "", 10);
  const before = await draws();
  expect(before).toBeLessThan(40_000);
  await page.locator("#posterior-continue").click();
  await expect.poll(draws, { timeout: 60_000 }).toBe(40_000);
  await expect.poll(() => said("#posterior-verdict"), { timeout: 30_000 }).toMatch(/^converged/);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);

  const text = page.getByLabel("theory as YAML");
  const right = await text.inputValue();
  await text.fill(right.replace("parameters:", "paramaters:"));
  await expect
    .poll(() => page.locator("p.error").first().textContent())
    .toMatch(/unknown key "paramaters".*text:6.*did you mean "parameters"/);
  await text.fill(right);
  const rows = [0, 0.5, 1, 1.5, 2].map((z) => `${z},${70 * Math.sqrt(0.3 * (1 + z) ** 3 + 0.7)},2`);
  const buffer = Buffer.from(["z,H,sigma_H", ...rows, ""].join("\n"));
  await page.locator("#fit-file").setInputFiles({ name: "own.csv", mimeType: "text/csv", buffer });
  await expect.poll(() => said("#fit-results")).toMatch(/Om0\.30000 ± .*H070\.000 ± /);
  await leave(seen);
});
