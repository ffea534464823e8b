// What one page loads to train a multilayer perceptron: bundles scripts/size/page.ts as a user's bundler would, runs it and keeps the files that
// were really loaded (kernel families come by dynamic import, so the list is found by running) in .size/loaded, where size-limit weighs them.
import { copyFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { root, run } from "./setup.mjs";

const here = fileURLToPath(new URL("size", import.meta.url));

/**
 * @param {string} [folder] where to work; it is emptied first
 * @returns {Promise<{ name: string, bytes: number, gzipped: number }[]>} the files that the page loads, largest first
 */
export async function measurePage(folder = join(root, ".size")) {
  rmSync(folder, { recursive: true, force: true });
  const page = join(folder, "page");
  const loaded = join(folder, "loaded");
  mkdirSync(loaded, { recursive: true });
  await build({
    configFile: false,
    root: here,
    logLevel: "error",
    resolve: { alias: [{ find: /^@tetrad\/(.+)$/, replacement: join(root, "packages", "$1", "src", "index.ts") }] },
    build: {
      target: "es2022",
      outDir: page,
      emptyOutDir: true,
      modulePreload: false,
      rolldownOptions: { input: join(here, "page.ts"), external: /^node:/, output: { entryFileNames: "page.js" } },
    },
  });
  const list = join(folder, "loaded.txt");
  const code = await run(process.execPath, ["--import", pathToFileURL(join(here, "record.mjs")).href, join(page, "page.js")], {
    env: { TETRAD_LOADED: list },
    stdoutTo: "stderrOnFailure",
  });
  if (code !== 0) throw new Error(`the bundled page ended with exit code ${code}`);
  const urls = new Set(readFileSync(list, "utf8").split("\n"));
  const files = [...urls].filter((url) => url.startsWith(pathToFileURL(page).href)).map((url) => fileURLToPath(url));
  for (const file of files) copyFileSync(file, join(loaded, basename(file)));
  return files
    .map((file) => ({ name: basename(file), bytes: readFileSync(file).length, gzipped: gzipSync(readFileSync(file), { level: 9 }).length }))
    .sort((a, b) => b.gzipped - a.gzipped);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const files = await measurePage();
  for (const { name, bytes, gzipped } of files)
    console.log(`${name.padEnd(40)} ${String(bytes).padStart(9)} B ${String(gzipped).padStart(9)} B gzipped`);
}
