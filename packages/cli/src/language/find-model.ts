/** Where a model is: what commands take for one is a folder, a file in one, or a name on the Hub. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { recoverFolder, TetradError } from "@tetrad/engine";
import { baseFolder, readAdapter } from "@tetrad/language";
import type { Context } from "../context.js";
import { hubModelIn } from "./hub-name.js";

export interface ModelPlace {
  /** Its folder, or its checkpoint of llama2.c */
  readonly folder: string;
  /** The same of an adapter's base model */
  readonly base?: string;
  /** The GGUF file of the model's folder, or of the base model's, where that is what holds its weights */
  readonly gguf?: string;
}

/**
 * @param given a folder, a GGUF file or a checkpoint of llama2.c in one, or the name of a model of the Hub, which is fetched
 * @throws TetradError ARGUMENT for a folder with several files to choose from; as `fetchModel`
 */
export async function findModel(context: Context, given: string): Promise<ModelPlace> {
  const place = await placeOf(context, given);
  if (!existsSync(`${place.folder}/adapter_config.json`)) return place;
  const { folder: base, gguf } = await placeOf(context, baseFolder(await readAdapter(place.folder), place.folder));
  return { folder: place.folder, base, ...(gguf !== undefined && { gguf }) };
}

/** The folder of a tokenizer, for which no weights are fetched. @throws TetradError as `fetchModel` */
export async function findTokenizer(context: Context, given: string): Promise<string> {
  const named = existsSync(given) ? undefined : hubModelIn(given);
  return named === undefined ? given : (await import("./hub.js")).fetchModel(context, named, "tokenizer");
}

/** What an adapter's folder says of its base model: a name of the Hub as it is, and a path from anywhere. */
export const baseName = (given: string): string => (existsSync(given) ? resolve(given) : given);

async function placeOf(context: Context, given: string): Promise<ModelPlace> {
  await recoverFolder(given);
  const named = existsSync(given) ? undefined : hubModelIn(given);
  if (named !== undefined) {
    const folder = await (await import("./hub.js")).fetchModel(context, named);
    return { folder, ...(named.gguf !== undefined && { gguf: named.gguf }) };
  }
  if (given.endsWith(".gguf")) return { folder: dirname(given), gguf: basename(given) };
  // None where there is no such folder: whoever opens it says so.
  const names = await readdir(given).catch((): string[] => []);
  const only = (kind: string, files: readonly string[]): string | undefined => {
    if (files.length < 2) return files[0];
    throw new TetradError("ARGUMENT", {
      op: given,
      what: `there are several ${kind}`,
      got: files.join(", "),
      hint: `name the one to use: ${given}/${files[0]}`,
    });
  };
  if (names.some((name) => /^(adapter_config\.json|model.*\.safetensors)$/.test(name))) return { folder: given };
  const gguf = only(
    "GGUF files",
    names.filter((name) => name.endsWith(".gguf")),
  );
  if (gguf !== undefined) return { folder: given, gguf };
  const checkpoint = names.includes("config.json")
    ? undefined
    : only(
        "checkpoints",
        names.filter((name) => name.endsWith(".bin") && !/^tok(enizer|\d+)\.bin$/.test(name)),
      );
  return { folder: checkpoint === undefined ? given : `${given}/${checkpoint}` };
}
