/**
 * Texts that are nearly an earlier one: sets of 5-word shingles whose Jaccard similarity is at least 0.8. MinHash with banding proposes (A. Broder 1997; P. Indyk and
 * R. Motwani 1998), the sets themselves decide, so that nothing is called near that is not.
 */
import { HashIndex, hash64, Numbers } from "./hash-index.js";

export const SHINGLE = 5;
export const SIMILARITY = 0.8;

/** A pair of similarity s is proposed with probability 1 − (1 − s⁵)²⁰: 0.9996 at 0.8, 0.47 at 0.5. */
const BANDS = 20;
const ROWS = 5;

/** Murmur3's finaliser, a bijective mixer of 32 bits: a hash function for each word that is mixed in. */
function mix(value: number): number {
  let x = value ^ (value >>> 16);
  x = Math.imul(x, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

const SEEDS = Uint32Array.from({ length: BANDS * ROWS }, (_, i) => mix(0x9e3779b9 * (i + 1)));

/** What is compared of a text. */
export interface Sketch {
  /** Hashes of its shingles, ascending and each once; a text of fewer words is one shingle */
  readonly shingles: Uint32Array;
  /** Two words for each band */
  readonly bands: Uint32Array;
}

export function sketchOf(words: readonly string[]): Sketch {
  const count = Math.max(1, words.length - SHINGLE + 1);
  const hashes = new Set<number>();
  for (let i = 0; i < count; i++) hashes.add(hash64(words.slice(i, i + SHINGLE).join(" "))[1]);
  const shingles = Uint32Array.from(hashes).sort();
  const bands = new Uint32Array(2 * BANDS);
  for (let band = 0; band < BANDS; band++) {
    let [high, low] = [mix(band + 1), band];
    for (let row = 0; row < ROWS; row++) {
      const seed = SEEDS[band * ROWS + row] as number;
      let least = 0xffffffff;
      for (const shingle of shingles) least = Math.min(least, mix(shingle ^ seed));
      high = mix(high ^ least);
      low = mix(Math.imul(low, 31) + least);
    }
    bands[2 * band] = high;
    bands[2 * band + 1] = low;
  }
  return { shingles, bands };
}

/** |a ∩ b| / |a ∪ b| of ascending lists. */
export function jaccard(a: Uint32Array, b: Uint32Array): number {
  let [i, j, common] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const [x, y] = [a[i] as number, b[j] as number];
    if (x === y) common++;
    if (x <= y) i++;
    if (y <= x) j++;
  }
  return common / (a.length + b.length - common);
}

/** Texts that are kept: about 1.3 KB each. */
const MOST_NEAR = 1 << 21;

export class NearTexts {
  /** Band and its hash → the latest entry of a chain */
  readonly #heads = new HashIndex();
  /** A text's bands are entries 20·text …: the entry before in the same chain, -1 at its end */
  readonly #next = new Numbers();
  readonly #shingles: Uint32Array[] = [];
  readonly #rows = new Numbers();

  /** @param most texts that are kept */
  constructor(private readonly most = MOST_NEAR) {}

  /** The row of the earliest text added that is near; undefined where none is. */
  find({ shingles, bands }: Sketch): number | undefined {
    let best: number | undefined;
    const looked = new Set<number>();
    for (let band = 0; band < BANDS; band++) {
      let entry = this.#heads.get(bands[2 * band] as number, bands[2 * band + 1] as number) ?? -1;
      for (; entry >= 0; entry = this.#next.at(entry)) {
        const text = Math.floor(entry / BANDS);
        if (looked.has(text) || (best !== undefined && text > best)) continue;
        looked.add(text);
        if (jaccard(shingles, this.#shingles[text] as Uint32Array) >= SIMILARITY) best = text;
      }
    }
    return best === undefined ? undefined : this.#rows.at(best);
  }

  /** @returns whether it was kept: others can be near it */
  add({ shingles, bands }: Sketch, row: number): boolean {
    if (this.#rows.length === this.most) return false;
    this.#rows.push(row);
    this.#shingles.push(shingles);
    for (let band = 0; band < BANDS; band++) {
      const [high, low] = [bands[2 * band] as number, bands[2 * band + 1] as number];
      this.#next.push(this.#heads.get(high, low) ?? -1);
      this.#heads.set(high, low, this.#next.length - 1);
    }
    return true;
  }
}
