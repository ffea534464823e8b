/** `tetrad devices` and what is kept of a GPU between processes. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { missing } from "../support/missing.js";
import { workplace } from "./tetrad.js";

test("a GPU is measured once, and again when asked to or when what was kept is damaged", () => {
  const place = workplace({}, false);
  const file = place.path("cache/tetrad/gpu-rates.json");
  const gpu = (...options: string[]) => {
    const { code, stdout, stderr } = place.tetrad("devices", ...options, "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return JSON.parse(stdout).curve?.gpu;
  };
  expect(gpu()).toBeUndefined();
  expect(existsSync(file)).toBe(false);
  const first = gpu("--curve");
  if (typeof first === "string") missing("webgpu", `needs a WebGPU adapter (${first})`);
  expect(first).toMatchObject({ fromCache: false, gemmFlopsPerSecond: expect.any(Number) });
  expect(gpu("--curve")).toEqual({ ...first, fromCache: true });
  expect(place.tetrad("devices", "--curve").stdout).toMatch(
    /^gpu .*GFLOP\/s.*, measured \d{4}-\d\d-\d\d \(cache; --measure measures anew\)$/m,
  );
  const again = gpu("--measure");
  expect(again.fromCache).toBe(false);
  expect(Date.parse(again.measured)).toBeGreaterThan(Date.parse(first.measured));
  writeFileSync(file, readFileSync(file, "utf8").slice(0, 40));
  expect(gpu("--curve").fromCache).toBe(false);
  expect(place.tetrad("devices", "--measure").stdout).toMatch(/^gpu .*, measured now$/m);
});

test("TETRAD_CACHE=off leaves the cache alone", () => {
  const place = workplace({ TETRAD_CACHE: "off" }, false);
  expect(place.tetrad("devices", "--curve").code).toBe(0);
  expect(existsSync(place.path("cache"))).toBe(false);
});
