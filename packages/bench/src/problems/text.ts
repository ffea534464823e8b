/** What models write: a folder, the ids of a prompt, and how many to write after it. */
import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine } from "@tetrad/engine";
import { openLm, saveModel } from "@tetrad/language";

/** A model to write with, and text to begin from. */
interface TextSource {
  readonly folder: string;
  /** Path of the folder's GGUF file, where it has one: llama.cpp reads no other. */
  readonly gguf: string | undefined;
  /** The same weights as float32 numbers, for transformers; undefined unless a peer asks for it. */
  readonly widened: string | undefined;
  readonly ids: readonly number[];
}

export interface TextProblem extends Omit<TextSource, "ids"> {
  readonly prompt: readonly number[];
  readonly length: number;
}

/** Long enough for a prompt of 128 tokens of any model's. */
const TEXT = `Gravity is the weakest of the four interactions, and the one that was described first. Newton's law says that any two bodies attract each
other with a force proportional to the product of their masses and inversely proportional to the square of their distance. In general relativity the
same motion follows from the curvature of space and time, which mass and energy cause. The theory was confirmed by the precession of Mercury's orbit, by
the deflection of light at the edge of the sun, by the delay of radar echoes, by the orbits of binary pulsars that lose energy as waves, and lately by the
waves themselves. What it does not explain is the rotation of galaxies, unless they hold more matter than we see, and the expansion of the universe.`;

/** @param widen whether to write the weights as numbers, beside the system's other temporary files; the caller removes them */
export async function readText(engine: Engine, folder: string, widen: boolean): Promise<TextSource> {
  const file = (await readdir(folder)).find((name) => name.endsWith(".gguf"));
  const model = await openLm(engine, folder, file === undefined ? {} : { gguf: file });
  let widened: string | undefined;
  if (widen) {
    widened = join(await mkdtemp(join(tmpdir(), "tetrad-bench-")), "model");
    await saveModel(model, widened);
  }
  model.store.release();
  return { folder, gguf: file === undefined ? undefined : join(folder, file), widened, ids: [...model.tokenizer.encode(TEXT).ids] };
}

/** The first so many tokens of the text as a prompt. */
export function textProblem({ ids, ...source }: TextSource, tokens: number, length: number): TextProblem {
  if (ids.length < tokens) throw new Error(`${source.folder}: the text has ${ids.length} tokens, ${tokens} are needed`);
  return { ...source, prompt: ids.slice(0, tokens), length };
}
