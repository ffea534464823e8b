/** A real Chromium with WebGPU on SwiftShader, and pages built by Vite from tests/browser/pages. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { findChromium } from "../../scripts/chromium.mjs";
import { missing } from "./missing.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const FLAGS = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  // SwiftShader spends nine tenths of a compilation on zeroing workgroup memory, which no kernel relies on.
  "--enable-dawn-features=disable_workgroup_init",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--no-first-run",
];

/** Ends the running test where there is no Chromium: a failure in CI, a named skip elsewhere. */
export async function openChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath(), headless: true, args: FLAGS });
}

function chromiumPath(): string {
  const path = findChromium();
  return path ?? missing("chromium", "needs Chromium; install with: apt-get install chromium (or set CHROMIUM to its path)");
}

/** A Chromium whose storage lies in a folder and outlives it. */
export async function openProfile(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, { executablePath: chromiumPath(), headless: true, args: FLAGS });
}

/** Ends the processes of such a browser as a power cut would. */
export async function killProfile(folder: string, context: BrowserContext): Promise<void> {
  const closed = new Promise((resolve) => context.once("close", resolve));
  // pkill is told the folder alone, which no other process has among its arguments.
  if (spawnSync("pkill", ["-KILL", "-f", folder]).status !== 0) throw new Error("there was no browser to kill");
  await closed;
}

/** Builds one page of tests/browser/pages against the packages' sources; returns the folder and how to remove it. */
export async function buildPage(name: string): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "tetrad-page-"));
  const packages = ["kernels-wasm", "kernels-wgsl", "engine", "theory"];
  await build({
    configFile: false,
    root: join(ROOT, "tests/browser/pages", name),
    logLevel: "error",
    resolve: { alias: packages.map((own) => ({ find: `@tetrad/${own}`, replacement: join(ROOT, "packages", own, "src/index.ts") })) },
    worker: { format: "es" },
    build: { outDir: folder, emptyOutDir: true, target: "es2022", minify: false, chunkSizeWarningLimit: 10_000 },
  });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A page that reports its errors as ours. */
export async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage();
  page.on("pageerror", (error) => {
    throw error;
  });
  await page.goto(url);
  return page;
}
