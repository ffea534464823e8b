// How contenders are compared, what of an earlier run is accepted, and when a version counts as slower.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compareRuns, describeMachine, type Run, readRun, regressionTable, tableText } from "@tetrad/bench";
import { describe, expect, test } from "vitest";
import { agree, compare, ratiosToOurs } from "../../packages/bench/src/measure/compare.js";
import type { Contender } from "../../packages/bench/src/measure/contender.js";
import type { Comparison, Timing } from "../../packages/bench/src/suite.js";
import { root } from "../support/root.js";

const EFFORT = { rounds: 3, milliseconds: 1, suiteSeconds: {}, warmUps: 2 };
const yardstick = { sample: async () => [1], close: async () => {} };

interface Fake {
  readonly who?: string;
  readonly ms?: number;
  readonly result?: readonly number[];
  readonly threads?: number;
  sample?(): Promise<number[]>;
  close?(): Promise<void>;
}

describe("compare", () => {
  const log: string[] = [];
  const closed: string[] = [];
  function contender(name: string, { who = "tetrad", ms = 1, result = [1], threads, sample, close }: Fake): Contender {
    return {
      name,
      who,
      ...(threads !== undefined && { threads }),
      sample: async () => {
        log.push(name);
        return sample === undefined ? [ms] : sample();
      },
      result: async () => result,
      close: () => {
        closed.push(name);
        return close?.();
      },
    };
  }
  function run(contenders: readonly Contender[]): Promise<Comparison> {
    log.length = 0;
    closed.length = 0;
    const context = { effort: EFFORT, yardstick, log: () => {} };
    return compare(context, "work", { contenders, absent: { late: "did not start" } }, (result) => agree(result, [1], 1e-6));
  }

  test("contenders take turns after warming up, and peers are held against ours", async () => {
    const { timings, ratios, absent } = await run([contender("a", { ms: 2 }), contender("b", { who: "peer", ms: 6 })]);
    expect(log.slice(-6)).toEqual(["a", "b", "a", "b", "a", "b"]);
    expect(timings["a"]).toMatchObject({ who: "tetrad", median: 2, min: 2, mad: 0, rounds: [2, 2, 2] });
    expect(ratios).toEqual({ b: { against: "a", value: 3, low: 3, high: 3 } });
    expect(absent).toEqual({ late: "did not start" });
    expect(closed).toEqual(["a", "b"]);
  });

  test("a peer with wrong numbers, or one that dies while it is timed, is absent with its reason", async () => {
    let calls = 0;
    const dying = async () => {
      if (++calls > 3) throw new Error("killed\nat some place");
      return [1];
    };
    const { timings, absent } = await run([
      contender("a", {}),
      contender("wrong", { who: "peer", result: [2] }),
      contender("dying", { who: "peer", sample: dying, close: () => Promise.reject(new Error("the process ended")) }),
    ]);
    expect(Object.keys(timings)).toEqual(["a"]);
    expect(absent).toMatchObject({ wrong: "number 0 is 2, expected 1", dying: "killed" });
    expect(closed).toEqual(["a", "wrong", "dying"]);
  });

  test("wrong numbers of ours are an error, and everything is closed", async () => {
    await expect(run([contender("a", { result: [Number.NaN] }), contender("b", { who: "peer" })])).rejects.toThrow(
      "a, work: number 0 is NaN",
    );
    expect(closed).toEqual(["a", "b"]);
  });

  test("a peer is held against ours with as many threads, else against our first", () => {
    const timing = (who: string, median: number, threads?: number): Timing => ({
      who,
      median,
      min: median,
      mad: 0,
      samples: 1,
      rounds: [median],
      ...(threads !== undefined && { threads }),
    });
    const ratios = ratiosToOurs({
      one: timing("tetrad", 2, 1),
      two: timing("tetrad", 1, 2),
      p1: timing("p", 4, 1),
      p2: timing("p", 4, 2),
      p9: timing("p", 4, 9),
    });
    expect(Object.fromEntries(Object.entries(ratios).map(([name, { against, value }]) => [name, [against, value]]))).toEqual({
      p1: ["one", 2],
      p2: ["two", 4],
      p9: ["one", 2],
    });
  });
});

