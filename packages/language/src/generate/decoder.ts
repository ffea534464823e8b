/** Text token by token: keys and values of what was read stay in the model's store, so that each new token costs one token's work. */

import {
  assign,
  attention,
  concat,
  constant,
  type Engine,
  type FunctionProgram,
  type ParamSpecs,
  reshape,
  type Tensor,
  TetradError,
  take,
  where,
  zeros,
} from "@tetrad/engine";
import type { LanguageModel } from "../model.js";
import type { Attend, Backbone, TokenBatch } from "../models/backbone.js";

/** Tokens of a prompt that are read at once. */
const CHUNK = 32;

/** Tokens that the shortest cache holds. */
const FIRST = 128;

/**
 * Tokens that each cache holds, twice as many as the one before. A step writes its cache whole, so that a text of a hundred tokens should not have one of thousands:
 * SmolLM2 writes 45.7 tokens a second with a cache of 128 and 25 with one of 512.
 */
function sizesOf(context: number, first: number): number[] {
  const sizes: number[] = [];
  for (let size = first; size < context; size *= 2) sizes.push(size);
  return [...sizes, context];
}

const cacheNames = ({ cache: { layers } }: Backbone, size: number): string[] =>
  Array.from({ length: layers }, (_, layer) => [`cache.${size}.key.${layer}`, `cache.${size}.value.${layer}`]).flat();

/**
 * States that a model's store needs for a context of so many tokens.
 * @param first tokens that the shortest cache holds
 */
export function cacheSpecs(backbone: Backbone, context: number, first = FIRST): ParamSpecs {
  const { heads, dim } = backbone.cache;
  return Object.fromEntries(
    sizesOf(context, first).flatMap((size) =>
      cacheNames(backbone, size).map((name) => [name, { shape: [size, heads, dim], state: true }] as const),
    ),
  );
}

/** What of a model text is made with. */
export type Decodable = Pick<LanguageModel, "backbone" | "head" | "store" | "within">;

/** Programs over one cache: for one token, and for several at once. */
interface Programs {
  readonly size: number;
  readonly single: FunctionProgram;
  readonly chunk: FunctionProgram | undefined;
}

export class Decoder {
  readonly #sizes: readonly number[];
  readonly #programs: Programs[] = [];
  /** Number of the cache at work */
  #at = 0;
  /** Tokens that were read */
  #length = 0;

  private constructor(
    private readonly engine: Engine,
    private readonly model: Decodable,
    /** Most tokens of prompt and answer */
    readonly context: number,
    first: number,
  ) {
    this.#sizes = sizesOf(context, first);
  }

  /**
   * @param model opened with `cacheSpecs` of this context among its states
   * @param context most tokens of prompt and answer
   * @param first tokens that the shortest cache holds, as `cacheSpecs` was told
   */
  static async open(engine: Engine, model: Decodable, context: number, first = FIRST): Promise<Decoder> {
    const decoder = new Decoder(engine, model, context, first);
    await decoder.#programsAt(0);
    return decoder;
  }

  /** Forgets all that was read. */
  reset(): void {
    this.#length = 0;
    this.#at = 0;
  }

