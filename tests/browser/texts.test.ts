/** Fine-tuning in the playground as a person does it: a model of a server or of this machine, a file of texts, a report, and a folder that Node opens. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createEngine, readTable } from "@tetrad/engine";
import { classify, openClassifier } from "@tetrad/language";
import { unzipSync } from "fflate";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hubServer } from "../support/hub-server.js";
import { BRIEF, longestTaskDuring } from "../support/main-thread.js";
import { leave, Playground } from "../support/playground.js";
import { sharedPath } from "../support/shared.js";
import { tinyBert } from "../support/tiny-model.js";

let playground: Playground;
let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "tetrad-texts-"));
  playground = await Playground.serve("--model", sharedPath("models/all-MiniLM-L6-v2"));
});

afterAll(async () => {
  await playground?.close();
  await rm(scratch, { recursive: true, force: true });
});

/** Four of Banking77's classes, sorted by class as that file is. */
const CLASSES = ["card_arrival", "exchange_rate", "lost_or_stolen_card", "top_up_failed"];

async function banking(each: number): Promise<string> {
  const { rows } = readTable(await readFile(sharedPath("data/intent-banking77/train.csv")), "train.csv");
  const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const chosen = CLASSES.flatMap((name) => rows.filter(([, label]) => label === name).slice(0, each));
  const path = join(scratch, `banking-${each}.csv`);
  await writeFile(path, ["text,category", ...chosen.map(([text, label]) => `${cell(text as string)},${label}`), ""].join("\n"));
  return path;
}

const said = (page: Page, id: string) => page.locator(id).textContent();

test("a page fine-tunes MiniLM from a server on a user's rows, and Node gives the exported folder's very answers", async () => {
  const seen = await playground.visit("engine");
  const { page } = seen;
  // What computes is asked for: the answers are compared with those of one and the same backend.
  await page.locator("#backend-choice").selectOption("wasm");
  await page.locator("#backend-apply").click();
  await expect.poll(() => said(page, "#backend-message")).toMatch(/as asked|wasm/);
  await page.locator("#tab-text").click();
  await page.locator("#text-place").selectOption("address");
  await page.locator("#text-address").fill("/model");
  await page.locator("#text-file").setInputFiles(await banking(30));
  await expect.poll(() => said(page, "#text-found")).toMatch(/^120 texts in 4 classes/);
  await page.getByLabel("rows to learn").fill("64");
  await page.getByLabel("epochs").fill("2");
  const { wall, cpu, tasks, elapsed } = await longestTaskDuring(await playground.browser(), page, async () => {
    await page.locator("#text-start").click();
    await expect
      .poll(() => said(page, "#text-pace"), { timeout: 60_000 })
      .toMatch(/step 8 of 8, epoch 2 of 2: loss \d\.\d+, \d+ tokens a second/);
    await expect.poll(() => said(page, "#text-message"), { timeout: 60_000 }).toMatch(/^done: [\d.]+ % of 32 texts/);
  });
  console.log(
    `the main thread while a model is opened, trained and measured: ${tasks} tasks, the longest ${wall.toFixed(0)} ms, ${cpu.toFixed(0)} ms of the processor`,
  );
  // Of the processor, since a busy machine adds to what a clock says; opening the model alone would be hundreds.
  expect(cpu).toBeGreaterThan(0);
  expect(cpu).toBeLessThan(BRIEF * elapsed);
  // A quarter is chance.
  expect(Number(/: ([\d.]+) %/.exec((await said(page, "#text-message")) ?? "")?.[1])).toBeGreaterThan(50);
  const counts = (await page.locator("#text-matrix td").allTextContents()).map(Number);
  expect([counts.length, counts.reduce((sum, count) => sum + count, 0)]).toEqual([16, 32]);

  const texts = ["where is my card?", "my top up did not work"];
  await page.getByLabel("texts to classify").fill(texts.join("\n"));
  await page.locator("#text-ask").click();
  await expect.poll(() => page.locator("#text-answers .bars").count()).toBe(2);
  const shown = await page
    .locator("#text-answers .bars > span:nth-child(3n + 1), #text-answers .bars > span:nth-child(3n)")
    .allTextContents();
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#text-export").click()]);
  expect(download.suggestedFilename()).toBe("text-classifier.zip");
  const folder = join(scratch, "exported");
  for (const [name, bytes] of Object.entries(unzipSync(new Uint8Array(await readFile(await download.path()))))) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  const engine = await createEngine({ backend: "wasm" });
  const answers = await classify(engine, await openClassifier(engine, join(folder, "text-classifier")), texts);
  await engine.close();
  const likeliest = answers.flatMap(({ probabilities }) =>
    CLASSES.map((name, i) => [name, probabilities[i] as number] as const)
      .sort((a, b) => b[1] - a[1])
      .slice(0, 3)
      .flatMap(([name, probability]) => [name, `${(100 * probability).toFixed(1)} %`]),
  );
  expect(likeliest).toEqual(shown);
  await leave(seen);
});

