// A Hub of our own for tests: what huggingface_hub and @huggingface/hub ask one for, with large files on another host, and a log of all that was asked.
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Asked {
  readonly host: "hub" | "files";
  readonly path: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

export interface HubServer {
  readonly url: string;
  readonly commit: string;
  readonly asked: Asked[];
  /** What the host of large files does wrong, until told otherwise */
  fault: "none" | "breaks off" | "other content" | "shorter";
  close(): Promise<void>;
}

/** What is larger is kept on the other host, under its SHA-256, as the Hub does with files of Git LFS. */
const LARGE = 100_000;

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const gitHash = (bytes: Uint8Array) => createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");

/** @param token who asks must show it, if there is one */
export async function hubServer(name: string, files: Readonly<Record<string, Uint8Array>>, token?: string): Promise<HubServer> {
  const commit = createHash("sha1").update(name).digest("hex");
  const asked: Asked[] = [];
  const state = { fault: "none" as HubServer["fault"] };
  const note = (host: Asked["host"], { url = "", headers }: IncomingMessage) =>
    asked.push({ host, path: url, authorization: headers.authorization, range: headers.range });
  const large = await listening((request, response) => {
    note("files", request);
    // With this header the library asks the other host itself from then on.
    response.setHeader("x-cache", "Hit from cloudfront");
    const bytes = Object.values(files).find((content) => request.url === `/${sha256(content)}`) as Uint8Array;
    const isProbe = request.headers.range === "bytes=0-0";
    if (state.fault === "breaks off" && !isProbe) {
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, bytes.length / 2), () => setTimeout(() => response.destroy(), 100));
      return;
    }
    if (state.fault === "shorter" && !isProbe) return send(response, request, bytes.subarray(0, 1000));
    send(response, request, state.fault === "other content" && !isProbe ? bytes.map((byte) => byte ^ 1) : bytes);
  });
  const filesUrl = addressOf(large);
  const hub = await listening((request, response) => {
    note("hub", request);
    const { pathname, searchParams } = new URL(request.url as string, "http://localhost");
    const refuse = (status: number, code: string, error: string) => {
      response.writeHead(status, { "content-type": "application/json", "x-error-code": code }).end(JSON.stringify({ error }));
    };
    const [, rest] = pathname.split(new RegExp(`^(?:/api/models)?/${name}/`));
    if (rest === undefined || (token !== undefined && request.headers.authorization !== `Bearer ${token}`)) {
      return refuse(401, "RepoNotFound", "Invalid username or password.");
    }
    const [kind, revision, ...path] = rest.split("/").map(decodeURIComponent) as [string, string, ...string[]];
    if (revision !== "main" && revision !== commit) return refuse(404, "RevisionNotFound", `Invalid rev id: ${revision}`);
    if (kind === "revision") return json(response, { _id: "1", id: name, sha: commit });
    if (kind === "tree") {
      const all = Object.entries(files).map(([file, bytes]) => entry(file, bytes));
      // In two pages, as lists of many files come
      const [from, to] = searchParams.has("cursor") ? [2, all.length] : [0, 2];
      const link = from === 0 ? { link: `<${addressOf(hub)}${pathname}?cursor=2&recursive=true>; rel="next"` } : {};
      return json(response, all.slice(from, to), link);
    }
    const bytes = files[path.join("/")];
    if (bytes === undefined) return refuse(404, "EntryNotFound", "Entry not found");
    const headers = { "x-repo-commit": commit };
    if (bytes.length <= LARGE) return send(response, request, bytes, { ...headers, etag: `"${gitHash(bytes)}"` });
    const linked = { "x-linked-etag": `"${sha256(bytes)}"`, "x-linked-size": bytes.length };
    response.writeHead(302, { ...headers, ...linked, location: `${filesUrl}/${sha256(bytes)}` }).end();
  });
  const close = async () => {
    for (const server of [hub, large]) {
      server.closeAllConnections();
      server.close();
    }
  };
  onTestFinished(close);
  return Object.assign(state, { url: addressOf(hub), commit, asked, close });
}

function entry(path: string, bytes: Uint8Array) {
  const common = { type: "file", path, size: bytes.length };
  if (bytes.length <= LARGE) return { ...common, oid: gitHash(bytes) };
  const pointer = Buffer.from(`version 1\noid sha256:${sha256(bytes)}\nsize ${bytes.length}\n`);
  return { ...common, oid: gitHash(pointer), lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: pointer.length } };
}

function json(response: ServerResponse, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(200, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
}

/** All of it, or the range that was asked for. */
function send(
  response: ServerResponse,
  request: IncomingMessage,
  bytes: Uint8Array,
  headers: Readonly<Record<string, string | number>> = {},
): void {
  const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "") ?? [];
  if (from === undefined) {
    response.writeHead(200, { etag: `"${sha256(bytes)}"`, ...headers, "content-length": bytes.length }).end(bytes);
    return;
  }
  const end = to === "" || to === undefined ? bytes.length : Math.min(bytes.length, Number(to) + 1);
  const range = { "content-range": `bytes ${from}-${end - 1}/${bytes.length}`, "content-length": end - Number(from) };
  response.writeHead(206, { etag: `"${sha256(bytes)}"`, ...headers, ...range }).end(bytes.subarray(Number(from), end));
}

async function listening(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const server = createServer((request, response) => {
    // The Hub lets pages of any origin read.
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-expose-headers", "link");
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const addressOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
