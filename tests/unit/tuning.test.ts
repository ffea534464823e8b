// The search for thread counts and variants against a machine made of numbers: bounded in time, and right where the numbers are clear.
import { createEngine, deviceKey, mergeTuning, readTuning, type TuningTable } from "@tetrad/engine";
import { describe, expect, test } from "vitest";
import { search } from "../../packages/engine/src/backends/wasm/search.js";

/** Times are exact, and the clock advances by what is timed. */
function machine(plan: Readonly<Record<number, number>>, launches: Readonly<Record<number, readonly number[]>> = {}) {
  let clock = 0;
  let timings = 0;
  const spend = (ms: number) => {
    clock += ms;
    timings++;
    return ms;
  };
  return {
    problem: {
      threads: Object.keys(plan).map(Number),
      variants: new Map(Object.entries(launches).map(([launch, times]) => [Number(launch), times.length])),
      timePlan: (threads: number) => spend(plan[threads] as number),
      timeLaunch: ({ launch, variant }: { launch: number; variant: number }) =>
        spend((launches[launch] as readonly number[])[variant] as number),
      now: () => clock,
    },
    spent: () => ({ ms: clock, timings }),
  };
}

describe("search", () => {
  test("finds the fastest thread count and, on it, the variants that pay", () => {
    const { problem } = machine({ 1: 2, 2: 1.2, 4: 3 }, { 3: [1, 0.5, 0.9], 5: [1, 0.99], 8: [1, 1.5] });
    const { threads, times, choices, untried } = search(problem, 2);
    expect(threads).toBe(2);
    expect(times).toEqual([
      [2, 1.2],
      [1, 2],
      [4, 3],
    ]);
    // A hundredth is no reason to leave the default.
    expect({ choices, untried }).toEqual({ choices: [{ launch: 3, variant: 1 }], untried: 0 });
  });

  test("keeps its time, up to one timing of each candidate", () => {
    const slow = machine({ 1: 900, 2: 800 }, { 0: [400, 300, 350], 1: [400, 300, 350] });
    const { threads, untried } = search(slow.problem, 2);
    expect(threads).toBe(2);
    expect(untried).toBeGreaterThan(0);
    expect(slow.spent().ms).toBeLessThan(2000 + 3 * 400 + 900);
    const hopeless = machine({ 1: 5000, 2: 4000, 4: 3000 });
    expect(search(hopeless.problem, 1).threads).toBe(4);
    expect(hopeless.spent()).toEqual({ ms: 12_000, timings: 3 });
  });

  test("ends early when there is nothing more to learn", () => {
    const quick = machine({ 1: 0.01, 2: 0.02 });
    search(quick.problem, 1000);
    expect(quick.spent().ms).toBeLessThan(10);
  });
});

describe("tables", () => {
  const entry = { threads: 1, microseconds: 5, untuned: 6, date: "2026-01-01" };
  const table = (device: string, plans: TuningTable["plans"] = {}): TuningTable => ({
    format: "tetrad-tuning",
    device,
    plans,
    launches: {},
  });

  test("are read for the device that they were measured on, and for no other", () => {
    const own = table(deviceKey(), { a: entry });
    expect(readTuning(JSON.parse(JSON.stringify(own)), deviceKey())).toEqual(own);
    expect(readTuning(own, "another")).toMatch(/another device/);
    for (const broken of [undefined, null, 3, [], {}, { ...own, format: "x" }])
      expect(readTuning(broken, deviceKey())).toMatch(/no tuning table/);
    for (const threads of [0, -1, 1.5, "2", null, Number.NaN])
      expect(readTuning({ ...own, plans: { a: { ...entry, threads } } }, deviceKey())).toMatch(/damaged/);
    expect(readTuning({ ...own, launches: { g: { variant: 3, date: "2026-01-01" } } }, deviceKey())).toMatch(/damaged/);
    expect(readTuning({ ...own, launches: undefined }, deviceKey())).toMatch(/damaged/);
  });

  test("the key names processor, cores, build and version", () => {
    expect(deviceKey("baseline")).toMatch(/ cores; .*baseline SIMD; tuning \d+$/);
    expect(deviceKey("baseline")).not.toBe(deviceKey("relaxed"));
  });

  test("merge, the newer winning", () => {
    const merged = mergeTuning(table("d", { a: entry, b: entry }), table("d", { b: { ...entry, threads: 2 } }));
    expect(merged.plans).toEqual({ a: entry, b: { ...entry, threads: 2 } });
  });

  test("an engine uses its own and warns of a foreign one", async () => {
    const warnings: string[] = [];
    const foreign = await createEngine({ tuning: table("an abacus"), onWarning: (message) => warnings.push(message) });
    expect(warnings).toEqual(["the tuning table (given table) is ignored: it was measured on another device: an abacus"]);
    const program = await foreign.compileFunction(({ x }) => x as NonNullable<typeof x>, { x: [3] });
    const { table: found } = program.tune({ seconds: 0.05 });
    await foreign.close();
    const [[key, plan]] = Object.entries(found.plans) as [[string, typeof entry]];
    const engine = await createEngine({ tuning: { ...found, plans: { [key]: { ...plan, threads: 1, date: "2026-02-03" } } } });
    const again = await engine.compileFunction(({ x }) => x as NonNullable<typeof x>, { x: [3] });
    expect(again.placement).toMatch(/^1 thread: tuned on 2026-02-03 \(given table\)/);
    await engine.close();
  });
});
