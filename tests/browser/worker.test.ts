/** An engine in a page's own worker, whose threads' first start needs the event loop: Node's losses bit for bit, awaited or not, with shared memory or without. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveFolder } from "../../scripts/static-server.mjs";
import { buildPage, openChromium, openPage } from "../support/browser.js";
import { losses } from "./pages/worker/losses.js";

let browser: Browser;
let built: Awaited<ReturnType<typeof buildPage>>;

beforeAll(async () => {
  built = await buildPage("worker");
});

afterAll(async () => {
  await browser?.close();
  await built?.remove();
});

test.each([true, false])("isolated: %s", async (isolated) => {
  browser ??= await openChromium();
  const site = await serveFolder(built.folder, { isolated });
  const page = await openPage(browser, site.url);
  const expected = await losses(true);
  expect(await page.evaluate(() => window.lossesInWorker(false))).toEqual(expected);
  expect(await page.evaluate(() => window.lossesInWorker(true))).toEqual(expected);
  await page.close();
  await site.close();
});
