// Folders that lie neither on a disk nor in a page's own file system: those that the program holds, and a server's.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  EventWriter,
  heldFiles,
  holdFolder,
  isAbsent,
  readBytes,
  readModelFolder,
  releaseFolder,
  type StorableTensor,
  TetradError,
  writeFileAtomic,
  writeModelFolder,
} from "@tetrad/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const tensors = (value: number): Record<string, StorableTensor> => ({ w: { shape: [1], data: Float32Array.of(value) } });
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** As a page gets it from a chosen folder. */
const chosen = (path: string, content: string) =>
  Object.defineProperty(new File([content], path.split("/").at(-1) as string), "webkitRelativePath", { value: path });

async function thrown(body: () => Promise<unknown>): Promise<TetradError> {
  try {
    await body();
  } catch (error) {
    if (error instanceof TetradError) return error;
    throw error;
  }
  throw new Error("there was no error");
}

describe("a folder that the program holds", () => {
  test("has the files that were chosen, by their paths within it, until it is released", async () => {
    const path = holdFolder([chosen("mine/config.json", "{}"), chosen("mine/1_Pooling/config.json", "[]")]);
    expect(path).toBe("held:mine");
    expect(text(await readBytes(`${path}/config.json`))).toBe("{}");
    expect(text(await readBytes(`${path}/./1_Pooling/config.json`))).toBe("[]");
    const other = holdFolder([chosen("mine/config.json", "1")]);
    expect(text(await readBytes(`${other}/config.json`))).toBe("1");
    releaseFolder(path);
    const error = await thrown(() => readBytes(`${path}/config.json`));
    expect(error.message).toBe(
      "read held:mine/config.json: there is no such file among those that were chosen. Hint: choose the folder that holds it",
    );
    expect(isAbsent(error)).toBe(true);
    expect(text(await readBytes(`${other}/config.json`))).toBe("1");
    releaseFolder(other);
  });

  test("takes files that were chosen one by one, and refuses two of one name", async () => {
    const path = holdFolder([new File(["a"], "a.txt"), new File(["b"], "b.txt")]);
    expect(text(await readBytes(`${path}/b.txt`))).toBe("b");
    releaseFolder(path);
    expect(() => holdFolder([new File(["1"], "a.txt"), new File(["2"], "a.txt")])).toThrow(/ARGUMENT|two files have the same name/);
  });

  test("is written and replaced as a folder on a disk is", async () => {
    const path = holdFolder();
    await writeModelFolder(path, { n: 1 }, tensors(1), undefined, { "inside/notes.txt": "old" });
    await writeModelFolder(path, { n: 2 }, tensors(2), undefined, { "inside/notes.txt": "new" });
    expect([...heldFiles(path).keys()].sort()).toEqual(["config.json", "inside/notes.txt", "model.safetensors"]);
    const { config, tensors: read } = await readModelFolder(path);
    expect([config["n"], read.read("w").data[0]]).toEqual([2, 2]);
    await writeModelFolder(`${path}/inner`, { n: 3 }, tensors(3));
    expect((await readModelFolder(`${path}/inner`)).config["n"]).toBe(3);
    await writeFileAtomic(`${path}/own.txt`, "mine");
    expect((await thrown(() => writeModelFolder(path, {}, tensors(4)))).message).toMatch(
      /holds files that are not Tetrad's — got inside\/notes\.txt/,
    );
    expect((await readModelFolder(path)).config["n"]).toBe(2);
    releaseFolder(path);
    expect((await thrown(() => writeFileAtomic(`${path}/late.txt`, ""))).code).toBe("IO");
    expect(() => heldFiles(path)).toThrow(/no such file/);
  });

  test("takes event files, which grow", async () => {
    const path = holdFolder();
    const events = await EventWriter.open(path);
    const before = (await readBytes(events.path)).length;
    events.scalar("loss", 1, 1);
    await events.close();
    expect((await readBytes(events.path)).length).toBeGreaterThan(before);
    releaseFolder(path);
  });

  test("does not change with the bytes that were given", async () => {
    const bytes = Uint8Array.of(1, 2);
    const path = holdFolder({ "a.bin": bytes });
    bytes[0] = 9;
    expect([...(await readBytes(`${path}/a.bin`))]).toEqual([1, 2]);
    releaseFolder(path);
  });
});

describe("a folder of a server", () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url as string);
    if (request.url === "/model/config.json") response.end('{"n": 5}');
    else if (request.url === "/model/broken.json") response.writeHead(503).end();
    else if (request.url?.startsWith("/page/"))
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end("<!doctype html>");
    else response.writeHead(404).end();
  });
  let url: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  test("is read by its address, with a slash at its end or without", async () => {
    expect(text(await readBytes(`${url}/model/config.json`))).toBe('{"n": 5}');
    expect(text(await readBytes(`${url}/model//config.json`))).toBe('{"n": 5}');
    expect(asked.slice(-2)).toEqual(["/model/config.json", "/model/config.json"]);
  });

  test("says what is not there, and does not take a failure for that", async () => {
    const missing = await thrown(() => readBytes(`${url}/model/vocab.txt`));
    expect([missing.code, isAbsent(missing)]).toEqual(["IO", true]);
    expect(missing.message).toMatch(/\/model\/vocab\.txt: the server has no such file/);
    // A site that routes by itself answers everything with its page.
    expect(isAbsent(await thrown(() => readBytes(`${url}/page/adapter_config.json`)))).toBe(true);
    expect(text(await readBytes(`${url}/page/index.html`))).toBe("<!doctype html>");
    const broken = await thrown(() => readBytes(`${url}/model/broken.json`));
    expect([broken.code, isAbsent(broken)]).toEqual(["IO", false]);
    expect(broken.message).toMatch(/the server answers with status 503/);
    const unreachable = await thrown(() => readBytes("http://127.0.0.1:9/model/config.json"));
    expect([unreachable.code, isAbsent(unreachable)]).toEqual(["IO", false]);
    expect(unreachable.message).toMatch(/cannot be reached/);
  });

  test("is not written", async () => {
    expect((await thrown(() => writeFileAtomic(`${url}/model/config.json`, "{}"))).code).toBe("UNSUPPORTED");
    expect((await thrown(() => writeModelFolder(`${url}/model`, {}, {}))).code).toBe("UNSUPPORTED");
  });
});
