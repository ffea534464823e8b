/** What a run of fine-tuning keeps beside the folder that it is to write: checkpoints in Hugging Face's shape, each a whole model and what resuming needs. */
import { existsSync } from "node:fs";
import { readdir, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileError, refuseForeign, TetradError } from "@tetrad/engine";
import { ADAPTER_FOLDER_FILES, FOLDER_FILES, type RunState, readRunState, TASKS_FILE, type TrainingOptions } from "@tetrad/language";
import { lockFolder } from "../folder-lock.js";
import type { TrainingFlags } from "./training.js";

export interface Checkpoints {
  /** Where to go on from, if that was asked for */
  readonly resume?: RunState;
  readonly onSave: NonNullable<TrainingOptions["onSave"]>;
  /** The run is over: lets the next one have the folder. @param whole nothing is left to go on from */
  end(whole: boolean): Promise<void>;
}

/** Of everything that is the run's and not the model's. */
export const runFolder = (out: string): string => `${out.replace(/[\\/]+$/, "")}-run`;

const checkpointName = (step: number): string => `checkpoint-${step}`;

/** Options that decide nothing of what a run computes. */
const APART = [
  ...["out", "config", "resume", "test", "reportTo", "saveStrategy", "saveSteps", "saveTotalLimit"],
  ...["json", "quiet", "verbose", "threads", "tuning"],
];

function fingerprint(flags: TrainingFlags): string {
  const kept = Object.entries(flags).filter(([name]) => !APART.includes(name));
  return JSON.stringify(Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** Who says how often means that checkpoints are kept. */
export function saveStrategyOf({ saveStrategy, saveSteps }: TrainingFlags): NonNullable<TrainingOptions["saveStrategy"]> {
  return saveStrategy ?? (saveSteps === undefined ? "no" : "steps");
}

/** @throws TetradError IO where there is nothing to resume, ARGUMENT where the interrupted run was asked for otherwise or another one is at work here */
export async function openCheckpoints(flags: TrainingFlags): Promise<Checkpoints> {
  await checkOut(flags);
  const folder = runFolder(flags.out);
  const own = fingerprint(flags);
  const { saveTotalLimit } = flags;
  const saveStrategy = saveStrategyOf(flags);
  const release = await lockFolder("finetune", folder);
  const unlock = async () => {
    await release();
    // Only where nothing was kept
    await rmdir(folder).catch(() => {});
  };
  try {
    await clear(flags.out);
    const resume = flags.resume === true ? await lastState(folder, own) : undefined;
    return {
      ...(resume !== undefined && { resume }),
      async onSave({ training: { step }, best }, save) {
        const temporary = join(folder, `.${checkpointName(step)}.tmp`);
        await rm(temporary, { recursive: true, force: true });
        await save(temporary, own).catch(async (error: unknown) => {
          throw resumable(error, (await stepsIn(folder)).at(-1));
        });
        await discard(folder, step);
        await rename(temporary, join(folder, checkpointName(step)));
        if (saveTotalLimit !== undefined) await prune(folder, saveTotalLimit, best?.step);
      },
      async end(whole) {
        if (whole && saveStrategy === "no") await prune(folder, 0, undefined);
        await unlock();
      },
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** A checkpoint that could not be written, with what is left to go on from. */
function resumable(error: unknown, last: number | undefined): unknown {
  if (!(error instanceof TetradError) || error.code !== "IO" || error.parts === undefined || last === undefined) return error;
  const hint = [error.parts.hint, `the checkpoint of step ${last} is whole: go on from it with the same command and --resume`];
  return new TetradError("IO", { ...error.parts, hint: hint.filter((part) => part !== undefined).join("; ") }, { cause: error });
}

/** What makes a folder one that models are written to. */
const OURS = ["config.json", "adapter_config.json", TASKS_FILE];

/**
 * What could not be written at the end, or would be read wrongly then, is refused before hours of training, not after them: a folder of other files, the model's own
 * folder, an adapter beside a whole model, which Python would read in its place.
 * @throws TetradError IO
 */
async function checkOut({ out, model, peft, merge }: TrainingFlags & { readonly peft?: string; readonly merge?: boolean }): Promise<void> {
  const names = await readdir(out).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw fileError("write", out, error);
  });
  if (!OURS.some((name) => names.includes(name))) return refuseForeign(out, names, []);
  const refuse = (what: string): never => {
    throw new TetradError("IO", { op: `write ${out}`, what, hint: "choose another folder" });
  };
  if (resolve(out) === resolve(model)) refuse("this is the folder of the model that is to be trained");
  const beside = peft !== undefined && merge !== true;
  if (beside && names.includes("model.safetensors")) refuse("a whole model is there, which would be read in the adapter's place");
  if (!names.includes(TASKS_FILE)) {
    refuseForeign(
      out,
      names.filter((name) => !name.startsWith(".")),
      beside ? ADAPTER_FOLDER_FILES : FOLDER_FILES,
    );
  }
}

/** Steps that there are checkpoints of, in order. */
async function stepsIn(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names
    .map((name) => /^checkpoint-(\d+)$/.exec(name)?.[1])
    .filter((step) => step !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

async function prune(folder: string, most: number, best: number | undefined): Promise<void> {
  const steps = await stepsIn(folder);
  const old = steps.slice(0, Math.max(0, steps.length - most)).filter((step) => step !== best);
  for (const step of old) await discard(folder, step);
}

/** Takes a checkpoint away, if there is one; under another name first, so that whoever is killed meanwhile leaves none that is half there. */
async function discard(folder: string, step: number): Promise<void> {
  const path = join(folder, checkpointName(step));
  if (!existsSync(path)) return;
  const aside = join(folder, `.${checkpointName(step)}.old`);
  await rename(path, aside);
  await rm(aside, { recursive: true });
}

/** What a killed run left half written or half removed, of checkpoints and of the model. */
async function clear(out: string): Promise<void> {
  const folder = runFolder(out);
  for (const name of await readdir(folder)) {
    if (/^\.+checkpoint-\d+\./.test(name)) await rm(join(folder, name), { recursive: true });
  }
  const [parent, own] = [dirname(resolve(out)), `.${basename(resolve(out))}.`];
  for (const name of await readdir(parent)) {
    if (name.startsWith(own) && /^[0-9a-f]{12}\.tmp$/.test(name.slice(own.length))) await rm(join(parent, name), { recursive: true });
  }
}

async function lastState(folder: string, own: string): Promise<RunState> {
  const last = (await stepsIn(folder)).at(-1);
  if (last === undefined) {
    throw new TetradError("IO", {
      op: "resume",
      what: `there is no checkpoint in ${folder}`,
      hint: "leave --resume out to begin anew",
    });
  }
  const { state, about } = await readRunState(join(folder, checkpointName(last)));
  if (about === own) return state;
  const [before, now] = [JSON.parse(about || "{}"), JSON.parse(own)] as [Record<string, unknown>, Record<string, unknown>];
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
