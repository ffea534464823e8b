// `tetrad tune`: found once, kept per device, used by training, named by explain; and what cannot be used is ignored with one note.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { example, type Workplace, workplace } from "./tetrad.js";

const config = example("iris/train.yaml");

function cached(place: Workplace): string {
  const file = readdirSync(place.path("cache/tetrad")).find((name) => name !== "gpu-rates.json");
  return join(place.path("cache/tetrad"), file as string);
}

test("a tuned plan is used by training and named by explain", () => {
  const place = workplace();
  const { code, stdout } = place.tetrad("tune", config, "--seconds", "0.2", "--export", "table.json", "--json");
  expect(code).toBe(0);
  const facts = JSON.parse(stdout);
  expect(facts).toMatchObject({ threads: expect.any(Number), untried: expect.any(Number), exported: "table.json" });
  expect(facts.times.map(({ threads }: { threads: number }) => threads)).toContain(facts.threads);
  const table = JSON.parse(readFileSync(place.path("table.json"), "utf8"));
  expect(JSON.parse(readFileSync(cached(place), "utf8"))).toEqual(table);
  const date = Object.values(table.plans as Record<string, { date: string }>)[0]?.date;
  const tuned = `thread${facts.threads === 1 ? "" : "s"}: tuned on ${date} (cache)`;
  expect(place.tetrad("explain", config, "--why").stdout).toContain(tuned);
  expect(JSON.parse(place.tetrad("train", config, "--out", "m", "--json").stdout).placement).toContain(tuned);
  expect(place.tetrad("explain", config, "--why", "--tuning", "table.json").stdout).toContain("(table.json)");
});

test("a model's prediction is tuned, too, and joins the same table", () => {
  const place = workplace();
  expect(place.tetrad("train", config, "--out", "m", "--quiet").code).toBe(0);
  expect(place.tetrad("tune", "m", "--seconds", "0.2").code).toBe(0);
  expect(place.tetrad("tune", config, "--seconds", "0.2").code).toBe(0);
  expect(Object.keys(JSON.parse(readFileSync(cached(place), "utf8")).plans)).toHaveLength(2);
});

test("a table that is corrupt or of another machine is ignored with one note, and replaced by the next search", () => {
  const place = workplace();
  expect(place.tetrad("tune", config, "--seconds", "0.1").code).toBe(0);
  const path = cached(place);
  const table = JSON.parse(readFileSync(path, "utf8"));
  for (const [content, reason] of [
    ["{", "it is not valid JSON"],
    ["[]", "it is no tuning table"],
    [JSON.stringify({ ...table, device: "Apple M9" }), "it was measured on another device: Apple M9"],
    [JSON.stringify({ ...table, plans: { a: { threads: -1 } } }), "its entries are damaged"],
  ] as const) {
    writeFileSync(path, content);
    const { code, stdout, stderr } = place.tetrad("explain", config, "--why");
    expect({ code, stderr }).toEqual({ code: 0, stderr: `note: the tuning table ${path} is ignored: ${reason}\n` });
    expect(stdout).not.toContain("tuned on");
  }
  expect(place.tetrad("tune", config, "--seconds", "0.1").code).toBe(0);
  expect(place.tetrad("explain", config, "--why")).toMatchObject({ stderr: "", stdout: expect.stringContaining("tuned on") });
});

test("explain --why gives the reason for the threads and the source of each launch's variant", () => {
  const { code, stdout } = workplace().tetrad("explain", config, "--why", "--threads", "1", "--json");
  expect(code).toBe(0);
  const { placement, backend, choices } = JSON.parse(stdout);
  expect(placement).toMatch(/^1 thread as asked; predicted .* a step/);
  expect(backend).toMatch(/SIMD/);
  expect(choices.length).toBeGreaterThan(5);
  for (const { title, source } of choices) expect([title, source]).toEqual([expect.stringMatching(/^\w+/), expect.stringMatching(/./)]);
});

test.each([
  [["tune", "nowhere.yaml"], 1, /^error\[IO\]: read nowhere\.yaml/],
  [["tune", config, "--seconds", "0"], 2, /It must be a number above 0/],
  [["tune", config, "--backend", "reference"], 1, /^error\[UNSUPPORTED\]: tune: /],
  [["explain", config, "--tuning", "nowhere.json"], 1, /^error\[IO\]: read nowhere\.json/],
])("%j ends with %i", (args, expected, message) => {
  const { code, stdout, stderr } = workplace().tetrad(...args);
  expect({ code, stdout }).toEqual({ code: expected, stdout: "" });
  expect(stderr).toMatch(message);
});
