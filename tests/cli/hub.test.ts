// Models by their name on the Hub, against a server of our own: what is fetched, who finds it afterwards, and what goes wrong on the way.
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine } from "@tetrad/engine";
import { openLm, saveModel } from "@tetrad/language";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { findModel, type ModelPlace } from "../../packages/cli/src/language/find-model.js";
import { Terminal } from "../../packages/cli/src/terminal.js";
import { hubServer } from "../support/hub-server.js";
import { python } from "../support/python.js";
import { hasShared, sharedPath } from "../support/shared.js";
import { type Run, type Workplace, workplace } from "./tetrad.js";

const TOKEN = "hf_abcdefghijklmnopqrstuvwxyz";
const NAME = "test-org/stories.260K";
/** What commands read of it */
const NEEDED = ["config.json", "merges.txt", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];

/** A small model's repository, with files that no command reads, and an empty one */
const files: Record<string, Uint8Array> = {
  "README.md": Buffer.from("# Stories\n"),
  "merges.txt": new Uint8Array(0),
  "pytorch_model.bin": new Uint8Array(200_000),
  "onnx/model.onnx": new Uint8Array(9),
};

beforeAll(async () => {
  if (!hasShared("data/stories260K")) return;
  const folder = mkdtempSync(join(tmpdir(), "tetrad-hub-"));
  const engine = await createEngine({ backend: "wasm" });
  await saveModel(await openLm(engine, sharedPath("data/stories260K/stories260K.bin")), join(folder, "model"));
  await engine.close();
  for (const name of readdirSync(join(folder, "model"))) files[name] = readFileSync(join(folder, "model", name));
  rmSync(folder, { recursive: true });
});

/** A Hub with the model, a user's machine, and the folder of the model's cache there. */
async function connected({ token, content = files }: { token?: string; content?: typeof files } = {}) {
  sharedPath("data/stories260K");
  const hub = await hubServer(NAME, content, token);
  const place = workplace({ HF_ENDPOINT: `${hub.url}/`, ...(token !== undefined && { HF_TOKEN: token }) });
  return { hub, place, cache: place.path("cache/huggingface/hub/models--test-org--stories.260K") };
}

/** The server is in this process, which must not wait for the program. */
const run = (place: Workplace, ...args: readonly string[]): Promise<Run> => place.start(...args, "--backend", "wasm").ended;

/** Finds models as commands do, in this process, which is quicker. */
function finder(place: Workplace, env: Readonly<Record<string, string>>): (given: string) => Promise<ModelPlace> {
  vi.stubEnv("HF_HUB_CACHE", place.path("cache/huggingface/hub"));
  onTestFinished(() => void vi.unstubAllEnvs());
  const silent = { write: () => undefined };
  const terminal = new Terminal({ quiet: true }, { stdout: silent, stderr: silent, env });
  const withEngine = () => Promise.reject(new Error("no engine is needed"));
  return (given) => findModel({ terminal, env, withEngine }, given);
}

test("what is needed is fetched once, shown to its host alone, and found by Python", async () => {
  const { hub, place, cache } = await connected({ token: TOKEN });
  const story = () => run(place, "generate", NAME, "Once upon", "--max-tokens", "8");
  const first = await story();
  expect(first).toMatchObject({ code: 0, stdout: "Once upon a time, there was a little g\n" });
  expect(first.stderr).toMatch(/fetching test-org\/stories\.260K 100 % 1\.\d of 1\.\d MB, model\.safetensors\n/);
  const snapshot = join(cache, "snapshots", hub.commit);
  expect(readdirSync(snapshot).sort()).toEqual(NEEDED);
  expect(readFileSync(join(cache, "refs/main"), "utf8")).toBe(hub.commit);
  expect(lstatSync(join(snapshot, "config.json")).isSymbolicLink()).toBe(true);
  expect(readdirSync(join(cache, "blobs"))).toHaveLength(NEEDED.length);
  const tokensShown = (host: "hub" | "files") =>
    new Set(hub.asked.filter((one) => one.host === host).map(({ authorization }) => authorization));
  expect(tokensShown("hub")).toEqual(new Set([`Bearer ${TOKEN}`]));
  expect(tokensShown("files")).toEqual(new Set([undefined]));

  hub.asked.length = 0;
  expect(await story()).toMatchObject({ code: 0, stdout: first.stdout });
  expect(hub.asked.filter(({ host, path }) => host === "files" || path.includes("/resolve/"))).toEqual([]);
  await hub.close();
  expect((await story()).stderr).toMatch(
    /error\[IO\]: test-org\/stories\.260K: there is no folder .* and the Hub cannot be reached.*HF_HUB_OFFLINE=1/,
  );
  const there = JSON.parse(python(["huggingface_hub"])(PYTHON, place.path("cache/huggingface"), NAME, ...NEEDED));
  expect(there).toEqual({ folder: snapshot, files: NEEDED.map((name) => files[name]?.length) });
});

const PYTHON = `
import json, os, sys
os.environ.update(HF_HOME=sys.argv[1], HF_HUB_OFFLINE="1")
from huggingface_hub import hf_hub_download, snapshot_download
name = sys.argv[2]
files = [os.path.getsize(hf_hub_download(name, file)) for file in sys.argv[3:]]
print(json.dumps({"folder": snapshot_download(name), "files": files}))
`;