test("on a phone in the dark: a chosen folder, an adapter, stopped by the keyboard, and what is wrong is said", async () => {
  const seen = await playground.visit("text", { width: 390, height: 844 }, "dark");
  const { page } = seen;
  const message = () => said(page, "#text-message");
  await page.locator("#text-start").click();
  await expect.poll(message).toMatch(/Choose the model's folder/);
  await page.locator("#text-folder").setInputFiles(await tinyBert(join(scratch, "tiny")));
  const broken = join(scratch, "broken.csv");
  await writeFile(broken, "text,label\nonly one cell\n");
  await page.locator("#text-file").setInputFiles(broken);
  await expect.poll(message).toMatch(/broken\.csv: a row has the wrong number of cells/);
  await page.locator("#text-file").setInputFiles(await banking(8));
  await expect.poll(() => said(page, "#text-found")).toMatch(/^32 texts in 4 classes/);
  await page.locator("#text-method").selectOption("lora");
  expect(await page.getByLabel("learning rate").inputValue()).toBe("0.002");
  await page.getByLabel("epochs").fill("1000");
  await page.locator("#text-start").focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => said(page, "#text-pace"), { timeout: 60_000 }).toMatch(/step \d+ of 2000/);
  // Where the focus was is disabled now.
  await page.keyboard.press("Enter");
  await expect.poll(message, { timeout: 60_000 }).toMatch(/^stopped: [\d.]+ % of/);
  expect(await said(page, "#text-figures")).toMatch(/parameters are trained/);
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("text-start");
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
  await page.locator("#text-place").selectOption("address");
  await page.locator("#text-address").fill("/nowhere");
  await page.locator("#text-start").click();
  await expect.poll(message).toMatch(/\/nowhere\/config\.json: the server has no such file/);
  expect(await page.locator("#text-export").isDisabled()).toBe(true);
  await leave(seen);
});

test("a model of a Hub is kept in the browser, and used when the Hub cannot be reached", async () => {
  const folder = await tinyBert(join(scratch, "hub"));
  const files: Record<string, Uint8Array> = {};
  for (const name of await readdir(folder)) files[name] = await readFile(join(folder, name));
  const hub = await hubServer("test-org/tiny", files);
  const seen = await playground.visit("text");
  const { page } = seen;
  await page.locator("#text-file").setInputFiles(await banking(8));
  await page.locator("#text-place").selectOption("hub");
  await page.locator("#text-hub").fill(`${hub.url}/test-org/tiny`);
  await page.getByLabel("epochs").fill("1");
  const train = async () => {
    await expect.poll(() => page.locator("#text-start").isEnabled()).toBe(true);
    await page.locator("#text-start").click();
    await expect.poll(() => page.locator("#text-start").isEnabled(), { timeout: 60_000 }).toBe(true);
    expect(await said(page, "#text-message")).toMatch(/^done: /);
    return hub.asked.splice(0).length;
  };
  // The commit, two pages of a list, and each file, the largest of which is on another host
  expect(await train()).toBe(3 + Object.keys(files).length + Object.values(files).filter(({ length }) => length > 100_000).length);
  expect(await train()).toBe(3);
  await hub.close();
  expect(await train()).toBe(0);
  // To the Hub alone, and to where it sends the page
  expect(seen.foreign.every((address) => address.startsWith("http://127.0.0.1:"))).toBe(true);
  await leave({ ...seen, foreign: [] });
});
