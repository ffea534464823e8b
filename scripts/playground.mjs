// `npm run playground [-- --port 8080]`: builds what is missing, serves the page with the headers that let it share memory between threads, and prints the address.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { parseArgs } from "node:util";
import { root, SetUpError, setUp } from "./setup.mjs";

const folder = join(root, "packages", "playground", "dist", "page");
const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".bin": "application/octet-stream",
};

/** @param {number} port 0 for any that is free */
function listen(port) {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname));
    const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    const found = file.startsWith(folder) ? await stat(file).catch(() => undefined) : undefined;
    if (!found?.isFile() || (request.method !== "GET" && request.method !== "HEAD")) {
      response.statusCode = found?.isFile() ? 405 : 404;
      response.end();
      return;
    }
    response.setHeader("Content-Type", types[/** @type {keyof typeof types} */ (extname(file))] ?? "application/octet-stream");
    response.setHeader("Content-Length", found.size);
    if (request.method === "HEAD") response.end();
    else createReadStream(file).pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

try {
  const { values } = parseArgs({ options: { port: { type: "string" }, help: { type: "boolean", short: "h" } } });
  if (values.help) {
    console.log("npm run playground [-- --port <number>]\n\nServes the playground on this machine. Ctrl-C ends it.");
  } else {
    await setUp({ verbose: false });
    const port = Number(values.port ?? 4173);
    const server = await listen(port).catch((error) => {
      if (values.port !== undefined || error.code !== "EADDRINUSE") throw error;
      return listen(0);
    });
    console.log(`http://localhost:${server.address().port}/`);
  }
} catch (error) {
  if (!(error instanceof SetUpError) && !(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
