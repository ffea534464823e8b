/** Text token by token, of several sequences at once: each new token costs one token's work. */

import { attention, type Engine, type FunctionProgram, type ParamSpecs, reshape, type Tensor, TetradError, take } from "@tetrad/engine";
import type { LanguageModel } from "../model.js";
import { type Attend, type Backbone, type Rows, type TokenBatch, VIRTUAL } from "../models/backbone.js";
import { CacheMover, type CacheSize, cacheStates, lookBack, remember } from "./cache.js";
import { movesOf, noteRead, oneTokenEach, sameBeginning, type TextDecoder } from "./text-decoder.js";

/** Tokens of a prompt that are read at once. */
const CHUNK = 32;

/** With fewer than so many left of a prompt, one after the other takes less time than a chunk. */
const FEW = 4;

const PREFIX = "cache";

/** States that a model's store needs. */
export function cacheSpecs(backbone: Backbone, { context, sequences }: CacheSize): ParamSpecs {
  return cacheStates(PREFIX, backbone.cache, { context: rowsOf(backbone, context), ...(sequences !== undefined && { sequences }) });
}

/** Rows of a sequence's cache: its tokens', after those that an adapter puts before every sequence. */
const rowsOf = ({ virtualKeys = 0 }: Backbone, context: number): number => virtualKeys + context;

/** What of a model text is made with. */
export type Decodable = Pick<LanguageModel, "backbone" | "head" | "store" | "within">;

export class Decoder implements TextDecoder {
  readonly vocabulary: number;
  /** Whose keys and values the cache has, by sequence: what stands before every sequence, and tokens that were read after it; nothing before the first of them */
  readonly #read: number[][];
  readonly #before: readonly number[];
  #mover: CacheMover | undefined;

  private constructor(
    private readonly engine: Engine,
    private readonly model: Decodable,
    /** Rows of a sequence's cache */
    private readonly rows: number,
    readonly sequences: number,
    /** A token for each sequence */
    private readonly one: FunctionProgram,
    /** Several of one sequence */
    private readonly chunk: FunctionProgram,
    /** Writes what stands before a sequence */
    private readonly first: FunctionProgram | undefined,
  ) {
    const { vocabulary, virtualKeys = 0 } = model.backbone;
    this.vocabulary = vocabulary;
    this.#before = Array.from({ length: virtualKeys }, (_, i) => -1 - i);
    this.#read = Array.from({ length: sequences }, () => []);
  }

  /** @param model opened with `cacheSpecs` of this size among its states */
  static async open(engine: Engine, model: Decodable, { context, sequences = 1 }: CacheSize): Promise<Decoder> {
    const rows = rowsOf(model.backbone, context);
    const one = await compileOne(engine, model, rows, sequences);
    const chunk = await compileChunk(engine, model, rows, sequences);
    return new Decoder(engine, model, rows, sequences, one, chunk, await compileFirst(engine, model));
  }

  /** Most tokens of prompt and answer */
  get context(): number {
    return this.rows - this.#before.length;
  }

  opening(prompt: readonly number[]): readonly number[] {
    return prompt.filter((id) => id >= 0);
  }

  get longestPrompt(): number {
    return this.context - 1;
  }

  room(prompt: readonly number[]): number {
    return this.context - prompt.length;
  }

  reset(sequence = 0): void {
    this.#read[sequence] = [];
  }

  begin(prompt: readonly number[], sequence: number): Promise<Float32Array> {
    this.reset(sequence);
    return this.read(prompt, sequence);
  }

