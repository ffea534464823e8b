/** Targets that a model writes itself, held against those that people wrote: transformers' `predict_with_generate`. */

import type { Engine } from "@tetrad/engine";
import { beamSearch } from "../generate/beam.js";
import type { CacheSize } from "../generate/cache.js";
import { generateBatch } from "../generate/generate.js";
import { type FolderDefaults, generationConfig } from "../generate/generation-config.js";
import { generatorOf, type TextGenerator } from "../generate/open.js";
import { type Rouge, rouge } from "../metrics/rouge.js";
import { type LanguageModel, wholeModel } from "../model.js";
import { prefixed, SEQ2SEQ_LIMITS, type Seq2SeqLimits, type SourceTarget } from "./seq2seq-texts.js";

export interface WritingOptions extends Seq2SeqLimits {
  /** Tokens of a text at most, the one that every target begins with among them, as transformers counts; as many as of a target unless told */
  readonly generationMaxLength?: number;
  /** Beginnings that are followed; the folder's own number, or 1, unless told */
  readonly generationNumBeams?: number;
}

/** Texts that are written at a time, where no beams are sought */
const AT_ONCE = 4;

const longest = ({ generationMaxLength, maxTargetTokens = SEQ2SEQ_LIMITS.target }: WritingOptions) =>
  generationMaxLength ?? maxTargetTokens;

/**
 * Room that a model needs for writing, which `openSeq2Seq` gives it.
 * @param folder of the model, whose generation_config.json says how many beginnings are followed where the options do not
 * @throws TetradError FORMAT for a damaged generation_config.json
 */
export async function writingCache(folder: string, options: WritingOptions): Promise<CacheSize & { readonly sequences: number }> {
  const { defaults } = await generationConfig(await wholeModel(folder), {});
  const { maxSourceTokens = SEQ2SEQ_LIMITS.source } = options;
  return { context: Math.max(maxSourceTokens, longest(options)), sequences: Math.max(AT_ONCE, beamsOf(options, defaults)) };
}

/** Beginnings that are followed: the folder's own number, or 1, unless told */
export const beamsOf = ({ generationNumBeams }: WritingOptions, { numBeams = 1 }: FolderDefaults): number => generationNumBeams ?? numBeams;

/**
 * What writes with a model as it is at the moment, also while it is trained.
 * @param model opened with `writingCache` of these options
 * @param folder where it was opened, whose generation_config.json counts where the options say nothing
 */
export async function writerOf(engine: Engine, model: LanguageModel, folder: string, options: WritingOptions = {}): Promise<TextGenerator> {
  return generatorOf(engine, model, await wholeModel(folder), await writingCache(folder, options));
}

export interface Written {
  /** Texts, source by source */
  readonly texts: readonly string[];
  /** Of each, against its target */
  readonly scores: readonly Rouge[];
  /** Mean number of tokens, the ends of texts not counted */
  readonly meanLength: number;
}

/** Writes a text for every source and compares it with the target by ROUGE of stems, as transformers' examples do. @throws TetradError as `generate` */
export async function evaluateWriting(
  generator: TextGenerator,
  pairs: readonly SourceTarget[],
  options: WritingOptions = {},
): Promise<Written> {
  const { model, defaults } = generator;
  const { maxSourceTokens: maxTokens = SEQ2SEQ_LIMITS.source } = options;
  const prompts = pairs.map(({ source }) => model.tokenizer.encode(prefixed(source, options), { maxTokens }).ids);
  const numBeams = beamsOf(options, defaults);
  const maxNewTokens = Math.max(1, longest(options) - 1);
  const answers =
    numBeams === 1
      ? await generateBatch(generator, prompts, { maxNewTokens })
      : await inTurn(prompts, async (prompt) => (await beamSearch(generator, prompt, { numBeams, maxNewTokens }))[0]);
  const texts = answers.map((answer) => answer?.text.trim() ?? "");
  return {
    texts,
    scores: texts.map((text, i) => rouge((pairs[i] as SourceTarget).target, text, { stem: true })),
    meanLength: answers.reduce((sum, answer) => sum + (answer?.ids.length ?? 0), 0) / answers.length,
  };
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

/** F1 of each kind of ROUGE, a mean over texts, and `gen_len`, by the names that transformers' examples have for them. */
export function writingFigures({ scores, meanLength }: Written): Readonly<Record<string, number>> {
  const mean = (name: keyof Rouge) => scores.reduce((sum, score) => sum + score[name].f1, 0) / scores.length;
  return { rouge1: mean("rouge1"), rouge2: mean("rouge2"), rougeL: mean("rougeL"), rougeLsum: mean("rougeLsum"), gen_len: meanLength };
}
