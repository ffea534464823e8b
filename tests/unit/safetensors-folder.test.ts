// Model folders on disk: whole or not at all, whatever fails in the middle.
import type * as FilePromises from "node:fs/promises";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StorableTensor } from "@tetrad/engine";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";

/** Which call fails, and how: `sync` stands for a disk that fills up while bytes are flushed, `rename` for one that refuses the new name. */
const failing = vi.hoisted(() => ({ sync: undefined as string | undefined, renameTo: undefined as string | undefined }));

// The engine asks for the module at run time, when it first touches a file.
const builtIn = vi.hoisted(() => {
  const builtIn = process.getBuiltinModule;
  const original = builtIn.bind(process) as (id: string) => object;
  const real = original("node:fs/promises") as typeof FilePromises;
  const failure = (code: string) => Object.assign(new Error(code), { code });
  const faulty = {
    ...real,
    open: async (name: string, flags: string) => {
      const file = await real.open(name, flags);
      if (failing.sync !== undefined && flags === "wx" && name.includes("model.safetensors"))
        file.sync = () => Promise.reject(failure(failing.sync as string));
      return file;
    },
    rename: async (from: string, to: string) => {
      if (to === failing.renameTo && from.endsWith(".tmp")) throw failure("EPERM");
      return real.rename(from, to);
    },
  };
  process.getBuiltinModule = ((id: string) => (id === "node:fs/promises" ? faulty : original(id))) as typeof process.getBuiltinModule;
  return builtIn;
});

// An engine that asks anew: one that an earlier file of this process imported has the true module, and so must a later one's.
vi.resetModules();
afterAll(() => {
  process.getBuiltinModule = builtIn;
  vi.resetModules();
});
const { readModelFolder, writeModelFolder } = await import("@tetrad/engine");

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tetrad-"));
  path = join(folder, "model");
});
afterEach(async () => {
  failing.sync = undefined;
  failing.renameTo = undefined;
  await rm(folder, { recursive: true, force: true });
});

const tensors = (value: number): Record<string, StorableTensor> => ({ w: { shape: [1], data: Float32Array.of(value) } });
const stored = async () => {
  const model = await readModelFolder(path);
  return [model.config["n"], model.tensors.read("w").data[0], model.tensors.metadata];
};

test("writes, reads and replaces, leaving nothing else behind", async () => {
  await writeModelFolder(path, { n: 1 }, tensors(1), { made: "here" });
  expect(await stored()).toEqual([1, 1, { made: "here" }]);
  await writeModelFolder(path, { n: 2 }, tensors(2));
  expect(await stored()).toEqual([2, 2, {}]);
  expect(await readdir(folder)).toEqual(["model"]);
  expect(await readdir(path)).toEqual(["config.json", "model.safetensors"]);
});

test("makes missing parent folders", async () => {
  await writeModelFolder(join(folder, "a", "b"), { n: 1 }, tensors(1));
  expect(await readdir(join(folder, "a", "b"))).toHaveLength(2);
});

test.each([
  ["ENOSPC", /^write .*model: the disk is full\. Hint: free some space/],
  ["EDQUOT", /quota/],
  ["EACCES", /permission denied/],
  ["EXOTIC", /EXOTIC/],
])("%s while flushing: coded error, old model untouched, no litter", async (code, message) => {
  await writeModelFolder(path, { n: 1 }, tensors(1));
  failing.sync = code;
  await expect(writeModelFolder(path, { n: 2 }, tensors(2))).rejects.toMatchObject({ code: "IO", message: expect.stringMatching(message) });
  expect(await stored()).toEqual([1, 1, {}]);
  expect(await readdir(folder)).toEqual(["model"]);
});

test("the new folder cannot take its name: the old one comes back", async () => {
  await writeModelFolder(path, { n: 1 }, tensors(1));
  failing.renameTo = path;
  await expect(writeModelFolder(path, { n: 2 }, tensors(2))).rejects.toMatchObject({ code: "IO" });
  expect(await stored()).toEqual([1, 1, {}]);
  expect(await readdir(folder)).toEqual(["model"]);
});

test("a crash between the two renames is undone by the next read", async () => {
  await writeModelFolder(path, { n: 1 }, tensors(1));
  await rename(path, join(folder, ".model.previous"));
  expect(await stored()).toEqual([1, 1, {}]);
  expect(await readdir(folder)).toEqual(["model"]);
});

test("somebody else's files are never replaced", async () => {
  await mkdir(path);
  await writeFile(join(path, "thesis.txt"), "years of work");
  await expect(writeModelFolder(path, { n: 1 }, tensors(1))).rejects.toMatchObject({
    code: "IO",
    message: expect.stringMatching(/files that are not Tetrad's — got thesis\.txt/),
  });
  expect(await readFile(join(path, "thesis.txt"), "utf8")).toBe("years of work");
});

test("a folder inside is written with the model, and replaced only where all of it is the model's", async () => {
  const write = (text: string) => writeModelFolder(path, { n: 1 }, tensors(1), undefined, { "inside/notes.txt": text });
  await write("old");
  await write("new");
  expect(await readFile(join(path, "inside", "notes.txt"), "utf8")).toBe("new");
  await writeFile(join(path, "inside", "thesis.txt"), "years of work");
  await expect(write("newer")).rejects.toThrow(/files that are not Tetrad's — got inside\/thesis\.txt/);
  expect(await readFile(join(path, "inside", "notes.txt"), "utf8")).toBe("new");
});

test("missing and damaged models are named", async () => {
  await expect(readModelFolder(path)).rejects.toMatchObject({
    code: "IO",
    message: expect.stringMatching(/model\/config\.json: there is no such file or folder\. Hint: check the path/),
  });
  await writeModelFolder(path, { n: 1 }, tensors(1));
  await rm(join(path, "model.safetensors"));
  await expect(readModelFolder(path)).rejects.toMatchObject({ code: "IO", message: expect.stringMatching(/model\.safetensors/) });
  await writeFile(join(path, "config.json"), '{"n":');
  await expect(readModelFolder(path)).rejects.toMatchObject({
    code: "FORMAT",
    message: expect.stringMatching(/config\.json: this is not valid JSON/),
  });
  await writeFile(join(path, "config.json"), "[1]");
  await expect(readModelFolder(path)).rejects.toMatchObject({
    code: "FORMAT",
    message: expect.stringMatching(/the configuration is not an object — got \[1\]/),
  });
});

test("a file in the way is named", async () => {
  await writeFile(path, "x");
  await expect(writeModelFolder(path, { n: 1 }, tensors(1))).rejects.toMatchObject({ code: "IO" });
  await expect(readModelFolder(path)).rejects.toMatchObject({ code: "IO", message: expect.stringMatching(/a file, not a folder/) });
  expect(await readFile(path, "utf8")).toBe("x");
});
