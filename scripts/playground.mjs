// `npm run playground [-- --port 8080]`: builds what is missing, serves the page with the headers that let it share memory between threads, and prints the address.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root, SetUpError, setUp } from "./setup.mjs";
import { serveFolder } from "./static-server.mjs";

try {
  const { values } = parseArgs({ options: { port: { type: "string" }, help: { type: "boolean", short: "h" } } });
  if (values.help) {
    console.log("npm run playground [-- --port <number>]\n\nServes the playground on this machine. Ctrl-C ends it.");
  } else {
    await setUp({ verbose: false });
    const folder = join(root, "packages", "playground", "dist", "page");
    const site = await serveFolder(folder, { port: Number(values.port ?? 4173) }).catch((error) => {
      if (values.port !== undefined || error.code !== "EADDRINUSE") throw error;
      return serveFolder(folder);
    });
    console.log(site.url);
  }
} catch (error) {
  if (!(error instanceof SetUpError) && !(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
