/** The playground as a person uses it: each part in a real Chromium, the exported model opened by Node, keyboard, narrow screens, both colour schemes, no request to anyone else. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine, decodeNumbers, encodeInputs, parsePreprocessing, readTable } from "@tetrad/engine";
import { sampleUniverses } from "@tetrad/theory";
import { unzipSync } from "fflate";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { leave, Playground } from "../support/playground.js";

let playground: Playground;

beforeAll(async () => {
  playground = await Playground.serve();
});

afterAll(() => playground?.close());

const visit = (...where: Parameters<Playground["visit"]>) => playground.visit(...where);

describe.each([
  ["desktop, light", { width: 1200, height: 900 }, "light"],
  ["phone, dark", { width: 390, height: 844 }, "dark"],
] as const)("%s", (_, viewport, scheme) => {
  test("a theory is fitted, follows its text and its priors, and says what is wrong with a formula", async () => {
    const seen = await visit("fit", viewport, scheme);
    const { page } = seen;
    const results = page.locator("#fit-results");
    await expect.poll(() => results.textContent()).toMatch(/Om0\.31956 ± 0\.059/);
    await page.getByLabel("start from").selectOption("curved ΛCDM");
    await expect.poll(() => results.textContent()).toMatch(/Ok/);
    await page.getByLabel("start from").selectOption("flat ΛCDM");
    await page.getByRole("checkbox", { name: "prior on H0" }).check();
    await page.getByLabel("mean of the prior on H0").fill("74");
    await page.getByLabel("width of the prior on H0").fill("1.54");
    await expect.poll(() => results.textContent()).toMatch(/H07[23]\.\d+ ± 1\./);
    const text = page.getByLabel("theory as YAML");
    await text.fill((await text.inputValue()).replace("sqrt(Om", "sqrt(Omega"));
    await expect.poll(() => page.locator("p.error").textContent()).toMatch(/Omega/);
    // Nothing sticks out to the side.
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
    await leave(seen);
  });
});

test("an emulator is trained, and Node opens what the page exports", async () => {
  const seen = await visit("train");
  const { page } = seen;
  const message = page.locator("#train-message");
  for (const wrong of ["0", "-5", "1.5", ""]) {
    await page.getByLabel("epochs").fill(wrong);
    await page.locator("#train-start").click();
    await expect.poll(() => message.textContent()).toBe("epochs must be a whole number from 1 to 400");
  }
  await page.getByLabel("epochs").fill("12");
  await page.locator("#train-start").click();
  await expect
    .poll(() => message.textContent(), { timeout: 60_000 })
    .toMatch(/epoch 12 of 12.*median error on held-out universes \d\.\d+ %/);
  const median = Number(/universes ([\d.]+) %/.exec((await message.textContent()) ?? "")?.[1]);
  expect(median).toBeLessThan(2);
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#train-export").click()]);
  expect(download.suggestedFilename()).toBe("age-of-the-universe.zip");
  const folder = await mkdtemp(join(tmpdir(), "tetrad-export-"));
  const { readFile } = await import("node:fs/promises");
  const files = unzipSync(new Uint8Array(await readFile(await download.path())));
  expect(Object.keys(files).sort()).toEqual(["age-of-the-universe/config.json", "age-of-the-universe/model.safetensors"]);
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name.split("/")[1] as string), bytes);
  const engine = await createEngine({ backend: "wasm" });
  const model = await engine.load(folder);
  // What was done to the columns is there, too: universes that the page has not seen have their ages.
  const { preprocessing } = model.extra["tetrad"] as { preprocessing: unknown };
  const coding = parsePreprocessing(preprocessing, "config.json");
  const { inputs, ages, n } = sampleUniverses(200, 77);
  const rows = Array.from({ length: n }, (_, i) => Array.from(inputs.subarray(4 * i, 4 * i + 4)).join(","));
  const table = readTable(["gravity,matter,dark_energy,curvature", ...rows].join("\n"), "universes.csv");
  const found = decodeNumbers(coding, await model.predict({ data: encodeInputs(coding, table).x, shape: [n, 4] }));
  const errors = Array.from(found, (age, i) => Math.abs(age / (ages[i] as number) - 1)).sort((a, b) => a - b);
  expect(errors[n >> 1]).toBeLessThan(0.02);
  await engine.close();
  await rm(folder, { recursive: true, force: true });
  await page.locator("#train-keep").click();
  await expect.poll(() => message.textContent()).toMatch(/survives a reload/);
  await page.reload();
  await page.locator("#train-kept").click();
  await expect.poll(() => message.textContent()).toBe(`the kept network: median error on held-out universes ${median.toFixed(2)} %`);
  await leave(seen);
});

test("digits are learnt, and a drawn 1 is read", async () => {
  const seen = await visit("digits");
  const { page } = seen;
  await page.locator("#digits-start").click();
  const message = page.locator("#digits-message");
  await expect.poll(() => message.textContent(), { timeout: 120_000 }).toMatch(/after epoch 5: [\d.]+ %/);
  expect(Number(/: ([\d.]+) %/.exec((await message.textContent()) ?? "")?.[1])).toBeGreaterThan(85);
  const box = await page.locator("canvas.pad").boundingBox();
  if (box === null) throw new Error("there is nothing to draw on");
  await page.mouse.move(box.x + 110, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + 112, box.y + 180, { steps: 10 });
  await page.mouse.up();
  const bars = page.locator(".bars span:nth-child(3n)");
  await expect.poll(() => bars.allTextContents()).toHaveLength(10);
  const read = async () => {
    const percents = (await bars.allTextContents()).map(Number.parseFloat);
    return percents.indexOf(Math.max(...percents));
  };
  expect(await read()).toBe(1);
  // The same by keys alone.
  await page.getByRole("button", { name: "Clear" }).click();
  await expect.poll(() => bars.count()).toBe(0);
  await page.locator("canvas.pad").focus();
  for (const key of [...new Array(9).fill("ArrowUp"), " ", ...new Array(18).fill("ArrowDown"), " "]) await page.keyboard.press(key);
  await expect.poll(() => bars.count()).toBe(10);
  expect(await read()).toBe(1);
  await leave(seen);
});

test("a plan is a picture that can be walked through with the keyboard", async () => {
  const seen = await visit("plan");
  const { page } = seen;
  await expect.poll(() => page.locator("#plan-message").textContent(), { timeout: 30_000 }).toMatch(/\d+ launches, \d+ µs/);
  const first = page.locator("svg.plan rect").first();
  await first.focus();
  await expect.poll(() => page.locator("#plan-detail").textContent()).toMatch(/gemm_f32.*µs.*roofline/);
  await page.keyboard.press("Tab");
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("rect");
  await leave(seen);
});

test("the backend can be switched to WebGPU and back; tabs are reached by arrow keys", async () => {
  const seen = await visit("engine");
  const { page } = seen;
  await page.locator("#backend-choice").selectOption("webgpu");
  await page.locator("#backend-apply").click();
  await expect.poll(() => page.locator("#backend-message").textContent(), { timeout: 30_000 }).toMatch(/webgpu on .*SwiftShader/i);
  await page.locator("#tab-engine").focus();
  await page.keyboard.press("ArrowRight");
  // Fits are in f64, which stays on the CPU whatever trains.
  await expect.poll(() => page.locator("#fit-results").textContent(), { timeout: 30_000 }).toMatch(/Om0\.31956/);
  await page.locator("#tab-engine").click();
  await page.locator("#backend-choice").selectOption("auto");
  await page.locator("#backend-apply").click();
  await expect.poll(() => page.locator("#status").textContent()).toMatch(/wasm (relaxed|baseline) SIMD/);
  await leave(seen);
});

describe("what the page loads", () => {
  /** Gzipped bytes of scripts, with the kernels in them, styles and markup, until something has been done. */
  async function loadedFor(part: string, done: (page: Page) => Promise<void>): Promise<number> {
    const context = await (await playground.browser()).newContext();
    const page = await context.newPage();
    const loaded: Promise<number>[] = [];
    const { gzipSync } = await import("node:zlib");
    page.on("response", (response) => {
      if (/\.(js|css|html)$|\/$/.test(new URL(response.url()).pathname))
        loaded.push(response.body().then((body) => gzipSync(body, { level: 9 }).length));
    });
    const started = performance.now();
    await page.goto(`${playground.url}#${part}`);
    await done(page);
    const ms = performance.now() - started;
    const bytes = (await Promise.all(loaded)).reduce((sum, size) => sum + size, 0);
    console.log(`${part}: ${(bytes / 1000).toFixed(1)} kB gzipped, ${ms.toFixed(0)} ms`);
    await context.close();
    return bytes;
  }

  test("before its first training step", async () => {
    const bytes = await loadedFor("train", async (page) => {
      await page.locator("#train-start").click();
      await expect.poll(() => page.locator("#train-message").textContent(), { timeout: 60_000, interval: 20 }).toMatch(/epoch \d+ of/);
    });
    expect(bytes).toBeLessThan(200_000);
  });

  test("before its first fit, without readers of YAML and CSV, which come with the first text of one's own", async () => {
    const bytes = await loadedFor("fit", async (page) => {
      await expect.poll(() => page.locator("#fit-results").textContent(), { timeout: 30_000 }).toMatch(/Om0\.31956/);
    });
    expect(bytes).toBeLessThan(200_000);
  });
});
