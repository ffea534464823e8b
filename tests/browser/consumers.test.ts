/**
 * The built packages through Vite, esbuild and webpack without configuration, in a real Chromium: the same losses as in Node, bit for bit on wasm, and a
 * main thread that stays free.
 */
import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as esbuild } from "esbuild";
import type { Browser } from "playwright-core";
import { build as vite } from "vite";
import { afterAll, describe, expect, test } from "vitest";
import webpack from "webpack";
import { serveFolder } from "../../scripts/static-server.mjs";
import { openChromium, openPage } from "../support/browser.js";
import { tinyBert } from "../support/tiny-model.js";
import { trainTexts } from "./consumers/language.js";
import { dataset, train } from "./consumers/main.js";

const SOURCE = fileURLToPath(new URL("consumers", import.meta.url));
const folders: string[] = [];
let browser: Browser;

afterAll(async () => {
  await browser?.close();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

/** A folder with the page, whose `main.js` the bundler has replaced. */
async function site(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tetrad-consumer-"));
  folders.push(folder);
  return folder;
}

/** The page as a bundler makes it, made once. */
function built(name: string): Promise<string> {
  const known = pages.get(name);
  if (known !== undefined) return known;
  const page = site().then(async (folder) => {
    await (BUNDLERS[name] as (out: string) => Promise<void>)(folder);
    return folder;
  });
  pages.set(name, page);
  return page;
}
const pages = new Map<string, Promise<string>>();

const WASM = { backend: "wasm" } as const;

const BUNDLERS: Readonly<Record<string, (out: string) => Promise<void>>> = {
  async vite(out) {
    await vite({ configFile: false, root: SOURCE, logLevel: "error", build: { outDir: out, emptyOutDir: true } });
  },
  async esbuild(out) {
    await esbuild({
      entryPoints: [join(SOURCE, "main.js")],
      outdir: out,
      bundle: true,
      splitting: true,
      format: "esm",
      minify: true,
      logLevel: "error",
    });
    await cp(join(SOURCE, "index.html"), join(out, "index.html"));
  },
  async webpack(out) {
    const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) =>
      webpack({ mode: "production", entry: join(SOURCE, "main.js"), output: { path: out, filename: "main.js" } }, (error, result) =>
        error ? reject(error) : resolve(result),
      ),
    );
    expect(stats?.toJson({ errors: true }).errors).toEqual([]);
    await writeFile(join(out, "index.html"), '<!doctype html><link rel="icon" href="data:," /><script src="./main.js"></script>');
  },
};

describe.each(Object.keys(BUNDLERS))("%s", (name) => {
  test("trains in a page, with threads and without, to Node's very losses", async () => {
    const folder = await built(name);
    browser ??= await openChromium();
    const expected = await train({ backend: "wasm" });
    for (const isolated of [true, false]) {
      const served = await serveFolder(folder, { isolated });
      const page = await openPage(browser, served.url);
      await page.waitForFunction(() => window.train !== undefined);
      const got = await page.evaluate(() => window.train({ backend: "wasm" }));
      expect(got.losses, `isolated: ${isolated}`).toEqual(expected.losses);
      expect(got.predicted).toEqual(expected.predicted);
      await page.close();
      await served.close();
    }
    // The same bundle with a language model: from an address, chosen files and the site's own file system.
    await tinyBert(join(folder, "tiny"));
    const texts = await trainTexts(WASM, join(folder, "tiny"), join(folder, "trained"));
    const served = await serveFolder(folder);
    const page = await openPage(browser, served.url);
    await page.waitForFunction(() => window.language !== undefined);
    const address = `${served.url}tiny`;
    const all = await page.evaluate(async ([options, from, names]) => (await window.language()).trainFromEverywhere(options, from, names), [
      WASM,
      address,
      await readdir(join(folder, "tiny")),
    ] as const);
    expect(all).toEqual([texts, texts, texts]);
    await page.close();
    await served.close();
  });
});

test("WebGPU in a bundled page: the CPU's losses, to what products in another order differ by", async () => {
  const folder = await built("esbuild");
  browser ??= await openChromium();
  const expected = await train({ backend: "wasm" });
  const served = await serveFolder(folder);
  const page = await openPage(browser, served.url);
  await page.waitForFunction(() => window.train !== undefined);
  const got = await page.evaluate(() => window.train({ backend: "webgpu" }));
  expect(got.placement).toMatch(/^webgpu on /);
  expect(got.losses).toHaveLength(expected.losses.length);
  // 48 steps of Adam: sums of 64 terms differ by some 2^-22 a step, and steps of 1e-3 carry that on.
  got.losses.forEach((loss, i) => expect(Math.abs(loss / (expected.losses[i] as number) - 1), `step ${i}`).toBeLessThan(1e-4));
  await page.close();
  await served.close();
});

