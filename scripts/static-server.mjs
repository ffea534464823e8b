// Serves a folder on the loopback interface: what the playground and the tests of pages run on.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

/** @type {Record<string, string>} */
const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/**
 * @param {string} folder
 * @param {{ port?: number, isolated?: boolean, policy?: string | undefined, model?: string | undefined }} [options] port: 0, the default, is any that is free;
 *   isolated: headers that let a page share memory with its workers; policy: a content security policy; model: a folder that is served as /model/
 * @returns {Promise<{ url: string, close(): Promise<void> }>}
 */
export async function serveFolder(folder, { port = 0, isolated = true, policy, model } = {}) {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname));
    const [home, rest] = model !== undefined && path.startsWith("/model/") ? [model, path.slice("/model".length)] : [folder, path];
    const file = join(home, rest.endsWith("/") ? `${rest}index.html` : rest);
    const found = file.startsWith(home) ? await stat(file).catch(() => undefined) : undefined;
    if (isolated) {
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    }
    if (policy !== undefined) response.setHeader("Content-Security-Policy", policy);
    if (!found?.isFile() || (request.method !== "GET" && request.method !== "HEAD")) {
      response.statusCode = found?.isFile() ? 405 : 404;
      response.end();
      return;
    }
    response.setHeader("Content-Type", types[extname(file)] ?? "application/octet-stream");
    response.setHeader("Content-Length", found.size);
    if (request.method === "HEAD") response.end();
    else createReadStream(file).pipe(response);
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(undefined));
  });
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://localhost:${address.port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
