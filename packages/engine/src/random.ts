/**
 * Counter-based random numbers: every number is a function of seed, stream, step and index, so that nothing is stored, any part can be drawn
 * alone, and host and kernels (kernels-wasm/assembly/lib/philox.ts, normal.ts, permute.ts) draw the same bits in every build.
 */
import type { FloatDType } from "./dtype.js";

export type Counter = readonly [number, number, number, number];
export type Key = readonly [number, number];

/** Where a sequence of numbers comes from: `stream` tells uses under one seed apart, `step` the occasions of one use. */
export interface RandomSource {
  /** Integer, 0 … 2^53 − 1. */
  readonly seed: number;
  /** Integer, 0 … 2^32 − 1. */
  readonly stream: number;
  /** Integer, 0 … 2^53 − 1; 0 when left out. */
  readonly step?: number;
}

const TWO_32 = 4294967296;

/** Bits 32 … 63 of the product of two unsigned 32-bit integers: their halves' products stay below 2^53. */
function mulHigh(a: number, b: number): number {
  return Math.floor((a * (b >>> 16) + Math.floor((a * (b & 0xffff)) / 65536)) / 65536);
}

/** Ten rounds of Philox4x32 on `words` in place. */
function philoxRounds(words: Uint32Array, key0: number, key1: number): void {
  let [c0, c1, c2, c3] = words as unknown as [number, number, number, number];
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(c0, 0xd2511f53);
    const high1 = mulHigh(c2, 0xcd9e8d57);
    const low0 = Math.imul(c0, 0xd2511f53) >>> 0;
    const low1 = Math.imul(c2, 0xcd9e8d57) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}

/**
 * Philox4x32-10: four random 32-bit words from a counter and a key, all unsigned.
 * J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 */
export function philox4x32(counter: Counter, key: Key): [number, number, number, number] {
  const words = Uint32Array.from(counter);
  philoxRounds(words, key[0] >>> 0, key[1] >>> 0);
  return [...words] as [number, number, number, number];
}

function highWord(x: number): number {
  return Math.floor(x / TWO_32) >>> 0;
}

/** Writes the four words of a block: block 4i … of f32 elements, 2i … of f64 elements. */
function drawBlock(words: Uint32Array, { seed, stream, step = 0 }: RandomSource, block: number): void {
  words[0] = block;
  words[1] = stream;
  words[2] = step;
  words[3] = highWord(step);
  philoxRounds(words, seed >>> 0, highWord(seed));
}

/** 53 bits of two words, the second above the first. */
function bits53(words: Uint32Array, at: number): number {
  return (words[at + 1] as number) * 2097152 + ((words[at] as number) >>> 11);
}

function uniformOf(words: Uint32Array, index: number, dtype: FloatDType): number {
  return dtype === "f32" ? ((words[index % 4] as number) >>> 8) * 2 ** -24 : bits53(words, (index % 2) * 2) * 2 ** -53;
}

/** The uniform number in [0, 1) that element `index` gets: 24 bits for f32, 53 for f64. index below 2^32. */
export function uniformAt(seed: number, stream: number, step: number, index: number, dtype: FloatDType): number {
  const words = new Uint32Array(4);
  drawBlock(words, { seed, stream, step }, Math.floor(index / (dtype === "f32" ? 4 : 2)));
  return uniformOf(words, index, dtype);
}

/** Element i becomes lo + (hi − lo) · uniformAt(…, i). */
export function fillUniform(
  target: Float32Array | Float64Array,
  { lo = 0, hi = 1, ...source }: RandomSource & { readonly lo?: number; readonly hi?: number },
): void {
  const dtype: FloatDType = target instanceof Float32Array ? "f32" : "f64";
  const perBlock = dtype === "f32" ? 4 : 2;
  const words = new Uint32Array(4);
  for (let i = 0; i < target.length; i++) {
    if (i % perBlock === 0) drawBlock(words, source, i / perBlock);
    target[i] = lo + (hi - lo) * uniformOf(words, i, dtype);
  }
}

