// Models of the Hub where a program has its files, against a server of our own: what is fetched, what is not fetched again, and what goes wrong on the way.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { heldFiles, holdFolder, readBytes, TetradError } from "@tetrad/engine";
import { keepHubModel } from "@tetrad/language";
import { expect, onTestFinished, test } from "vitest";
import { hubServer } from "../support/hub-server.js";

const NAME = "test-org/tiny";
const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);
const text = (value: string) => new TextEncoder().encode(value);

/** Weights are large enough for the host of large files. */
const FILES: Readonly<Record<string, Uint8Array>> = {
  "README.md": text("# Tiny\n"),
  "config.json": text("{}"),
  "model.safetensors": bytes(200_000, 1),
  "onnx/model.onnx": bytes(300, 2),
  "tokenizer.json": text('{"model": {}}'),
  "vocab.txt": bytes(0, 0),
};
const NEEDED = ["config.json", "model.safetensors", "tokenizer.json", "vocab.txt"];

async function connected(files = FILES, folder = holdFolder()) {
  const hub = await hubServer(NAME, files);
  const told: number[] = [];
  const keep = () => keepHubModel({ endpoint: `${hub.url}/`, name: NAME, folder, onProgress: (now, all) => told.push(now / all) });
  const kept = () => [...heldFiles(folder).keys()].map((path) => path.slice(NAME.length + 1)).sort();
  return { hub, keep, kept, told, folder };
}

async function refused(body: () => Promise<unknown>): Promise<string> {
  const error = await body().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof TetradError) return `${error.code}: ${error.message}`;
  throw error ?? new Error("nothing was refused");
}

test("what opening the model reads is fetched once, and used without the Hub from then on", async () => {
  const { hub, keep, kept, told, folder } = await connected();
  const first = await keep();
  expect(first).toMatchObject({ folder: `${folder}/${NAME}`, commit: hub.commit, offline: false });
  expect([...first.fetched].sort()).toEqual(NEEDED);
  expect(kept()).toEqual([...NEEDED, "hub.json"].sort());
  expect(await readBytes(`${first.folder}/model.safetensors`)).toEqual(FILES["model.safetensors"]);
  expect(told.at(-1)).toBe(1);
  expect(await keep()).toEqual({ ...first, fetched: [] });
  await hub.close();
  expect(await keep()).toEqual({ ...first, fetched: [], offline: true });
  expect(await refused(() => keepHubModel({ endpoint: hub.url, name: NAME, revision: "v2", folder }))).toMatch(/^IO: .*cannot be reached/);
});

test("what has changed is fetched anew, and what is no longer there goes", async () => {
  const { keep, kept, folder } = await connected();
  await keep();
  const { "vocab.txt": _, ...rest } = FILES;
  const later = await connected({ ...rest, "model.safetensors": bytes(200_001, 3) }, folder);
  expect((await later.keep()).fetched).toEqual(["model.safetensors"]);
  expect(kept()).toEqual(["config.json", "hub.json", "model.safetensors", "tokenizer.json"]);
  expect(await readBytes(`${folder}/${NAME}/model.safetensors`)).toEqual(bytes(200_001, 3));
});

test("what comes otherwise than it is listed is not kept, and what had come whole is not fetched again", async () => {
  const { hub, keep, kept } = await connected();
  for (const [fault, message] of [
    ["breaks off", /^IO: model\.safetensors: the transfer broke off/],
    ["other content", /^FORMAT: model\.safetensors: what came has another hash than the file/],
    ["shorter", /^FORMAT: model\.safetensors: what came has another size than the file — got 1000 bytes, expected 200000/],
  ] as const) {
    hub.fault = fault;
    expect(await refused(keep)).toMatch(message);
    expect(kept()).not.toContain("model.safetensors");
  }
  hub.fault = "none";
  expect((await keep()).fetched).toEqual(["model.safetensors"]);
});

test("what is no answer of a Hub is said to be none", async () => {
  const answers: Record<string, string> = {};
  const server = createServer(({ url = "" }, response) => {
    const kind = url.includes("/tree/") ? "tree" : "revision";
    response.writeHead(200, { "content-type": "text/html" }).end(answers[kind]);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const keep = () => keepHubModel({ endpoint: `http://127.0.0.1:${port}`, name: NAME, folder: holdFolder() });
  const commit = JSON.stringify({ sha: "0".repeat(40) });
  for (const [revision, tree, message] of [
    ["<html>Sign in</html>", "", /^FORMAT: .*cannot be understood — got text\/html: "<html>Sign in<\/html>"/],
    ["null", "", /^FORMAT: .*got the commit null/],
    [commit, "<html>", /^FORMAT: .*got text\/html: "<html>"/],
    [commit, '{"error": "no"}', /^FORMAT: .*got \{"error":"no"\} for a list of files/],
    [commit, '[{"type": "file"}]', /^FORMAT: .*for a list of files/],
  ] as const) {
    Object.assign(answers, { revision, tree });
    expect(await refused(keep)).toMatch(message);
  }
});

test("half a model is not used without the Hub; an unknown one, one without weights, and a stop are said", async () => {
  const { hub, keep, folder } = await connected();
  hub.fault = "other content";
  await refused(keep);
  const at = { endpoint: hub.url, folder };
  expect(await refused(() => keepHubModel({ ...at, name: "test-org/none" }))).toMatch(/^IO: .*no open repository.*status 401/);
  expect(await refused(() => keepHubModel({ ...at, name: NAME, gguf: "q8.gguf" }))).toMatch(/^IO: .*no such file/);
  expect(await refused(() => keepHubModel({ ...at, name: NAME, signal: AbortSignal.abort() }))).toMatch(/^CANCELLED/);
  await hub.close();
  expect(await refused(keep)).toMatch(/^IO: .*cannot be reached/);
});
