/** A real Chromium with WebGPU on SwiftShader, and pages built by Vite from tests/browser/pages, served with or without isolation. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { missing } from "./missing.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const PLACES = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

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
  const executablePath = PLACES.find((path) => path !== undefined && existsSync(path));
  if (executablePath === undefined)
    missing("chromium", "needs Chromium; install with: apt-get install chromium (or set CHROMIUM to its path)");
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

export interface Site {
  readonly url: string;
  close(): Promise<void>;
}

export interface ServeOptions {
  /** Headers that let a page share memory with workers. */
  readonly isolated?: boolean;
  /** Content security policy. */
  readonly policy?: string;
}

/** Serves a folder on the loopback interface. */
export async function serve(folder: string, { isolated = true, policy }: ServeOptions = {}): Promise<Site> {
  const server: Server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname));
    const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
    readFile(file).then(
      (body) => {
        response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream");
        if (isolated) {
          response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
          response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
        }
        if (policy !== undefined) response.setHeader("Content-Security-Policy", policy);
        response.end(body);
      },
      () => {
        response.statusCode = 404;
        response.end();
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
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