describe("an earlier run", () => {
  const machine = describeMachine();

  /** A run with one comparison: our times and the yardstick's, round by round. */
  function runOf(ours: readonly number[], yard: readonly number[] = ours.map(() => 1), name = "a step"): Run {
    const timing: Timing = { who: "tetrad", median: 0, min: Math.min(...ours), mad: 0, samples: 9, rounds: ours };
    const peer: Timing = { ...timing, who: "torch", min: 1, rounds: ours.map(() => 1) };
    const comparison: Comparison = { name, timings: { ours: timing, peer }, yardstick: yard, ratios: {} };
    const suite = { comparisons: [comparison], tables: [], figures: [], notes: [] };
    return {
      format: 1,
      machine,
      loadAfter: [],
      seconds: 1,
      suiteSeconds: {},
      quick: false,
      threads: [1],
      peers: {},
      suites: { mlp: suite },
    };
  }
  const steady = [10, 10.1, 9.9, 10, 10.2, 9.8, 10];
  const verdict = (before: Run, after: Run) => compareRuns(before, after).changes.map((change) => change.verdict);
  const times = (factor: number) => steady.map((time) => factor * time);

  test("the same times are the same; a fifth more is slower; a fifth less is faster; peers do not count", () => {
    expect(verdict(runOf(steady), runOf(steady))).toEqual(["same"]);
    expect(verdict(runOf(steady), runOf(times(1.2)))).toEqual(["slower"]);
    expect(verdict(runOf(steady), runOf(times(0.8)))).toEqual(["faster"]);
  });

  test("a machine that runs at half its clock is no regression, and hides none", () => {
    const half = steady.map(() => 2);
    expect(verdict(runOf(steady), runOf(times(2), half))).toEqual(["same"]);
    expect(verdict(runOf(steady), runOf(times(2.4), half))).toEqual(["slower"]);
  });

  test("what noise could have made is no regression", () => {
    expect(verdict(runOf(steady), runOf(times(1.03)))).toEqual(["same"]);
    // medians are up by half, but the fastest sample is as fast as ever
    expect(verdict(runOf(steady), runOf([9.8, 15, 15, 15, 15, 15, 15]))).toEqual(["same"]);
  });

  test("what only one run measured is listed", () => {
    const { changes, unmatched } = compareRuns(runOf(steady, undefined, "old"), runOf(steady, undefined, "new"));
    expect(changes).toEqual([]);
    expect(unmatched).toEqual(["mlp: new: ours", "mlp: old: ours"]);
  });

  test("the table names the slow ones and counts the rest", () => {
    const text = tableText(regressionTable(compareRuns(runOf(steady), runOf(times(1.5)))));
    expect(text).toContain("1 slower, 0 faster, 0 the same within noise");
    expect(text).toMatch(/mlp: a step: ours +1\.50 \[1\.\d+, 1\.\d+\] +1\.50 +slower/);
  });

  test("is read back as it was written", () => {
    const run = runOf(steady);
    expect(readRun(JSON.stringify(run), "old.json")).toEqual(run);
  });

  test.each([
    ["no JSON", "{", "FORMAT", /old\.json is not JSON/],
    ["something else", "[]", "FORMAT", /not a run of this version/],
    ["a number", "1", "FORMAT", /not a run of this version/],
    ["null", "null", "FORMAT", /not a run of this version/],
    ["a file of before the format", readFileSync(join(root, "packages/bench/results/foundation-1.json"), "utf8"), "FORMAT", /format null/],
    [
      "another machine",
      JSON.stringify({ ...runOf([1]), machine: { ...machine, processor: "Z80" } }),
      "DATA",
      /another machine \(processor: Z80 and /,
    ],
    ["more cores", JSON.stringify({ ...runOf([1]), machine: { ...machine, cores: 999 } }), "DATA", /another machine \(cores: 999 and /],
  ])("is refused: %s", (_, text, code, message) => {
    expect(() => readRun(text, "old.json")).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});
