/** The folder of an unfinished run: its plan and each job's latest state, so that resuming gives the very numbers of a run that never stopped. */
import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseJsonObject, readBytes, TetradError, writeFileAtomic } from "@tetrad/engine";
import type { ChainState } from "@tetrad/theory";
import type { Job } from "./messages.js";
import type { SamplingPlan } from "./plan.js";

export function unfinishedFolder(out: string): string {
  return join(out, "unfinished");
}

const PLAN = "plan.json";

function stateFile(folder: string, index: number): string {
  return join(folder, `job-${index + 1}.json`);
}

export async function keepState(folder: string, index: number, state: unknown): Promise<void> {
  await writeFileAtomic(stateFile(folder, index), JSON.stringify(state));
}

export function removeUnfinished(out: string): void {
  rmSync(unfinishedFolder(out), { recursive: true, force: true });
}

/** As though the run had never been begun: nothing of it stays, nor an empty folder. */
export function discardRun(out: string): void {
  removeUnfinished(out);
  if (readdirSync(out).length === 0) rmdirSync(out);
}

/**
 * The jobs to do: from their beginning, or from where an unfinished run of the same plan stopped.
 * @throws TetradError ARGUMENT where there is an unfinished run that was not asked for, none that was, or one of another plan
 */
export async function openJobs(out: string, plan: SamplingPlan, count: number, resume: boolean): Promise<Job[]> {
  const folder = unfinishedFolder(out);
  const there = existsSync(join(folder, PLAN));
  if (there !== resume) {
    throw new TetradError("ARGUMENT", {
      op: "sample",
      what: there ? `${out} holds an unfinished run` : `resume: ${out} holds no unfinished run`,
      hint: there ? `go on with --resume, or remove ${folder}` : "leave out --resume",
    });
  }
  if (!resume) {
    await writeFileAtomic(join(folder, PLAN), `${JSON.stringify(plan, null, 2)}\n`);
    return Array.from({ length: count }, (_, index) => ({ index, state: null }));
  }
  const kept = parseJsonObject(await readBytes(join(folder, PLAN)), join(folder, PLAN));
  const wanted = JSON.parse(JSON.stringify(plan)) as Record<string, unknown>;
  const other = Object.keys(wanted).filter((key) => JSON.stringify(kept[key]) !== JSON.stringify(wanted[key]));
  if (other.length > 0) {
    throw new TetradError("ARGUMENT", {
      op: "sample",
      what: `the unfinished run in ${out} was another one`,
      got: other.map((key) => `${key} ${JSON.stringify(wanted[key])}`).join(", "),
      expected: other.map((key) => `${key} ${JSON.stringify(kept[key])}`).join(", "),
      hint: "resume with the files and options it was begun with, or choose another --out",
    });
  }
  return Promise.all(
    Array.from({ length: count }, async (_, index): Promise<Job> => {
      const file = stateFile(folder, index);
      if (!existsSync(file)) return { index, state: null };
      return { index, state: parseJsonObject(await readBytes(file), file, { what: "state" }) as unknown as ChainState };
    }),
  );
}
