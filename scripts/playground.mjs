// `npm run playground [-- --port 8080 --model ./all-MiniLM-L6-v2]`: builds what is missing, serves the page with the headers that let it share memory between threads, and prints the address.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root, SetUpError, setUp } from "./setup.mjs";
import { serveFolder } from "./static-server.mjs";

const HELP = `npm run playground [-- --port <number> --model <folder>]

Serves the playground on this machine. Ctrl-C ends it.
  --model  a pretrained model's folder, which "Classify texts" then finds at the address /model`;

try {
  const { values } = parseArgs({ options: { port: { type: "string" }, model: { type: "string" }, help: { type: "boolean", short: "h" } } });
  if (values.help) {
    console.log(HELP);
  } else {
    await setUp({ verbose: false });
    const folder = join(root, "packages", "playground", "dist", "page");
    const model = values.model === undefined ? undefined : resolve(values.model);
    if (model !== undefined && !existsSync(join(model, "config.json"))) throw new Error(`${model}: there is no config.json in it`);
    const site = await serveFolder(folder, { port: Number(values.port ?? 4173), model }).catch((error) => {
      if (values.port !== undefined || error.code !== "EADDRINUSE") throw error;
      return serveFolder(folder, { model });
    });
    console.log(site.url);
    if (model !== undefined) console.log(`the model: ${site.url}model`);
  }
} catch (error) {
  if (!(error instanceof SetUpError) && !(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
