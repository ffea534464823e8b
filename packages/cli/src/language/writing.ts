/** Options of models that make texts of texts: what they read, and whether they write in evaluations. */
import type { Engine } from "@tetrad/engine";
import {
  type LanguageModel,
  openSeq2Seq,
  type Seq2SeqOpenOptions,
  type TextGenerator,
  type WritingOptions,
  writerOf,
  writingCache,
} from "@tetrad/language";
import { CalledWrongly } from "../called-wrongly.js";

export interface Seq2SeqColumns {
  readonly source: string;
  readonly target: string;
  readonly sourcePrefix?: string;
  /** Of a source */
  readonly maxTokens?: number;
  readonly maxTargetTokens: number;
}

/** Whether targets are written, and how */
export interface WritingFlags {
  readonly predictWithGenerate?: boolean;
  readonly generationMaxLength?: number;
  readonly generationNumBeams?: number;
}

export function limitsOf({ sourcePrefix = "", maxTokens, maxTargetTokens, ...writing }: Seq2SeqColumns & WritingFlags): WritingOptions {
  const { generationMaxLength, generationNumBeams } = writing;
  return {
    sourcePrefix,
    maxTargetTokens,
    ...(maxTokens !== undefined && { maxSourceTokens: maxTokens }),
    ...(generationMaxLength !== undefined && { generationMaxLength }),
    ...(generationNumBeams !== undefined && { generationNumBeams }),
  };
}

/** A model, and what writes with it where that was asked for. @throws TetradError ARGUMENT for options of writing without it; as `openSeq2Seq` */
export async function openWriting(
  engine: Engine,
  folder: string,
  flags: Seq2SeqColumns & WritingFlags,
  options: Seq2SeqOpenOptions = {},
): Promise<{ readonly model: LanguageModel; readonly writing: { readonly writer?: TextGenerator } }> {
  const limits = limitsOf(flags);
  if (flags.predictWithGenerate !== true) return { model: await openSeq2Seq(engine, folder, options), writing: {} };
  const model = await openSeq2Seq(engine, folder, { ...options, cache: await writingCache(folder, limits) });
  return { model, writing: { writer: await writerOf(engine, model, folder, limits) } };
}

/** @throws TetradError ARGUMENT for options of texts that are not to be written */
export function checkWriting({ predictWithGenerate, generationMaxLength, generationNumBeams }: WritingFlags): void {
  if (predictWithGenerate === true || (generationMaxLength ?? generationNumBeams) === undefined) return;
  throw new CalledWrongly({
    op: "seq2seq",
    what: "--generation-max-length and --generation-num-beams are for texts that are written",
    hint: "add --predict-with-generate",
  });
}

/** `ROUGE-1 0.4012, ROUGE-2 0.1830, ROUGE-L 0.3310, 18.2 tokens a text` */
export function writingText(figures: Readonly<Record<string, number>>): string {
  const of = (name: string) => (figures[name] as number).toFixed(4);
  return `ROUGE-1 ${of("rouge1")}, ROUGE-2 ${of("rouge2")}, ROUGE-L ${of("rougeL")}, ${(figures["gen_len"] as number).toFixed(1)} tokens a text`;
}
