/** Every op's own cases in a real Chromium: on WebGPU, and on wasm with threads and without. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveFolder } from "../../scripts/static-server.mjs";
import { buildPage, openChromium, openPage } from "../support/browser.js";

let browser: Browser;
let built: Awaited<ReturnType<typeof buildPage>>;

beforeAll(async () => {
  built = await buildPage("ops");
});

afterAll(async () => {
  await browser?.close();
  await built?.remove();
});

describe.each([
  ["webgpu", true],
  ["wasm", true],
  ["wasm", false],
] as const)("%s, isolated: %s", (backend, isolated) => {
  test("every op", async () => {
    browser ??= await openChromium();
    const site = await serveFolder(built.folder, { isolated });
    const page = await openPage(browser, site.url);
    expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(isolated);
    const names = await page.evaluate(() => window.opNames);
    expect(names.length).toBeGreaterThan(100);
    expect(await page.evaluate(([name, all]) => window.runOps(name, all), [backend, names] as const)).toEqual([]);
    await page.close();
    await site.close();
  });
});