  /**
   * Reads tokens after those before.
   * @returns logits of the next token (V), a view that the next call overwrites
   * @throws TetradError ARGUMENT for no token, or more than the context has room for
   */
  async read(ids: ArrayLike<number>): Promise<Float32Array> {
    if (ids.length === 0 || this.#length + ids.length > this.context) {
      throw new TetradError("ARGUMENT", {
        op: "generate",
        what: ids.length === 0 ? "there is nothing to go on from" : "the context is full",
        got: `${ids.length} tokens after ${this.#length}`,
        expected: `1 to ${this.context - this.#length}`,
        hint: ids.length === 0 ? "give a prompt of at least one token" : "allow a longer context",
      });
    }
    await this.#makeRoom(this.#length + ids.length);
    const { size, single, chunk } = await this.#programsAt(this.#at);
    let logits: Float32Array | undefined;
    for (let at = 0; at < ids.length; ) {
      const program = chunk !== undefined && ids.length - at >= CHUNK ? chunk : single;
      const count = program === single ? 1 : CHUNK;
      logits = await this.#run(
        program,
        Int32Array.from({ length: count }, (_, i) => ids[at + i] as number),
        size,
      );
      at += count;
    }
    return logits as Float32Array;
  }

  /** Goes over to a cache for so many tokens, with what was read. */
  async #makeRoom(tokens: number): Promise<void> {
    const from = this.#at;
    this.#at = this.#sizes.findIndex((size) => size >= tokens);
    if (this.#at === from || this.#length === 0) return;
    const { backbone, store } = this.model;
    const [less, more] = [this.#sizes[from] as number, this.#sizes[this.#at] as number];
    const bigger = cacheNames(backbone, more);
    const program = await this.engine.compileWith(store, {}, (all) => {
      cacheNames(backbone, less).forEach((name, i) => {
        const known = all[name] as Tensor;
        const free = zeros([more - less, ...known.shape.slice(1)], known.dtype);
        assign(all[bigger[i] as string] as Tensor, concat([known, free], 0));
      });
      return constant(0);
    });
    await program.call();
    program.close();
  }

  async #programsAt(at: number): Promise<Programs> {
    const size = this.#sizes[at] as number;
    this.#programs[at] ??= {
      size,
      single: await compile(this.engine, this.model, size, 1),
      chunk: size > CHUNK ? await compile(this.engine, this.model, size, CHUNK) : undefined,
    };
    return this.#programs[at];
  }

  async #run(program: FunctionProgram, ids: Int32Array, size: number): Promise<Float32Array> {
    const first = this.#length;
    this.#length += ids.length;
    // Which rows of the cache are new, and which of the tokens each is.
    const isNew = new Uint8Array(size).fill(1, first, this.#length);
    const source = Int32Array.from(isNew, (flag, row) => (flag === 1 ? row - first : 0));
    const { logits } = await program.call({
      ids,
      positions: ids.map((_, i) => first + i),
      isNew,
      source,
      lengths: [this.#length],
    });
    return logits as Float32Array;
  }

  close(): void {
    for (const { single, chunk } of this.#programs.filter(Boolean)) {
      single.close();
      chunk?.close();
    }
  }
}

function compile(engine: Engine, { backbone, head, store, within }: Decodable, size: number, count: number): Promise<FunctionProgram> {
  const inputs = {
    ids: { shape: [count], dtype: "i32" },
    positions: { shape: [count], dtype: "i32" },
    isNew: { shape: [size], dtype: "bool" },
    source: { shape: [size], dtype: "i32" },
    lengths: { shape: [1], dtype: "i32" },
  } as const;
  return engine.compileWith(store, inputs, (all, given) => {
    const evaluation = { training: false };
    const { ids, positions, isNew, source, lengths } = given as Record<keyof typeof inputs, Tensor>;
    const fresh = reshape(isNew, [size, 1, 1]);
    const remembered = (name: string, rows: Tensor) => {
      const state = all[name] as Tensor;
      const value = where(fresh, count === 1 ? rows : take(rows, source), state);
      assign(state, value);
      return reshape(value, [1, ...value.shape]);
    };
    const attend: Attend = (layer, q, k, v, options) => {
      const keys = remembered(`cache.${size}.key.${layer}`, k);
      const values = remembered(`cache.${size}.value.${layer}`, v);
      const mixed = attention(reshape(q, [1, ...q.shape]), keys, values, { ...options, causal: "bottomRight", keyLengths: lengths });
      return reshape(mixed, [count, q.shape[1] as number, v.shape[2] as number]);
    };
    const batch = { ids, positions, attend, longest: size } as unknown as TokenBatch;
    const params = within(all, evaluation);
    const states = backbone.states(params, batch, evaluation);
    const last = take(states.last, constant([count - 1], [1], "i32"));
    return head.outputs(params, { ...states, last }, batch, evaluation);
  });
}
