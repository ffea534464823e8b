// The program in few files: of the 1,700 that `tetrad fit` would open (700 of mathjs alone) Node spends 0.9 of 1.4 s on finding and compiling them. Written over
// what the compiler made of bin.ts, with the workers beside; the library, dist/index.js, stays as it is.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "dist");
for (const name of readdirSync(out).filter((file) => file.startsWith("chunk-"))) rmSync(join(out, name));
rmSync(join(out, "bin.js.map"), { force: true });

const { metafile } = await build({
  absWorkingDir: root,
  // Workers are found as neighbours of the file that starts them, which is a chunk beside them.
  entryPoints: {
    bin: "src/bin.ts",
    worker: "src/sampling/worker.ts",
    "encode-worker": fileURLToPath(import.meta.resolve("@tetrad/language")).replace(/index\.js$/, "tokenizer/encode-worker.js"),
  },
  outdir: "dist",
  chunkNames: "chunk-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  allowOverwrite: true,
  metafile: true,
  logLevel: "warning",
  external: ["webgpu"],
  legalComments: "none",
  // Packages in CommonJS ask for Node's own modules by `require`.
  banner: { js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);' },
});

/** Folders of the packages that the program holds. */
const packages = new Set(
  Object.keys(metafile.inputs).flatMap((path) => {
    const parts = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path);
    return parts === null ? [] : [join(root, parts[1])];
  }),
);
const notices = [...packages].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const texts = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)(\.|-|$)/i.test(file));
  return [`${name} ${version}, ${license}`, ...texts.map((file) => readFileSync(join(folder, file), "utf8").trim())].join("\n\n");
});
writeFileSync(
  join(out, "licenses.txt"),
  `What the program dist/bin.js holds of other packages.\n\n${notices.join(`\n\n${"-".repeat(80)}\n\n`)}\n`,
);
