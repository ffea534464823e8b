/** Text that goes on from a prompt. */

import { type Engine, TetradError } from "@tetrad/engine";
import { causalLmOf } from "../heads/causal-lm.js";
import { type LanguageModel, type OpenOptions, openModel } from "../model.js";
import type { Backbone } from "../models/backbone.js";
import type { StorageOptions } from "../weights/storage.js";
import { cacheSpecs, Decoder } from "./decoder.js";
import { checkSampling, nextToken, type SamplingOptions } from "./sample.js";

export interface GenerateOptions extends SamplingOptions {
  /** Tokens of the answer at most; 64 unless told */
  readonly maxNewTokens?: number;
  /** Texts that end the answer and are no part of it */
  readonly stop?: readonly string[];
  /** New text as it comes; characters of which only a part is known wait for the rest. */
  readonly onText?: (text: string) => void;
  readonly signal?: AbortSignal;
}

export interface Generated {
  readonly text: string;
  readonly ids: readonly number[];
  /** Why it ended: its end token, a stop text, as many tokens as were allowed, or the signal */
  readonly reason: "end" | "stop" | "length" | "aborted";
  /** Of reading the prompt, and of writing the answer */
  readonly seconds: { readonly prompt: number; readonly answer: number };
}

export interface TextGenerator {
  readonly model: LanguageModel;
  readonly decoder: Decoder;
  /** Tokens that end an answer */
  readonly ends: ReadonlySet<number>;
}

export interface GeneratorOptions extends StorageOptions, Pick<OpenOptions, "gguf" | "base"> {
  /** Most tokens of prompt and answer; 512, or what the model can read, unless told */
  readonly context?: number;
}

/** A causal model's folder, or that of an adapter for one. @throws TetradError as `openModel` */
export async function openGenerator(
  engine: Engine,
  folder: string,
  { context = 512, ...options }: GeneratorOptions = {},
): Promise<TextGenerator> {
  const contextOf = ({ maxTokens }: Backbone) => Math.min(context, maxTokens);
  const model = await openModel(engine, folder, causalLmOf, {
    ...options,
    states: (backbone) => cacheSpecs(backbone, contextOf(backbone)),
  });
  const end = model.config["eos_token_id"];
  const ends = new Set((Array.isArray(end) ? end : [end]).filter((id): id is number => typeof id === "number"));
  return { model, decoder: await Decoder.open(engine, model, contextOf(model.backbone)), ends };
}

/** @throws TetradError ARGUMENT for sampling numbers out of range, and for a prompt that fills the context */
export async function generate(
  { model: { tokenizer }, decoder, ends }: TextGenerator,
  prompt: string,
  { maxNewTokens = 64, stop = [], onText, signal, ...sampling }: GenerateOptions = {},
): Promise<Generated> {
  checkSampling(sampling);
  if (stop.includes("")) throw new TetradError("ARGUMENT", { op: "generate", what: "a stop text is empty" });
  const given = tokenizer.encode(prompt).ids;
  if (given.length >= decoder.context) {
    throw new TetradError("ARGUMENT", {
      op: "generate",
      what: "the prompt leaves no room for an answer",
      got: `${given.length} tokens`,
      expected: `fewer than ${decoder.context}`,
      hint: "allow a longer context, or shorten the prompt",
    });
  }
  decoder.reset();
  const begin = performance.now();
  let logits = await decoder.read(given);
  const read = performance.now();
  const most = Math.min(maxNewTokens, decoder.context - given.length);
  const ids: number[] = [];
  const seen = [...given];
  const ended = (text: string, reason: Generated["reason"]): Generated => {
    return { text, ids, reason, seconds: { prompt: (read - begin) / 1000, answer: (performance.now() - read) / 1000 } };
  };
  // Decoded with what it goes on from: some tokenizers leave out the space that a text begins with.
  const before = tokenizer.decode(given).length;
  const textOf = () => tokenizer.decode(seen).slice(before);
  let told = "";
  let reason: Generated["reason"] = "length";
  while (ids.length < most) {
    if (signal?.aborted === true) {
      reason = "aborted";
      break;
    }
    const id = nextToken(logits, seen, ids.length, sampling);
    if (ends.has(id)) {
      reason = "end";
      break;
    }
    ids.push(id);
    seen.push(id);
    const text = textOf();
    const cut = stop.map((end) => text.indexOf(end)).filter((at) => at >= 0);
    if (cut.length > 0) {
      const whole = text.slice(0, Math.min(...cut));
      onText?.(whole.slice(told.length));
      return ended(whole, "stop");
    }
    // What may yet become a stop text, or is part of a character, waits.
    const safe = safeLength(text, stop);
    if (safe > told.length) {
      onText?.(text.slice(told.length, safe));
      told = text.slice(0, safe);
    }
    if (ids.length < most) logits = await decoder.read([id]);
  }
  const text = textOf();
  if (text.length > told.length) onText?.(text.slice(told.length));
  return ended(text, reason);
}

function safeLength(text: string, stop: readonly string[]): number {
  let safe = text.endsWith("\ufffd") ? text.length - 1 : text.length;
  for (const end of stop) {
    for (let n = Math.min(end.length - 1, safe); n > 0; n--) {
      if (text.slice(0, safe).endsWith(end.slice(0, n))) {
        safe -= n;
        break;
      }
    }
  }
  return safe;
}
