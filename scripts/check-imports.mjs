// Who may import whom, checked on the sources. cli ▶ bench ▶ theory, language ▶ engine ▶ kernels-wasm, kernels-wgsl, never upward; no circular imports; nothing that a browser
// lacks at the top level of a library; extensions as Node and browsers need them. `npm run check-imports`, and part of `npm test`.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";

/** From the bottom up: a package may import those before it. */
const layers = ["kernels-wasm", "kernels-wgsl", "engine", "theory", "language", "playground", "bench", "cli"];

/** The gradient of sin is cos and that of cos is sin: an op's file imports the ops of its gradient, which run long after both are loaded. */
const cyclesAllowed = ["packages/engine/src/ops/"];

/** Packages that only ever run in Node. */
const nodeOnly = new Set(["bench", "cli"]);

/**
 * @typedef {{ specifier: string, line: number, typeOnly: boolean, dynamic: boolean }} Import
 */

/**
 * Checks every packages/<name>/src below `root`.
 * @param {string} root
 * @returns {string[]} one line per violation, empty where all is well
 */
export function checkImports(root) {
  /** @type {string[]} */
  const problems = [];
  for (const name of readdirSync(join(root, "packages"))) {
    const folder = join(root, "packages", name);
    if (!existsSync(join(folder, "package.json"))) continue;
    const layer = layers.indexOf(name);
    if (layer < 0) {
      problems.push(`packages/${name}: not in the list of layers of scripts/check-imports.mjs; add it where it belongs`);
      continue;
    }
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const declared = new Set([...Object.keys(manifest.dependencies ?? {}), ...Object.keys(manifest.peerDependencies ?? {})]);
    const source = join(folder, "src");
    /** @type {Map<string, string[]>} file → files that are evaluated before it */
    const edges = new Map();
    for (const file of sourceFiles(source)) {
      /** @type {string[]} */
      const targets = [];
      edges.set(file, targets);
      for (const found of importsOf(file)) {
        const where = `${slashes(relative(root, file))}:${found.line}`;
        const { specifier } = found;
        // Files that a bundler hands over as text.
        if (/\?(raw|object)$/.test(specifier)) continue;
        if (specifier.startsWith(".")) {
          const target = resolve(dirname(file), specifier.replace(/\.js$/, ".ts"));
          if (!specifier.endsWith(".js")) problems.push(`${where}: relative import "${specifier}" must end in .js`);
          else if (!target.startsWith(source + sep))
            problems.push(`${where}: "${specifier}" leaves the package; import it by its package name`);
          else if (!found.typeOnly && !found.dynamic) targets.push(target);
        } else if (specifier.startsWith("node:")) {
          if (!found.typeOnly && !found.dynamic && !nodeOnly.has(name) && !isNodeFile(relative(source, file)))
            problems.push(
              `${where}: top-level import of "${specifier}", which browsers lack; use await import() behind a check, or name the file *.node.ts`,
            );
        } else if (builtinModules.includes(specifier)) {
          problems.push(`${where}: write "node:${specifier}"`);
        } else {
          const imported = specifier
            .split("/")
            .slice(0, specifier.startsWith("@") ? 2 : 1)
            .join("/");
          if (!declared.has(imported)) problems.push(`${where}: "${imported}" is not in the dependencies of packages/${name}/package.json`);
          if (imported.startsWith("@tetrad/") && !layers.slice(0, layer).includes(imported.slice("@tetrad/".length)))
            problems.push(`${where}: ${name} may not import ${imported}; the order is ${[...layers].reverse().join(" ▶ ")}`);
        }
      }
    }
    const allowed = (/** @type {string} */ file) => cyclesAllowed.some((start) => slashes(relative(root, file)).startsWith(start));
    for (const cycle of cycles(edges, allowed))
      problems.push(`circular import: ${cycle.map((file) => slashes(relative(root, file))).join(" → ")}`);
  }
  return problems;
}

/** @param {string} path relative to src */
function isNodeFile(path) {
  return path.endsWith(".node.ts") || path.split(sep).slice(0, -1).includes("node");
}

/** @param {string} path */
function slashes(path) {
  return path.split(sep).join("/");
}

/** @param {string} folder @returns {string[]} */
function sourceFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => join(folder, path));
}

/** @param {string} file @returns {Import[]} static and dynamic imports and re-exports */
function importsOf(file) {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, false);
  /** @type {Import[]} */
  const found = [];
  /** @param {ts.Node} node @param {ts.Expression | undefined} specifier @param {boolean} typeOnly @param {boolean} dynamic */
  const add = (node, specifier, typeOnly, dynamic) => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    found.push({ specifier: specifier.text, line: line + 1, typeOnly, dynamic });
  };
  /** @param {ts.Node} node */
  const visit = (node) => {
    // only `import type`: under verbatimModuleSyntax `import { type A }` still loads the module
    if (ts.isImportDeclaration(node))
      add(node, node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword, false);
    else if (ts.isExportDeclaration(node)) add(node, node.moduleSpecifier, node.isTypeOnly, false);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node, node.arguments[0], false, true);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node, /** @type {ts.Expression} */ (node.argument.literal), true, false);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/**
 * Circular imports that pass through at least one file outside the folders where they are allowed.
 * @param {Map<string, string[]>} edges
 * @param {(file: string) => boolean} allowed
 * @returns {string[][]} for each ring of files a shortest cycle, ending where it began
 */
function cycles(edges, allowed) {
  /** @type {Map<string, string[]>} */
  const found = new Map();
  for (const start of edges.keys()) {
    if (allowed(start)) continue;
    /** @type {Map<string, string>} breadth first: file → the file it was reached from */
    const from = new Map();
    const queue = [start];
    for (const file of queue) {
      for (const target of edges.get(file) ?? []) {
        if (from.has(target)) continue;
        from.set(target, file);
        queue.push(target);
      }
    }
    if (!from.has(start)) continue;
    const cycle = [start];
    do cycle.unshift(/** @type {string} */ (from.get(/** @type {string} */ (cycle[0]))));
    while (cycle[0] !== start);
    const ring = [...new Set(cycle)].sort().join(" ");
    if (!found.has(ring)) found.set(ring, cycle);
  }
  return [...found.values()];
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const problems = checkImports(process.cwd());
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
