// Lets a script import the packages' TypeScript sources as they are, with nothing built but the kernels: import this file first, the sources
// dynamically after it. Node strips types by itself, but neither finds `./a.ts` behind `./a.js` nor knows parameter properties.
import { existsSync, readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";

const packages = new URL("../packages/", import.meta.url);

// The one warning that using it gives: the function may change in a later Node, and Node is a pinned dependency here.
const { emitWarning } = process;
process.emitWarning = (/** @type {string | Error} */ warning, /** @type {any[]} */ ...rest) => {
  if (!String(warning).includes("stripTypeScriptTypes")) emitWarning.call(process, warning, ...rest);
};

registerHooks({
  resolve(specifier, context, next) {
    const name = /^@tetrad\/([\w-]+)$/.exec(specifier)?.[1];
    if (name !== undefined) return { url: new URL(`${name}/src/index.ts`, packages).href, format: "module", shortCircuit: true };
    if (specifier.startsWith(".") && specifier.endsWith(".js") && context.parentURL?.endsWith(".ts")) {
      const url = new URL(specifier.replace(/\.js$/, ".ts"), context.parentURL);
      if (existsSync(fileURLToPath(url))) return { url: url.href, format: "module", shortCircuit: true };
    }
    return next(specifier, context);
  },
  load(url, context, next) {
    if (!url.endsWith(".ts")) return next(url, context);
    const source = stripTypeScriptTypes(readFileSync(fileURLToPath(url), "utf8"), { mode: "transform", sourceUrl: url });
    return { format: "module", source, shortCircuit: true };
  },
});
