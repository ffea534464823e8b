import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { readTable } from "@tetrad/engine";
import { defineConfig } from "vite";
import { parse } from "yaml";

const OBJECT = "?object";

/** An example file as what its reader makes of it, so that the page's first fit needs neither YAML nor CSV. */
const objects = {
  name: "objects",
  enforce: "pre",
  load(id) {
    if (!id.endsWith(OBJECT)) return null;
    const file = id.slice(0, -OBJECT.length);
    const text = readFileSync(file, "utf8");
    // JSON would make null of an infinite bound.
    const finite = (_, one) => {
      if (typeof one === "number" && !Number.isFinite(one)) throw new Error(`${id}: ${one} cannot be written as JSON`);
      return one;
    };
    return `export default ${JSON.stringify(file.endsWith(".csv") ? readTable(text, basename(file)) : parse(text), finite)};`;
  },
};

// Relative addresses, so that the page works from any folder of any server. Workers are modules, which load parts when they are first needed.
export default defineConfig({
  base: "./",
  plugins: [objects],
  worker: { format: "es" },
  build: { outDir: "dist/page", emptyOutDir: true, chunkSizeWarningLimit: 1000 },
});