  /**
   * Reads tokens of a sequence after those before.
   * @returns logits of the next token (V), a view that the next call overwrites
   * @throws TetradError ARGUMENT for no token, or more than the context has room for
   */
  async read(ids: ArrayLike<number>, sequence = 0): Promise<Float32Array> {
    const known = this.#read[sequence] as number[];
    const before = Math.max(0, known.length - this.#before.length);
    if (ids.length === 0 || before + ids.length > this.context) {
      throw new TetradError("ARGUMENT", {
        op: "generate",
        what: ids.length === 0 ? "there is nothing to go on from" : "the context is full",
        got: `${ids.length} tokens after ${before}`,
        expected: `1 to ${this.context - before}`,
        hint: ids.length === 0 ? "give a prompt of at least one token" : "allow a longer context",
      });
    }
    // Anew for every text: another adapter may have taken its turn.
    if (known.length === 0) {
      await this.first?.call({ rows: Int32Array.from(this.#before, (_, i) => sequence * this.rows + i) });
      known.push(...this.#before);
    }
    let logits: Float32Array | undefined;
    const whole = [...known, ...Array.from(ids)];
    while (known.length < whole.length) {
      const left = whole.length - known.length;
      logits =
        this.sequences === 1 && left < FEW
          ? await this.step([whole[known.length]])
          : await this.#readChunk(whole.slice(0, known.length + Math.min(left, CHUNK)), sequence);
    }
    return logits as Float32Array;
  }

  /** The last tokens of a sequence. Some of them may be known: they get the rows that they have. What stands behind a short text is overwritten by what follows it. */
  async #readChunk(whole: readonly number[], sequence: number): Promise<Float32Array> {
    const size = chunkOf(this.model.backbone, this.rows);
    const first = Math.max(this.#before.length, whole.length - size);
    const places = Int32Array.from({ length: size }, (_, i) => first + i);
    const { logits } = await this.chunk.call({
      ids: places.map((at) => whole[at] ?? 0),
      positions: places,
      rows: places.map((at) => sequence * this.rows + at),
      lengths: [first + size],
      last: [whole.length - 1 - first],
      ...(this.sequences > 1 && { sequence: [sequence] }),
    });
    this.#read[sequence]?.push(...whole.slice(this.#read[sequence]?.length));
    return logits as Float32Array;
  }

  async step(ids: readonly (number | undefined)[]): Promise<Float32Array> {
    const { logits } = await this.one.call(oneTokenEach(this.#read, ids, this.rows));
    noteRead(this.#read, ids);
    return logits as Float32Array;
  }

  async copy(from: readonly number[]): Promise<void> {
    const { store, backbone } = this.model;
    this.#mover ??= await CacheMover.open(this.engine, store, PREFIX, backbone.cache.layers, this.sequences);
    const before = [...this.#read];
    const of = (sequence: number) => before[sequence] as number[];
    const known = (sequence: number, other: number) => sameBeginning(of(other), of(sequence));
    await this.#mover.move(movesOf(from, (other) => of(other).length, known, this.rows));
    from.forEach((other, sequence) => {
      this.#read[sequence] = [...of(other)];
    });
  }

  close(): void {
    this.one.close();
    this.chunk.close();
    this.first?.close();
    this.#mover?.close();
  }
}

const chunkOf = ({ virtualKeys = 0 }: Backbone, rows: number): number => Math.min(CHUNK, rows - virtualKeys);

/** Logits of tokens whose keys and values go to `rows` of the cache and that `look` at it. */
function logitsOf(
  { backbone, head, within }: Decodable,
  all: Readonly<Record<string, Tensor>>,
  { ids, positions, rows }: Readonly<Record<"ids" | "positions" | "rows", Tensor>>,
  context: number,
  look: (q: Tensor, cache: Rows, options: Parameters<Attend>[4]) => Tensor,
  last?: Tensor,
) {
  const evaluation = { training: false };
  const attend: Attend = (layer, q, key, value, options) => look(q, remember(all, PREFIX, layer, rows, { key, value }), options);
  const batch = { ids, positions, attend, longest: context } as unknown as TokenBatch;
  const params = within(all, evaluation);
  const states = backbone.states(params, batch, evaluation);
  return head.outputs(params, last === undefined ? states : { ...states, last: take(states.last, last) }, batch, evaluation);
}

/** A token for each sequence; logits (sequences, V). */
function compileOne(engine: Engine, model: Decodable, context: number, sequences: number): Promise<FunctionProgram> {
  const each = { shape: [sequences], dtype: "i32" } as const;
  const inputs = { ids: each, positions: each, rows: each, lengths: each };
  return engine.compileWith(model.store, inputs, (all, given) => {
    const { lengths, ...batch } = given as Record<keyof typeof inputs, Tensor>;
    return logitsOf(model, all, batch, context, (q, cache, options) =>
      lookBack(q, cache, context, { ...options, causal: "bottomRight", keyLengths: lengths }),
    );
  });
}

/** Several tokens of one sequence; logits (1, V) of its token number `last` among them. */
function compileChunk(engine: Engine, model: Decodable, context: number, sequences: number): Promise<FunctionProgram> {
  const size = chunkOf(model.backbone, context);
  const several = { shape: [size], dtype: "i32" } as const;
  const one = { shape: [1], dtype: "i32" } as const;
  const inputs = { ids: several, positions: several, rows: several, lengths: one, last: one, ...(sequences > 1 && { sequence: one }) };
  return engine.compileWith(model.store, inputs, (all, given) => {
    const { lengths, last, sequence, ...batch } = given as Record<"ids" | "positions" | "rows" | "lengths" | "last" | "sequence", Tensor>;
    const own = (cache: Tensor) => {
      const [, ...rest] = cache.shape as [number, number, number];
      if (sequences === 1) return reshape(cache, [1, context, ...rest]);
      return reshape(take(reshape(cache, [sequences, context * rest[0] * rest[1]]), sequence), [1, context, ...rest]);
    };
    const look: Parameters<typeof logitsOf>[4] = (q, { key, value }, options) => {
      const seen = attention(reshape(q, [1, ...q.shape]), own(key), own(value), { ...options, causal: "bottomRight", keyLengths: lengths });
      return reshape(seen, [q.shape[0] as number, q.shape[1] as number, value.shape[2] as number]);
    };
    return logitsOf(model, all, batch, context, look, last);
  });
}

/** Keys and values that an adapter puts before a sequence, into `rows` of the cache; undefined where there are none. */
async function compileFirst(engine: Engine, { backbone, store, within }: Decodable): Promise<FunctionProgram | undefined> {
  const { virtualKeys = 0, cache } = backbone;
  if (virtualKeys === 0) return undefined;
  return engine.compileWith(store, { rows: { shape: [virtualKeys], dtype: "i32" } }, (all, given) => {
    const rows = given["rows"] as Tensor;
    const keys = within(all, { training: false })[VIRTUAL]?.keys;
    for (let layer = 0; layer < cache.layers; layer++) remember(all, PREFIX, layer, rows, keys?.(layer) as Rows);
    return rows;
  });
}
