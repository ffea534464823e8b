// Models by their name on the Hub, against a server of our own: what is fetched, who finds it afterwards, and what goes wrong on the way.
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine } from "@tetrad/engine";
import { openLm, saveModel } from "@tetrad/language";
import { beforeAll, expect, test } from "vitest";
import { hubServer } from "../support/hub-server.js";
import { python } from "../support/python.js";
import { hasShared, sharedPath } from "../support/shared.js";
import { type Run, type Workplace, workplace } from "./tetrad.js";

const TOKEN = "hf_abcdefghijklmnopqrstuvwxyz";
const NAME = "test-org/stories.260K";
/** What commands read of it */
const NEEDED = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];

/** A small model's repository, with files that no command reads */
const files: Record<string, Uint8Array> = {
  "README.md": Buffer.from("# Stories\n"),
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

/** A Hub with the model, and a user's machine that asks it. */
async function connected({
  token,
  env = {},
  content = files,
}: {
  token?: string;
  env?: Record<string, string>;
  content?: typeof files;
} = {}) {
  sharedPath("data/stories260K");
  const hub = await hubServer(NAME, content, token);
  const place = workplace({ HF_ENDPOINT: `${hub.url}/`, ...env });
  const cache = place.path("cache/huggingface/hub/models--test-org--stories.260K");
  return { hub, place, cache };
}

/** The server is in this process, which must not wait for the program. */
const run = (place: Workplace, ...args: readonly string[]): Promise<Run> => place.start(...args, "--backend", "wasm").ended;
const story = (place: Workplace, model = NAME) => run(place, "generate", model, "Once upon", "--max-tokens", "8", "--quiet");
const STORY = { code: 0, stdout: "Once upon a time, there was a little g\n", stderr: "" };

test("what is needed is fetched once, shown to its host alone, and found by Python", async () => {
  const { hub, place, cache } = await connected({ token: TOKEN, env: { HF_TOKEN: TOKEN } });
  const first = await run(place, "generate", NAME, "Once upon", "--max-tokens", "8");
  expect(first).toMatchObject({ code: 0, stdout: STORY.stdout });
  expect(first.stderr).toMatch(/fetching test-org\/stories\.260K 100 % 1\.\d of 1\.\d MB, model\.safetensors\n/);
  expect(readdirSync(join(cache, "snapshots", hub.commit)).sort()).toEqual(NEEDED);
  expect(readFileSync(join(cache, "refs/main"), "utf8")).toBe(hub.commit);
  expect(lstatSync(join(cache, "snapshots", hub.commit, "config.json")).isSymbolicLink()).toBe(true);
  expect(readdirSync(join(cache, "blobs"))).toHaveLength(NEEDED.length);
  const fromHub = hub.asked.filter(({ host }) => host === "hub");
  const fromFiles = hub.asked.filter(({ host }) => host === "files");
  expect(new Set(fromHub.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${TOKEN}`]));
  expect(fromFiles.length).toBeGreaterThan(0);
  expect(new Set(fromFiles.map(({ authorization }) => authorization))).toEqual(new Set([undefined]));

  hub.asked.length = 0;
  expect(await story(place)).toEqual(STORY);
  expect(await story(place, `${NAME}@${hub.commit}`)).toEqual(STORY);
  expect(hub.asked.filter(({ host, path }) => host === "files" || path.includes("/resolve/"))).toEqual([]);
  await hub.close();
  expect((await story(place)).stderr).toMatch(
    /error\[IO\]: test-org\/stories\.260K: there is no folder .* and the Hub cannot be reached.*HF_HUB_OFFLINE=1/,
  );
  const there = JSON.parse(python(["transformers", "huggingface_hub"])(PYTHON, place.path("cache/huggingface"), NAME, ...NEEDED));
  expect(there).toEqual({
    folder: join(cache, "snapshots", hub.commit),
    files: NEEDED.map((name) => files[name]?.length),
    tokens: [1, 403, 407, 261],
  });
});

const PYTHON = `
import json, os, sys
os.environ.update(HF_HOME=sys.argv[1], HF_HUB_OFFLINE="1")
from huggingface_hub import hf_hub_download, snapshot_download
from transformers import AutoTokenizer
name = sys.argv[2]
files = [os.path.getsize(hf_hub_download(name, file)) for file in sys.argv[3:]]
print(json.dumps({"folder": snapshot_download(name), "files": files, "tokens": AutoTokenizer.from_pretrained(name)("Once upon a").input_ids}))
`;

test("without the network, from the cache alone", async () => {
  const { hub, place } = await connected();
  expect(await story(place)).toEqual(STORY);
  const offline = workplace({ HF_HUB_OFFLINE: "1", HF_HOME: place.path("cache/huggingface") });
  hub.asked.length = 0;
  expect(await story(offline)).toEqual(STORY);
  expect(await story(offline, `${NAME}@${hub.commit}`)).toEqual(STORY);
  for (const model of ["test-org/other", `${NAME}@v2`, `${NAME}/model.gguf`]) {
    expect(await story(offline, model)).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/error\[IO\]: .*is not in the cache.*HF_HUB_OFFLINE/),
    });
  }
  expect(hub.asked).toEqual([]);
});

test("a transfer that broke off goes on where it stood", async () => {
  const { hub, place, cache } = await connected();
  hub.fault = "breaks off";
  expect(await story(place)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/error\[IO\]: model\.safetensors: the transfer broke off.*run again/),
  });
  const size = (files["model.safetensors"] as Uint8Array).length;
  const [incomplete] = readdirSync(join(cache, "blobs")).filter((name) => name.endsWith(".incomplete")) as [string];
  const begun = lstatSync(join(cache, "blobs", incomplete)).size;
  expect(begun).toBeGreaterThan(0);
  expect(existsSync(join(cache, "refs/main"))).toBe(false);
  hub.fault = "none";
  hub.asked.length = 0;
  expect(await story(place)).toEqual(STORY);
  expect(hub.asked.map(({ range }) => range)).toContain(`bytes=${begun}-${size - 1}`);
  expect(readdirSync(join(cache, "blobs")).filter((name) => name.endsWith(".incomplete"))).toEqual([]);
});

test.each([
  ["other content", /error\[FORMAT\]: model\.safetensors: what came has another hash than the file/],
  ["shorter", /error\[FORMAT\]: model\.safetensors: what came has another size than the file — got 1000 bytes/],
] as const)("a file with %s is refused", async (fault, message) => {
  const { hub, place, cache } = await connected();
  hub.fault = fault;
  expect(await story(place)).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(message) });
  expect(readdirSync(join(cache, "blobs"))).toHaveLength(NEEDED.length - 1);
  hub.fault = "none";
  expect(await story(place)).toEqual(STORY);
});

test("an adapter remembers its base model by name", async () => {
  const { place } = await connected();
  const train = place.write("t.csv", `text,n\n${Array.from({ length: 8 }, (_, i) => `Once upon a time ${i},1`).join("\n")}\n`);
  const tuned = await run(
    place,
    "finetune",
    "lm",
    "--model",
    NAME,
    "--train",
    train,
    "--peft",
    "lora",
    "--out",
    place.path("adapter"),
    "--quiet",
  );
  expect(tuned).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(readFileSync(place.path("adapter/adapter_config.json"), "utf8"))).toMatchObject({ base_model_name_or_path: NAME });
  expect(await story(place, place.path("adapter"))).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Once upon a time/) });
});

test("what is not there, or not open, is named", async () => {
  const { hub, place } = await connected({ token: TOKEN });
  expect((await story(place, "nowhere/at-all")).stderr).toMatch(
    /error\[IO\]: nowhere\/at-all: there is neither a folder .* nor .* on the Hub.*HF_TOKEN/,
  );
  // A private one looks the same to who shows no token.
  expect((await story(place)).stderr).toMatch(/error\[IO\]: test-org\/stories\.260K: there is neither a folder/);
  const known = workplace({ HF_ENDPOINT: hub.url, HF_TOKEN: TOKEN });
  expect((await story(known, `${NAME}@v9`)).stderr).toMatch(/error\[IO\]: test-org\/stories\.260K@v9: .*Invalid rev id: v9/);
  expect((await story(known, `${NAME}/model.gguf`)).stderr).toMatch(
    /error\[IO\]: test-org\/stories\.260K: this repository has no such file.*model\.gguf/,
  );
  const strange = workplace({ HF_ENDPOINT: hub.url, HF_TOKEN: "secret" });
  expect((await story(strange)).stderr).toMatch(/error\[ARGUMENT\]: HF_TOKEN: this is no token of the Hub/);
  const { "model.safetensors": _, ...others } = files;
  const { place: other } = await connected({ content: { ...others, "model-Q8_0.gguf": new Uint8Array(9) } });
  expect((await story(other)).stderr).toMatch(
    /error\[UNSUPPORTED\]: .*no weights that are read.*name the GGUF file: test-org\/stories\.260K\/model-Q8_0\.gguf/,
  );
  expect((await story(other, `${NAME}/model-Q8_0.gguf`)).stderr).toMatch(
    /error\[FORMAT\]: .*snapshots.*model-Q8_0\.gguf: this is no GGUF file/,
  );
  expect((await story(place, "./nowhere/at-all")).stderr).toMatch(/error\[IO\]: read \.\/nowhere\/at-all\/config\.json/);
});