/** Element i becomes mean + sd · (the standard normal number of element i), by Box and Muller (1958). */
export function fillNormal(
  target: Float32Array | Float64Array,
  { mean = 0, sd = 1, ...source }: RandomSource & { readonly mean?: number; readonly sd?: number },
): void {
  const words = new Uint32Array(4);
  const view = new DataView(new ArrayBuffer(8));
  const single = target instanceof Float32Array;
  // A pair of elements shares a radius and an angle.
  for (let i = 0; i < target.length; i += 2) {
    let radius: number;
    let turn: number;
    if (single) {
      if (i % 4 === 0) drawBlock(words, source, i / 4);
      radius = normalRadius(((words[i % 4] as number) + 1) * 2 ** -32, view);
      turn = (words[(i % 4) + 1] as number) * 2 ** -32;
    } else {
      drawBlock(words, source, i / 2);
      radius = normalRadius((bits53(words, 0) + 1) * 2 ** -53, view);
      turn = bits53(words, 2) * 2 ** -53;
    }
    target[i] = mean + sd * (radius * wave(turn, 1));
    if (i + 1 < target.length) target[i + 1] = mean + sd * (radius * wave(turn, 0));
  }
}

/** √(−2 log u), 0 < u ≤ 1: not Math.log, whose last bit is the engine's own affair. */
function normalRadius(u: number, view: DataView): number {
  view.setFloat64(0, u);
  let k = (view.getUint32(0) >>> 20) - 1023;
  view.setUint32(0, (view.getUint32(0) & 0x000fffff) | 0x3ff00000);
  let m = view.getFloat64(0);
  if (m >= Math.SQRT2) {
    m *= 0.5;
    k++;
  }
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  let q = 0.14795634090042487 * z + 0.15314083806595405;
  q = q * z + 0.18183562957592078;
  q = q * z + 0.22222198600860205;
  q = q * z + 0.2857142874210496;
  q = q * z + 0.39999999999416;
  q = q * z + 0.6666666666666734;
  const half = f * f * 0.5;
  const rest = s * (half + z * q) + k * 1.9082149292705877e-10;
  const logarithm = k * 0.6931471803691238 + (rest - half + f);
  return Math.sqrt(Math.abs(logarithm * -2));
}

/** sin(2πv) for quarters = 0, cos(2πv) for 1; 0 ≤ v < 1. */
function wave(v: number, quarters: number): number {
  const turns = v * 4;
  const n = turns + 4503599627370496 - 4503599627370496; // nearest, halves to even
  const x = (turns - n) * (Math.PI / 2);
  const z = x * x;
  const count = n + quarters;
  let y: number;
  if (count % 2 === 0) {
    let s = 1.5896068505893648e-10 * z - 2.5050745056179412e-8;
    s = s * z + 2.755731360465272e-6;
    s = s * z - 0.00019841269829543008;
    s = s * z + 0.008333333333322063;
    s = s * z - 0.1666666666666663;
    y = x + x * z * s;
  } else {
    let c = -1.135842399367754e-11 * z + 2.087569871869108e-9;
    c = c * z - 2.7557314164059623e-7;
    c = c * z + 2.480158728880035e-5;
    c = c * z - 0.0013888888888872975;
    c = c * z + 0.041666666666666595;
    c = c * z - 0.5;
    y = 1 + z * c;
  }
  return count % 4 >= 2 ? -y : y;
}

/** C. Wellons' lowbias32, a bijective mixer of 32 bits. */
function mix(value: number): number {
  let x = value ^ (value >>> 16);
  x = Math.imul(x, 0x7feb352d);
  x ^= x >>> 15;
  x = Math.imul(x, 0x846ca68b);
  return x ^ (x >>> 16);
}

/**
 * Image of i in a permutation of 0 … n − 1 that the key chooses; 0 ≤ i < n ≤ 2^32. A balanced Feistel network on the smallest even number
 * of bits that holds n, walked until the image falls below n (J. Black and P. Rogaway 2002).
 */
export function permute(i: number, n: number, key: Key): number {
  if (n <= 1) return 0;
  const half = Math.max((33 - Math.clz32(n - 1)) >> 1, 3); // narrower halves do not reach all orders evenly
  const mask = 2 ** half - 1;
  let x = i;
  do {
    let left = x >>> half;
    let right = x & mask;
    for (let round = 0; round < 8; round++) {
      const roundKey = ((round & 1 ? key[1] : key[0]) + Math.imul(round, 0x9e3779b9)) | 0;
      const next = left ^ (mix(right ^ mix(roundKey)) & mask);
      left = right;
      right = next;
    }
    x = ((left << half) | right) >>> 0;
  } while (x >= n);
  return x;
}
