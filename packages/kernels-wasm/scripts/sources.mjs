/** Finds out what there is to compile: the kernels each file exports, the module each belongs to, and the sources a module depends on. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** Kernel names exported by one source: plain exported functions; generics and `@inline` helpers are not kernels. */
export function exportedKernels(source) {
  const names = [];
  for (const { 1: decorator, 2: name } of source.matchAll(/^(@inline\s+)?export function (\w+)\(/gm)) {
    if (decorator === undefined) names.push(name);
  }
  return names;
}

/**
 * Modules by name: `<family>-f32`, `<family>-f64`, `<family>-i32`, or `<family>` for kernels without a dtype suffix.
 * Each holds its family, its sorted kernels, and which file exports which.
 */
export function findModules(assembly) {
  const modules = new Map();
  const owner = new Map();
  for (const entry of readdirSync(assembly, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === "lib") continue;
    const family = entry.name;
    for (const file of readdirSync(join(assembly, family))
      .filter((name) => name.endsWith(".ts"))
      .sort()) {
      for (const kernel of exportedKernels(readFileSync(join(assembly, family, file), "utf8"))) {
        if (owner.has(kernel)) throw new Error(`kernel ${kernel} is exported by both ${owner.get(kernel)} and ${family}/${file}`);
        owner.set(kernel, `${family}/${file}`);
        const name = family + (/_(f32|f64|i32)$/.exec(kernel)?.[0].replace("_", "-") ?? "");
        const module = modules.get(name) ?? { name, family, kernels: [], files: new Map() };
        modules.set(name, module);
        module.kernels.push(kernel);
        module.files.set(file, [...(module.files.get(file) ?? []), kernel]);
      }
    }
  }
  for (const module of modules.values()) module.kernels.sort();
  return [...modules.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The entry source of a module: re-exports of its kernels only, so that the other dtype is never compiled into it. */
export function entrySource({ family, files }) {
  const lines = [...files].map(([file, kernels]) => `export { ${kernels.join(", ")} } from "./${family}/${file.slice(0, -3)}";\n`);
  return lines.join("");
}

/** A module's own files and everything they import, sorted, relative to `assembly`. */
export function sourceClosure(assembly, { family, files }) {
  const seen = new Set();
  const pending = [...files.keys()].map((file) => join(assembly, family, file));
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const [, specifier] of readFileSync(path, "utf8").matchAll(/^(?:import|export)\s[^"']*from\s+["'](\.[^"']+)["']/gm)) {
      const base = resolve(dirname(path), specifier);
      const target = existsSync(`${base}.ts`) ? `${base}.ts` : join(base, "index.ts");
      if (!existsSync(target)) throw new Error(`${relative(assembly, path)} imports "${specifier}", which does not exist`);
      pending.push(target);
    }
  }
  return [...seen].map((path) => relative(assembly, path)).sort();
}
