/** Where an interrupted fine-tuning stood, in a file beside the folder that it was to write. */
import { rm } from "node:fs/promises";
import { decodeState, encodeState, openSafetensors, readBytes, TetradError, type TrainingState, writeFileAtomic } from "@tetrad/engine";
import type { TrainingFlags } from "./training.js";

const KEY = "run";

export interface Resumable {
  /** Where to go on from, if that was asked for */
  readonly resume?: TrainingState;
  onState(state: TrainingState): Promise<void>;
  /** The run is whole: nothing is left to go on from. */
  done(): Promise<void>;
}

export const stateFile = (out: string): string => `${out.replace(/[\\/]+$/, "")}.training.safetensors`;

/** Options that decide nothing of what a run computes. */
const APART = ["out", "resume", "saveSteps", "test", "json", "quiet", "verbose", "threads", "tuning"];

function fingerprint(flags: TrainingFlags): string {
  const kept = Object.entries(flags).filter(([name]) => !APART.includes(name));
  return JSON.stringify(Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** @throws TetradError IO where there is nothing to resume, ARGUMENT where the interrupted run was asked for otherwise */
export async function resumable(flags: TrainingFlags): Promise<Resumable> {
  const path = stateFile(flags.out);
  const own = fingerprint(flags);
  const tools = {
    onState: (state: TrainingState) => writeFileAtomic(path, encodeState(state, { [KEY]: own })),
    done: () => rm(path, { force: true }),
  };
  if (flags.resume !== true) return tools;
  const bytes = await readBytes(path);
  const saved = openSafetensors(bytes, path).metadata[KEY];
  if (saved !== own) {
    const [before, now] = [JSON.parse(saved ?? "{}"), JSON.parse(own)] as [Record<string, unknown>, Record<string, unknown>];
    const other = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(
      (name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]),
    );
    throw new TetradError("ARGUMENT", {
      op: "resume",
      what: "the interrupted run was asked for otherwise",
      got: other.map((name) => `${name} ${JSON.stringify(now[name])}`).join(", "),
      expected: other.map((name) => `${name} ${JSON.stringify(before[name])}`).join(", "),
      hint: "give the same options, or leave out --resume to begin anew",
    });
  }
  return { ...tools, resume: decodeState(bytes, path) };
}
