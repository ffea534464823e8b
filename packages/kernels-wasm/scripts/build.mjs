/**
 * Compiles every kernel module in both builds and embeds them, deflated, in src/generated.
 * Usage: node scripts/build.mjs [--only <family>] [--build baseline|relaxed] [--force]. Modules whose sources did not change are
 * left alone; --only and --build leave others as they are, for quick turns while a kernel is being written.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { deflateRawSync } from "node:zlib";
import { flavour } from "./compile.mjs";
import { faults } from "./inspect.mjs";
import { entrySource, findModules, sourceClosure } from "./sources.mjs";

const BUILDS = ["baseline", "relaxed"];
/** Two compilers at once: each takes a core and some 200 MB. */
const COMPILERS = 2;

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const assembly = join(root, "assembly");
const generated = join(root, "src", "generated");
const cachePath = join(generated, ".cache.json");

const { values: options } = parseArgs({
  options: { only: { type: "string" }, build: { type: "string" }, force: { type: "boolean", default: false } },
});
const compilerVersion = createRequire(import.meta.url)("assemblyscript/package.json").version;

const modules = findModules(assembly);
let cache = options.force ? {} : readCache();
const jobs = [];
const failures = [];
for (const module of modules) {
  const entry = entrySource(module);
  const digest = digestOf(module, entry);
  if (digest === undefined) continue;
  for (const build of BUILDS) {
    const key = `${build}/${module.name}`;
    const fresh = cache[key]?.digest === digest && existsSync(join(generated, `${key}.ts`));
    // What is left out must still have a file for its loader to name.
    const chosen = (options.only ?? module.family) === module.family && (options.build ?? build) === build;
    const wanted = chosen || cache[key] === undefined;
    if (!fresh && wanted) jobs.push({ key, build, module, entry, digest });
  }
}

for (const build of BUILDS) mkdirSync(join(generated, build), { recursive: true });
const built = {};
failures.push(...(await compileAll(jobs)));
// Read again: another build may have finished meanwhile, and what it compiled counts too.
cache = { ...readCache(), ...built };
removeStale();
writeIfChanged(join(generated, "manifest.ts"), manifestSource());
writeIfChanged(join(generated, "loaders.ts"), loadersSource());
writeIfChanged(cachePath, JSON.stringify(cache, null, 1));
printSizes();
for (const failure of failures) console.error(`\n${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;

/** What each generated file holds: digest of its sources, kernels, sizes. */
function readCache() {
  return existsSync(cachePath) ? JSON.parse(readFileSync(cachePath, "utf8")) : {};
}

function digestOf(module, entry) {
  const hash = createHash("sha256").update(compilerVersion).update(flavour).update(entry);
  try {
    for (const path of sourceClosure(assembly, module)) hash.update(path).update(readFileSync(join(assembly, path)));
  } catch (error) {
    failures.push(`${module.name}: ${error.message}`);
    return undefined;
  }
  return hash.digest("hex");
}

async function compileAll(queue) {
  const failed = [];
  const pending = [...queue];
  await Promise.all(
    Array.from({ length: Math.min(COMPILERS, pending.length) }, async () => {
      const compiler = new Worker(new URL("./compile.mjs", import.meta.url));
      for (let job = pending.shift(); job !== undefined; job = pending.shift()) {
        const { bytes, error } = await ask(compiler, { id: job.key, assembly, build: job.build, entry: job.entry });
        const wrong = error === undefined ? faults(bytes, job.module.kernels) : [error];
        if (wrong.length > 0) failed.push(`${job.key}: ${wrong.join("; ")}`);
        else embed(job, bytes);
      }
      await compiler.terminate();
    }),
  );
  return failed;
}

function ask(compiler, message) {
  return new Promise((resolve, reject) => {
    compiler.once("error", reject);
    compiler.once("message", (answer) => {
      compiler.off("error", reject);
      resolve(answer);
    });
    compiler.postMessage(message);
  });
}

function embed({ key, module, digest }, bytes) {
  const deflated = deflateRawSync(bytes, { level: 9 });
  // Typed as string, not as a literal: declaration files would otherwise repeat it.
  writeIfChanged(join(generated, `${key}.ts`), `export const bytes: string = "${deflated.toString("base64")}";\n`);
  built[key] = { digest, kernels: module.kernels, raw: bytes.length, deflated: deflated.length };
}

function removeStale() {
  const names = new Set(modules.map(({ name }) => name));
  for (const build of BUILDS) {
    for (const file of readdirSync(join(generated, build))) {
      const name = file.replace(/\.ts$/, "");
      if (names.has(name)) continue;
      rmSync(join(generated, build, file));
      delete cache[`${build}/${name}`];
    }
  }
}

/** Written beside and renamed, so that a test run that reads meanwhile never sees half a file. */
function writeIfChanged(path, text) {
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  writeFileSync(`${path}.${process.pid}.part`, text);
  renameSync(`${path}.${process.pid}.part`, path);
}

/** What the generated files really hold: a module that failed to compile keeps its last good bytes, or stays out. */
function embedded() {
  return modules.flatMap(({ name }) => {
    const [baseline, relaxed] = BUILDS.map((build) => cache[`${build}/${name}`]?.kernels ?? []);
    const kernels = baseline.filter((kernel) => relaxed.includes(kernel));
    return kernels.length > 0 ? [{ name, kernels }] : [];
  });
}

function manifestSource() {
  const lines = embedded().map(({ name, kernels }) => `  "${name}": ${JSON.stringify(kernels)},`);
  return `/** Kernels by module; generated by scripts/build.mjs. */\nexport const manifest = {\n${lines.join("\n")}\n} as const;\n`;
}

function loadersSource() {
  const table = BUILDS.map((build) => {
    const lines = embedded().map(({ name }) => `    "${name}": () => import("./${build}/${name}.js"),`);
    return `  ${build}: {\n${lines.join("\n")}\n  },`;
  });
  return `/** Literal dynamic imports, which bundlers can split; generated by scripts/build.mjs. */\nexport const loaders = {\n${table.join("\n")}\n} as const;\n`;
}

function printSizes() {
  const compiled = new Set(jobs.map(({ key }) => key));
  const total = { raw: 0, deflated: 0 };
  console.log(`${"module".padEnd(30)}${"kernels".padStart(8)}${"raw".padStart(10)}${"deflated".padStart(10)}`);
  for (const build of BUILDS) {
    for (const { name, kernels } of modules) {
      const key = `${build}/${name}`;
      const size = cache[key];
      if (size === undefined) continue;
      total.raw += size.raw;
      total.deflated += size.deflated;
      const mark = compiled.has(key) ? " compiled" : "";
      console.log(
        `${key.padEnd(30)}${String(kernels.length).padStart(8)}${String(size.raw).padStart(10)}${String(size.deflated).padStart(10)}${mark}`,
      );
    }
  }
  console.log(`${"total".padEnd(38)}${String(total.raw).padStart(10)}${String(total.deflated).padStart(10)}`);
}