describe("a page whose policy forbids all that it need not have", () => {
  const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src data:";
  const WORKER = fileURLToPath(new URL("../../packages/engine/dist/worker.js", import.meta.url));

  test.each([
    ["workers from blobs where they are allowed", `${POLICY} blob:`.replace("worker-src 'self'", "worker-src blob:"), undefined, undefined],
    ["workers from a file", POLICY, "./worker.js", undefined],
    ["no workers", POLICY, undefined, /own thread computes.*serve @tetrad\/engine\/worker.js/],
    ["workers from an address where there is none", POLICY, "./nothing.js", /own thread computes.*workerUrl must be the address/],
  ] as const)("%s", async (_, policy, workerUrl, warning) => {
    const folder = await built("esbuild");
    await cp(WORKER, join(folder, "worker.js"));
    browser ??= await openChromium();
    const expected = await train({ backend: "wasm" });
    for (const isolated of [true, false]) {
      const served = await serveFolder(folder, { isolated, policy });
      const page = await openPage(browser, served.url);
      await page.waitForFunction(() => window.train !== undefined);
      const { losses, warnings } = await page.evaluate(async (url) => {
        const warnings: string[] = [];
        const onWarning = (message: string) => void warnings.push(message);
        const { losses } = await window.train({ backend: "wasm", onWarning, ...(url !== undefined && { workerUrl: url }) });
        return { losses, warnings };
      }, workerUrl);
      expect(losses, `isolated: ${isolated}`).toEqual(expected.losses);
      expect(warnings).toHaveLength(warning === undefined ? 0 : 1);
      if (warning !== undefined) expect(warnings[0]).toMatch(warning);
      await page.close();
      await served.close();
    }
  });
});

test("a page whose policy forbids WebAssembly is told which directive allows it", async () => {
  browser ??= await openChromium();
  const policy = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:";
  const served = await serveFolder(await built("esbuild"), { isolated: true, policy });
  const page = await openPage(browser, served.url);
  await page.waitForFunction(() => window.train !== undefined);
  const error = await page.evaluate(() =>
    window.train({ backend: "wasm" }).then(
      () => undefined,
      ({ code, message }: { code: string; message: string }) => ({ code, message }),
    ),
  );
  expect(error).toMatchObject({ code: "UNSUPPORTED", message: expect.stringMatching(/WebAssembly.*script-src 'wasm-unsafe-eval'/s) });
  await page.close();
  await served.close();
});

test("the main thread stays free during training", async () => {
  const folder = await built("vite");
  browser ??= await openChromium();
  for (const isolated of [true, false]) {
    const served = await serveFolder(folder, { isolated });
    const page = await openPage(browser, served.url);
    await page.waitForFunction(() => window.train !== undefined);
    // The first run loads and compiles; what it takes is not training.
    await page.evaluate(() => window.train({ backend: "wasm" }));
    await page.evaluate(() => window.longestTask());
    await page.evaluate(() => window.train({ backend: "wasm" }, { rows: 4096, epochs: 10 }));
    const longest = await page.evaluate(() => window.longestTask());
    console.log(`longest task of the main thread, isolated ${isolated}: ${longest.toFixed(0)} ms`);
    // The watch does see a thread that is blocked; half of that is what a busy machine may add to a short task.
    const blocked = await page.evaluate(async () => {
      for (const end = performance.now() + 400; performance.now() < end; );
      await new Promise((resolve) => setTimeout(resolve, 50));
      return window.longestTask();
    });
    expect(blocked).toBeGreaterThanOrEqual(400);
    expect(longest).toBeLessThan(200);
    await page.close();
    await served.close();
  }
});

test("the data set is what it says", () => {
  const { x, y } = dataset(3);
  expect(x.length).toBe(12);
  expect([...y].every(Number.isFinite)).toBe(true);
});

declare global {
  interface Window {
    train: typeof train;
    longestTask(): number;
    language(): Promise<typeof import("./consumers/language.js")>;
  }
}
