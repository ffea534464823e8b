// Embeds the shaders: src/generated/<family>.ts holds the texts of shaders/<family>/*.wgsl, src/generated/sources.ts a loader per family, so that no
// bundler has to find a file and a page loads only the families it uses. Comments and indentation go, lines stay: a compiler's message names the file's own line.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const shaders = join(root, "shaders");
const generated = join(root, "src", "generated");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
rmSync(generated, { recursive: true, force: true });
mkdirSync(generated, { recursive: true });

/** @param {string} text */
function compact(text) {
  return text
    .split("\n")
    .map((line) => (line.startsWith("//!") ? line : line.replace(/\/\/.*$/, "").trim()))
    .join("\n")
    .trimEnd();
}

const families = readdirSync(shaders, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();
const digest = createHash("sha256");
for (const family of families) {
  const files = readdirSync(join(shaders, family))
    .filter((name) => name.endsWith(".wgsl"))
    .sort();
  const texts = files.map(
    (name) => `  ${name.slice(0, -".wgsl".length)}: ${JSON.stringify(compact(readFileSync(join(shaders, family, name), "utf8")))},`,
  );
  for (const text of texts) digest.update(text);
  writeFileSync(join(generated, `${family}.ts`), ["export const sources = {", ...texts, "} as const;", ""].join("\n"));
}
const lines = families.filter((family) => family !== "lib").map((family) => `  ${family}: () => import("./${family}.js"),`);
writeFileSync(
  join(generated, "sources.ts"),
  [
    'import type { sources as elementwise } from "./elementwise.js";',
    'export { sources as library } from "./lib.js";',
    "export type ElementwiseName = keyof typeof elementwise;",
    "/** Version and shaders of this build: what a time measured with them holds for. */",
    `export const shaderBuild = ${JSON.stringify(`${version} ${digest.digest("hex").slice(0, 16)}`)};`,
    "export const loaders = {",
    ...lines,
    "} as const;",
    "",
  ].join("\n"),
);
console.log(`kernels-wgsl: ${families.map((family) => family).join(", ")}`);
