/** `--compare`: is this version slower than the one that an earlier run measured on this machine? */
import type { Interval } from "@tetrad/engine";
import { TetradError } from "@tetrad/engine";
import { describeMachine, difference, type MachineBlock } from "./measure/machine.js";
import { median, unpairedRatio } from "./measure/statistics.js";
import { FORMAT, type Run } from "./run.js";
import type { Comparison, Table, Timing } from "./suite.js";
import { ratioText, short } from "./text.js";

/** Changes smaller than this are the machine's: medians, even in units of the yardstick, wander by some per cent from run to run, and a run holds hundreds. */
const NOISE = 0.1;

export interface Change extends Interval {
  readonly suite: string;
  readonly comparison: string;
  readonly contender: string;
  /** The same of the fastest samples, which neighbours on the machine disturb least. */
  readonly fastest: number;
  readonly verdict: "slower" | "faster" | "same";
}

export interface Regression {
  /** When the earlier run was made, and of which commit. */
  readonly baseline: { readonly time: string; readonly commit: string | null };
  readonly changes: readonly Change[];
  /** Ours that only one of the two runs has. */
  readonly unmatched: readonly string[];
}

/**
 * Reads a run that `--json` wrote.
 * @param source names the file in errors
 * @throws TetradError FORMAT for anything else, DATA when it is of another machine
 */
export function readRun(text: string, source: string, machine: MachineBlock = describeMachine()): Run {
  let run: Run;
  try {
    run = JSON.parse(text) as Run;
  } catch (error) {
    throw new TetradError("FORMAT", { op: "bench", what: `${source} is not JSON: ${(error as Error).message}` });
  }
  if (run?.format !== FORMAT || typeof run.machine !== "object" || typeof run.suites !== "object") {
    throw new TetradError("FORMAT", {
      op: "bench",
      what: `${source} is not a run of this version of the benchmarks`,
      got: `format ${JSON.stringify(run?.format ?? null)}`,
      expected: `format ${FORMAT}`,
      hint: "write one with `tetrad bench --json FILE`",
    });
  }
  const other = difference(run.machine, machine);
  if (other !== undefined)
    throw new TetradError("DATA", {
      op: "bench",
      what: `${source} was measured on another machine (${other})`,
      hint: "times of two machines say nothing about a change of code; measure a baseline here",
    });
  return run;
}

/** Every contender of ours that both runs measured, in units of each run's own yardstick. */
export function compareRuns(before: Run, after: Run): Regression {
  const changes: Change[] = [];
  const unmatched: string[] = [];
  const [old, now] = [oursOf(before), oursOf(after)];
  for (const [key, { suite, comparison, contender, timing, yardstick }] of now) {
    const past = old.get(key);
    if (past === undefined) {
      unmatched.push(key);
      continue;
    }
    const units = (one: Timing, yard: readonly number[]) => one.rounds.map((time, i) => time / (yard[i] as number));
    const ratio = unpairedRatio(units(timing, yardstick), units(past.timing, past.yardstick));
    const fastest = timing.min / median(yardstick) / (past.timing.min / median(past.yardstick));
    const slower = ratio.low > 1 + NOISE && fastest > 1 + NOISE;
    const faster = ratio.high < 1 / (1 + NOISE) && fastest < 1 / (1 + NOISE);
    changes.push({ suite, comparison, contender, ...ratio, fastest, verdict: slower ? "slower" : faster ? "faster" : "same" });
  }
  // A suite that was not asked for this time is no finding.
  for (const [key, { suite }] of old) if (suite in after.suites && !now.has(key)) unmatched.push(key);
  return { baseline: { time: before.machine.time, commit: before.machine.commit }, changes, unmatched };
}

interface Ours {
  readonly suite: string;
  readonly comparison: string;
  readonly contender: string;
  readonly timing: Timing;
  readonly yardstick: readonly number[];
}

function oursOf({ suites }: Run): Map<string, Ours> {
  const found = new Map<string, Ours>();
  for (const [suite, result] of Object.entries(suites)) {
    if ("error" in result) continue;
    for (const { name: comparison, timings, yardstick } of result.comparisons as readonly Comparison[]) {
      for (const [contender, timing] of Object.entries(timings)) {
        if (timing.who === "tetrad")
          found.set(`${suite}: ${comparison}: ${contender}`, { suite, comparison, contender, timing, yardstick });
      }
    }
  }
  return found;
}

/** Only what changed; the counts tell of the rest. */
export function regressionTable({ baseline, changes }: Regression): Table {
  const changed = changes.filter(({ verdict }) => verdict !== "same");
  const slower = changed.filter(({ verdict }) => verdict === "slower").length;
  return {
    title: `against ${baseline.time}${baseline.commit === null ? "" : ` (${baseline.commit.slice(0, 12)})`}: ${slower} slower, ${changed.length - slower} faster, ${changes.length - changed.length} the same within noise`,
    header: ["", "time, of before [95 %]", "fastest", ""],
    rows: changed.map((change) => [
      `${change.suite}: ${change.comparison}: ${change.contender}`,
      ratioText(change),
      short(change.fastest),
      change.verdict,
    ]),
  };
}
