// Preloaded by scripts/size.mjs into the measured page and its workers: writes down every module that is loaded.
import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";

const list = process.env["TETRAD_LOADED"];
if (!list) throw new Error("TETRAD_LOADED must name a file");
registerHooks({
  load(url, context, nextLoad) {
    appendFileSync(list, `${url}\n`);
    return nextLoad(url, context);
  },
});
