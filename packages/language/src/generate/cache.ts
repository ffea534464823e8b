/** Keys and values of what was read, a row a token, in states of the model's store; a step writes its own rows and no others. */

import {
  assign,
  attention,
  type Engine,
  type FunctionProgram,
  indexCopy,
  type ParamSpecs,
  reshape,
  type Store,
  type Tensor,
  take,
} from "@tetrad/engine";
import type { CacheShape, Rows } from "../models/backbone.js";

/** How much a decoder remembers. */
export interface CacheSize {
  /** Most tokens of a sequence */
  readonly context: number;
  /** Sequences that are read at once; 1 unless told */
  readonly sequences?: number;
}

const namesOf = (prefix: string, layer: number) => ({ key: `${prefix}.key.${layer}`, value: `${prefix}.value.${layer}` });

const allNames = (prefix: string, layers: number): string[] =>
  Array.from({ length: layers }, (_, layer) => Object.values(namesOf(prefix, layer))).flat();

/** States (sequences · context, heads, dim), the rows of each sequence together. */
export function cacheStates(prefix: string, { layers, heads, dim }: CacheShape, { context, sequences = 1 }: CacheSize): ParamSpecs {
  const spec = { shape: [sequences * context, heads, dim], state: true };
  return Object.fromEntries(allNames(prefix, layers).map((name) => [name, spec]));
}

/** Puts new keys and values into a layer's cache. @returns the whole cache after it, (sequences · context, heads, dim) each */
export function remember(states: Readonly<Record<string, Tensor>>, prefix: string, layer: number, rows: Tensor, fresh: Rows): Rows {
  const names = namesOf(prefix, layer);
  const put = (part: "key" | "value") => {
    const state = states[names[part]] as Tensor;
    const now = indexCopy(state, rows, fresh[part]);
    assign(state, now);
    return now;
  };
  return { key: put("key"), value: put("value") };
}

/** A layer's cache as it is. */
export function recall(states: Readonly<Record<string, Tensor>>, prefix: string, layer: number): Rows {
  const { key, value } = namesOf(prefix, layer);
  return { key: states[key] as Tensor, value: states[value] as Tensor };
}

/** What the one token of each sequence sees of its cache; (sequences, heads, dim of the values). */
export function lookBack(q: Tensor, { key, value }: Rows, context: number, options: Parameters<typeof attention>[3]): Tensor {
  const [sequences, heads] = q.shape as [number, number, number];
  const bySequence = (cache: Tensor) => reshape(cache, [sequences, context, ...cache.shape.slice(1)]);
  const seen = attention(reshape(q, [sequences, 1, ...q.shape.slice(1)]), bySequence(key), bySequence(value), options);
  return reshape(seen, [sequences, heads, value.shape[2] as number]);
}

/** A row of a sequence's cache that becomes another's. */
export interface Move {
  readonly from: number;
  readonly to: number;
}

/** Rows that are moved at once. */
const MOVED = 64;

/** Moves rows within all caches of a prefix. */
export class CacheMover {
  private constructor(
    private readonly program: FunctionProgram,
    private readonly size: number,
  ) {}

  /** @param sequences groups of moves never have more */
  static async open(engine: Engine, store: Store, prefix: string, layers: number, sequences: number): Promise<CacheMover> {
    const size = Math.max(MOVED, sequences);
    const rows = { shape: [size], dtype: "i32" } as const;
    const program = await engine.compileWith(store, { from: rows, to: rows }, (states, { from, to }) => {
      for (const name of allNames(prefix, layers)) {
        const state = states[name] as Tensor;
        assign(state, indexCopy(state, to as Tensor, take(state, from as Tensor)));
      }
      return to as Tensor;
    });
    return new CacheMover(program, size);
  }

  /** @param groups moves that happen at the same time, each group before the next */
  async move(groups: readonly (readonly Move[])[]): Promise<void> {
    let some: Move[] = [];
    const flush = async () => {
      if (some.length === 0) return;
      // A move that happens twice happens once.
      const padded = Array.from({ length: this.size }, (_, i) => some[i] ?? (some[0] as Move));
      await this.program.call({ from: padded.map(({ from }) => from), to: padded.map(({ to }) => to) });
      some = [];
    };
    for (const group of groups) {
      if (some.length + group.length > this.size) await flush();
      some.push(...group);
    }
    await flush();
  }

  close(): void {
    this.program.close();
  }
}
