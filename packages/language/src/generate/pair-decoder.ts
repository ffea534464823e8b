/** An encoder reads each prompt once; a decoder writes the answer token by token over what it remembers of both. */

import type { Engine, FunctionProgram, ParamSpecs, Tensor } from "@tetrad/engine";
import type { ConditionalGeneration } from "../heads/conditional-generation.js";
import type { LanguageModel } from "../model.js";
import type { EncoderDecoder } from "../models/t5.js";
import { CacheMover, type CacheSize, cacheStates, lookBack, recall, remember } from "./cache.js";
import { movesOf, noteRead, oneTokenEach, sameBeginning, type TextDecoder } from "./text-decoder.js";

const OWN = "cache.own";
const SOURCE = "cache.source";

const EVALUATION = { training: false };

/** States that a model's store needs: of targets and of sources, as many tokens of each. */
export function pairCacheSpecs({ cache }: EncoderDecoder, size: CacheSize): ParamSpecs {
  return { ...cacheStates(OWN, cache, size), ...cacheStates(SOURCE, cache, size) };
}

/** What of a model text is made with. */
export type DecodablePair = Pick<LanguageModel, "store" | "within"> & { readonly head: Pick<ConditionalGeneration, "pair"> };

export class PairDecoder implements TextDecoder {
  readonly vocabulary: number;
  readonly #pair: EncoderDecoder;
  /** Tokens of each sequence's source, and of its target so far */
  readonly #sources: (readonly number[])[];
  readonly #read: number[][];
  #movers: { readonly own: CacheMover; readonly source: CacheMover } | undefined;

  private constructor(
    private readonly engine: Engine,
    private readonly model: DecodablePair,
    /** Most tokens of a source, and of a target */
    readonly context: number,
    readonly sequences: number,
    private readonly encode: FunctionProgram,
    private readonly one: FunctionProgram,
  ) {
    this.#pair = model.head.pair;
    this.vocabulary = this.#pair.vocabulary;
    this.#sources = Array.from({ length: sequences }, () => []);
    this.#read = Array.from({ length: sequences }, () => []);
  }

  /** @param model opened with `pairCacheSpecs` of this size among its states */
  static async open(engine: Engine, model: DecodablePair, { context, sequences = 1 }: CacheSize): Promise<PairDecoder> {
    const encode = await compileEncode(engine, model, context);
    return new PairDecoder(engine, model, context, sequences, encode, await compileOne(engine, model, context, sequences));
  }

  opening(): readonly number[] {
    return [this.#pair.start];
  }

  get longestPrompt(): number {
    return this.context;
  }

  room(): number {
    return this.context;
  }

  reset(sequence: number): void {
    this.#sources[sequence] = [];
    this.#read[sequence] = [];
  }

  async begin(prompt: readonly number[], sequence: number): Promise<Float32Array> {
    await this.encode.call({
      ids: prompt,
      cuSeqlens: [0, prompt.length],
      rows: prompt.map((_, at) => sequence * this.context + at),
    });
    this.#sources[sequence] = [...prompt];
    this.#read[sequence] = [];
    const logits = await this.step(this.#read.map((_, i) => (i === sequence ? this.#pair.start : undefined)));
    return logits.subarray(sequence * this.vocabulary, (sequence + 1) * this.vocabulary);
  }

  async step(ids: readonly (number | undefined)[]): Promise<Float32Array> {
    const { logits } = await this.one.call({
      ...oneTokenEach(this.#read, ids, this.context),
      sources: this.#sources.map(({ length }) => Math.max(1, length)),
    });
    noteRead(this.#read, ids);
    return logits as Float32Array;
  }

  async copy(from: readonly number[]): Promise<void> {
    const open = (prefix: string) => CacheMover.open(this.engine, this.model.store, prefix, this.#pair.cache.layers, this.sequences);
    this.#movers ??= { own: await open(OWN), source: await open(SOURCE) };
    const { own, source } = this.#movers;
    const [sources, read] = [[...this.#sources], [...this.#read]];
    const targetOf = (sequence: number) => read[sequence] as number[];
    const lengthOf = (sequence: number) => (sources[sequence] as readonly number[]).length;
    // Every row depends on the whole source.
    const alike = (sequence: number, other: number) => sources[sequence] === sources[other];
    const known = (sequence: number, other: number) => (alike(sequence, other) ? sameBeginning(targetOf(other), targetOf(sequence)) : 0);
    await source.move(movesOf(from, lengthOf, (sequence, other) => (alike(sequence, other) ? lengthOf(other) : 0), this.context));
    await own.move(movesOf(from, (other) => targetOf(other).length, known, this.context));
    from.forEach((other, sequence) => {
      this.#sources[sequence] = sources[other] as readonly number[];
      this.#read[sequence] = [...targetOf(other)];
    });
  }

  close(): void {
    this.encode.close();
    this.one.close();
    this.#movers?.own.close();
    this.#movers?.source.close();
  }
}

/** Reads a source, and remembers what each layer of the decoder will look at. */
function compileEncode(engine: Engine, { store, within, head: { pair } }: DecodablePair, context: number): Promise<FunctionProgram> {
  const tokens = { shape: [context], dtype: "i32", bounded: "source" } as const;
  const inputs = { ids: tokens, rows: tokens, cuSeqlens: { shape: [2], dtype: "i32" } } as const;
  return engine.compileWith(store, inputs, (all, given) => {
    const { ids, rows, cuSeqlens } = given as Record<keyof typeof inputs, Tensor>;
    const params = within(all, EVALUATION);
    const encoded = pair.encode(params, { ids, cuSeqlens }, EVALUATION);
    for (let layer = 0; layer < pair.cache.layers; layer++) remember(all, SOURCE, layer, rows, pair.sourceRows(params, encoded, layer));
    return cuSeqlens;
  });
}

/** A token for each sequence; logits (sequences, V). */
function compileOne(
  engine: Engine,
  { store, within, head: { pair } }: DecodablePair,
  context: number,
  sequences: number,
): Promise<FunctionProgram> {
  const each = { shape: [sequences], dtype: "i32" } as const;
  const inputs = { ids: each, positions: each, rows: each, lengths: each, sources: each };
  return engine.compileWith(store, inputs, (all, given) => {
    const { ids, positions, rows, lengths, sources } = given as Record<keyof typeof inputs, Tensor>;
    const params = within(all, EVALUATION);
    const bias = pair.biasAt(params, positions, context);
    const states = pair.decodeOver(params, ids, {
      own: (layer, q, fresh) => lookBack(q, remember(all, OWN, layer, rows, fresh), context, { scale: 1, keyLengths: lengths, bias }),
      source: (layer, q) => lookBack(q, recall(all, SOURCE, layer), context, { scale: 1, keyLengths: sources }),
    });
    return { logits: pair.logits(params, states) };
  });
}