test("without the network, from the cache alone", async () => {
  const { hub, place, cache } = await connected();
  await finder(place, { HF_ENDPOINT: hub.url })(NAME);
  hub.asked.length = 0;
  const offline = finder(place, { HF_ENDPOINT: hub.url, HF_HUB_OFFLINE: "1" });
  const snapshot = { folder: join(cache, "snapshots", hub.commit) };
  expect(await offline(NAME)).toEqual(snapshot);
  expect(await offline(`${NAME}@${hub.commit}`)).toEqual(snapshot);
  for (const model of ["test-org/other", `${NAME}@v2`, `${NAME}/model.gguf`]) {
    await expect(offline(model)).rejects.toMatchObject({
      code: "IO",
      message: expect.stringMatching(/is not in the cache.*HF_HUB_OFFLINE/),
    });
  }
  expect(hub.asked).toEqual([]);
});

test("a transfer that broke off goes on where it stood", async () => {
  const { hub, place, cache } = await connected();
  const find = finder(place, { HF_ENDPOINT: hub.url });
  hub.fault = "breaks off";
  await expect(find(NAME)).rejects.toMatchObject({
    code: "IO",
    message: expect.stringMatching(/^model\.safetensors: the transfer broke off.*run again/),
  });
  const incomplete = () => readdirSync(join(cache, "blobs")).filter((name) => name.endsWith(".incomplete"));
  const begun = lstatSync(join(cache, "blobs", incomplete()[0] as string)).size;
  expect(begun).toBeGreaterThan(0);
  expect(existsSync(join(cache, "refs/main"))).toBe(false);
  hub.fault = "none";
  hub.asked.length = 0;
  const { folder } = await find(NAME);
  const whole = files["model.safetensors"] as Uint8Array;
  expect(hub.asked.map(({ range }) => range)).toContain(`bytes=${begun}-${whole.length - 1}`);
  expect(incomplete()).toEqual([]);
  expect(readFileSync(join(folder, "model.safetensors")).equals(whole)).toBe(true);
});

test.each([
  ["other content", /^model\.safetensors: what came has another hash than the file/],
  ["shorter", /^model\.safetensors: what came has another size than the file — got 1000 bytes/],
] as const)("a file with %s is refused", async (fault, message) => {
  const { hub, place, cache } = await connected();
  const find = finder(place, { HF_ENDPOINT: hub.url });
  hub.fault = fault;
  await expect(find(NAME)).rejects.toMatchObject({ code: "FORMAT", message: expect.stringMatching(message) });
  expect(readdirSync(join(cache, "blobs"))).toHaveLength(NEEDED.length - 1);
  hub.fault = "none";
  expect(existsSync(join((await find(NAME)).folder, "model.safetensors"))).toBe(true);
});

test("an adapter remembers its base model by name", async () => {
  const { place, cache } = await connected();
  const train = place.write("t.csv", `text,n\n${Array.from({ length: 8 }, (_, i) => `Once upon a time ${i},1`).join("\n")}\n`);
  const tuned = await run(place, "finetune", "lm", "--model", NAME, "--train", train, "--peft", "lora", "--out", "adapter", "--quiet");
  expect(tuned).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(readFileSync(place.path("adapter/adapter_config.json"), "utf8"))).toMatchObject({ base_model_name_or_path: NAME });
  const { folder, base } = await finder(place, { HF_HUB_OFFLINE: "1" })(place.path("adapter"));
  expect(folder).toBe(place.path("adapter"));
  expect(base?.startsWith(join(cache, "snapshots"))).toBe(true);
  expect((await run(place, "generate", "adapter", "Once upon", "--max-tokens", "3")).stdout).toMatch(/^Once upon a time/);
});

test("what is not there, or not open, is named", async () => {
  const { hub, place } = await connected({ token: TOKEN });
  const endpoint = { HF_ENDPOINT: hub.url };
  const [known, stranger] = [finder(place, { ...endpoint, HF_TOKEN: TOKEN }), finder(place, endpoint)];
  const refused = /there is neither a folder of this name here nor an open repository.*HF_TOKEN/;
  await expect(known("nowhere/at-all")).rejects.toMatchObject({ code: "IO", message: expect.stringMatching(refused) });
  // A private one looks the same to who shows no token.
  await expect(stranger(NAME)).rejects.toMatchObject({ code: "IO", message: expect.stringMatching(refused) });
  await expect(known(`${NAME}@v9`)).rejects.toThrow(/^test-org\/stories\.260K@v9: .*Invalid rev id: v9/);
  await expect(known(`${NAME}/model.gguf`)).rejects.toThrow(/this repository has no such file.*expected model\.gguf/);
  await expect(finder(place, { ...endpoint, HF_TOKEN: "secret" })(NAME)).rejects.toThrow(/^HF_TOKEN: this is no token of the Hub/);
  expect(await stranger("./nowhere/at-all")).toEqual({ folder: "./nowhere/at-all" });
});

test("a GGUF file is fetched where it is named", async () => {
  const { "model.safetensors": _, ...others } = files;
  const { hub, place } = await connected({ content: { ...others, "model-Q8_0.gguf": new Uint8Array(9) } });
  const find = finder(place, { HF_ENDPOINT: hub.url });
  await expect(find(NAME)).rejects.toMatchObject({
    code: "UNSUPPORTED",
    message: expect.stringMatching(/no weights that are read.*name the GGUF file: test-org\/stories\.260K\/model-Q8_0\.gguf/),
  });
  const { folder, gguf } = await find(`${NAME}/model-Q8_0.gguf`);
  expect(gguf).toBe("model-Q8_0.gguf");
  expect(readdirSync(folder).sort()).toEqual(["config.json", "merges.txt", "model-Q8_0.gguf", "tokenizer.json", "tokenizer_config.json"]);
});
