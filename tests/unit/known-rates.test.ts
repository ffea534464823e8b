/** What was measured of a GPU is kept per adapter and build, and whatever is wrong with what was kept, it is measured again. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { adapterKey, ratesOf } from "../../packages/engine/src/backends/auto/known-rates.js";
import { type Cache, cacheFolder, folderCache, storageCache, userCache } from "../../packages/engine/src/io/cache.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tetrad-rates-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const figures = { gemmFlopsPerSecond: 3e11, flopsPerSecond: 8e11, bytesPerSecond: 4e10, secondsPerLaunch: 6e-6, secondsPerStep: 2e-4 };
const info = (description: string) => ({ vendor: "acme", architecture: "gen-2", device: "", description }) as GPUAdapterInfo;

/** Asks for an adapter's rates; says whether they were measured for it. */
async function ask(cache: Cache | undefined, more: { driver?: string; build?: string; anew?: boolean } = {}) {
  let measured = 0;
  const measure = async () => {
    measured++;
    return figures;
  };
  const adapter = { key: adapterKey(info(more.driver ?? "driver 1")), name: "a card" };
  const rates = await ratesOf(adapter, more.build ?? "0.1.0 abc", measure, cache, more.anew ?? false);
  expect(rates).toMatchObject({ ...figures, name: "a card", fromCache: measured === 0 });
  expect(Math.abs(Date.now() - Date.parse(rates.measured))).toBeLessThan(60_000);
  return measured === 1 ? "measured" : "kept";
}

const file = () => join(folder, "gpu-rates.json");

test("measured once for an adapter, its driver and a build; anew when asked to", async () => {
  const cache = () => folderCache(join(folder, "deep", "tetrad"));
  expect(await ask(cache())).toBe("measured");
  expect(await ask(cache())).toBe("kept");
  expect(await ask(cache(), { driver: "driver 2" })).toBe("measured");
  expect([await ask(cache()), await ask(cache(), { driver: "driver 2" })]).toEqual(["kept", "kept"]);
  expect(await ask(cache(), { anew: true })).toBe("measured");
  expect(await ask(cache(), { build: "0.2.0 def" })).toBe("measured");
  expect(await ask(cache())).toBe("measured");
  // Written beside and renamed: nothing is left over.
  expect(readdirSync(join(folder, "deep", "tetrad"))).toEqual(["gpu-rates.json"]);
});

test.each([
  ["cut off", (text: string) => text.slice(0, 60)],
  ["empty", () => ""],
  ["null", () => "null"],
  ["a list", () => "[]"],
  ["another program's", () => '{"adapters": {}}'],
  ["of a negative rate", (text: string) => text.replace(/"bytesPerSecond": /, '"bytesPerSecond": -')],
  ["without a rate", (text: string) => text.replace(/"flopsPerSecond"/, '"flops"')],
  ["of words", (text: string) => text.replace(/"secondsPerStep": [^,]+/, '"secondsPerStep": "fast"')],
  ["of no time", (text: string) => text.replace(/"measured": "[^"]+"/, '"measured": "once"')],
])("a file that is %s is ignored and replaced", async (_, spoil) => {
  expect(await ask(folderCache(folder))).toBe("measured");
  writeFileSync(file(), spoil(readFileSync(file(), "utf8")));
  expect(await ask(folderCache(folder))).toBe("measured");
  expect(await ask(folderCache(folder))).toBe("kept");
});

test("what cannot be kept is measured each time, without an error", async () => {
  writeFileSync(join(folder, "taken"), "");
  const blocked = folderCache(join(folder, "taken"));
  expect([await ask(blocked), await ask(blocked)]).toEqual(["measured", "measured"]);
  mkdirSync(file());
  expect([await ask(folderCache(folder)), await ask(folderCache(folder))]).toEqual(["measured", "measured"]);
  expect(readdirSync(folder).sort()).toEqual(["gpu-rates.json", "taken"]);
  const full = storageCache({
    getItem: () => null,
    setItem() {
      throw new Error("QuotaExceededError");
    },
  });
  expect([await ask(full), await ask(undefined)]).toEqual(["measured", "measured"]);
});

test("a page keeps them in its storage", async () => {
  const items = new Map<string, string>();
  const storage = storageCache({ getItem: (key) => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) });
  expect([await ask(storage), await ask(storage)]).toEqual(["measured", "kept"]);
  expect([...items.keys()]).toEqual(["tetrad-gpu-rates"]);
});

test("where the user's cache is, and that it may be left alone", () => {
  expect(cacheFolder({ XDG_CACHE_HOME: "/x" }, "linux")).toBe(join("/x", "tetrad"));
  expect(cacheFolder({}, "linux")).toMatch(/[/\\]\.cache[/\\]tetrad$/);
  expect(cacheFolder({ LOCALAPPDATA: "/local" }, "win32")).toBe(join("/local", "tetrad"));
  expect(cacheFolder({}, "darwin")).toMatch(/Library[/\\]Caches[/\\]tetrad$/);
  // As all tests run.
  expect(process.env["TETRAD_CACHE"]).toBe("off");
  expect(userCache()).toBeUndefined();
});
