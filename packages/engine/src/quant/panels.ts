/**
 * Weights as integer products read them, made when they are loaded: panels of eight channels whose bytes lie in the order of the loop.
 *
 * "int8": a panel is its eight f32 scales, then for every four weights of a row 8 × 4 bytes of w + 64, w in −63 … 63: seven bits, because the dot
 * instruction's second operand must not be negative. Columns that outlie stay exact, zero among the bytes: behind them the eight f32 weights of each, then
 * their numbers (u32), upwards. GGUF's blocks: a panel is, for each block of 32 weights, eight f32 scales, with Q4_1 eight f32 least
 * values, then for every four weights of a row 16 bytes whose low nibbles are channels 0 … 3 and whose high ones are 4 … 7, or with Q8_0 8 × 4 bytes.
 */
import { TetradError } from "../errors.js";
import { f16Value, type QuantizedWeight, roundHalfEven } from "./format.js";
import { largest } from "./i8.js";
import { nibble } from "./q4_0.js";

const CHANNELS = 8;
const MOST = 63;
const OFFSET = 64;

/** `int8`: made from any weights by `quantizeWeights`; the others from GGUF's rows by `integerPanels`, with all their bits. */
export type IntegerFormat = "int8" | "q8_0" | "q4_0" | "q4_1";

/** Bytes of a block in a GGUF row, of its scale and least value there, and of a panel's block. */
const BLOCKS = {
  q8_0: { row: 34, head: 2, panel: 32 + 256 },
  q4_0: { row: 18, head: 2, panel: 32 + 128 },
  q4_1: { row: 20, head: 4, panel: 64 + 128 },
} as const;

/** Eight weights and the column's number. */
const OUTLIER_BYTES = 4 * CHANNELS + 4;

/** Bytes of one panel of rows of n weights, of which so many columns stay exact. */
export function panelBytes(n: number, format: IntegerFormat = "int8", outliers = 0): number {
  return format === "int8" ? 32 + Math.ceil(n / 4) * 32 + outliers * OUTLIER_BYTES : (n / 32) * BLOCKS[format].panel;
}

/** How many columns stay exact in panels of so many bytes: a whole number, or they are no panels of rows of n weights. */
export function outliersIn(bytes: number, n: number, format: IntegerFormat): number {
  const more = bytes - panelBytes(n, format);
  return format === "int8" || more === 0 ? more / OUTLIER_BYTES : Number.NaN;
}

/**
 * The columns that have the largest weights, upwards. What a layer's rows have in common there would else set the steps of all their other weights.
 * @param weights (out, in), row-major
 */
export function largestColumns(weights: ArrayLike<number>, n: number, count: number): number[] {
  const most = new Float64Array(n);
  for (let i = 0; i < weights.length; i++) most[i % n] = Math.max(most[i % n] as number, Math.abs(weights[i] as number));
  return Array.from(most.keys())
    .sort((a, b) => (most[b] as number) - (most[a] as number))
    .slice(0, count)
    .sort((a, b) => a - b);
}

/**
 * GGUF's rows as `linearInt8` reads them, losing nothing.
 * @throws TetradError ARGUMENT for weights that are no q8_0, q4_0 or q4_1
 */
export function integerPanels({ format, shape: [out, n], bytes }: QuantizedWeight): QuantizedWeight {
  if (!(format in BLOCKS))
    throw new TetradError("ARGUMENT", {
      op: "integerPanels",
      what: "packs GGUF blocks only",
      got: format,
      expected: Object.keys(BLOCKS).join(", "),
      hint: 'quantizeWeights(…, "int8") makes panels of other weights',
    });
  const kind = format as keyof typeof BLOCKS;
  const { row: rowBlock, head, panel: panelBlock } = BLOCKS[kind];
  const blocks = n / 32;
  const size = panelBytes(n, kind);
  const panels = new Uint8Array(Math.ceil(out / CHANNELS) * size);
  const [from, to] = [new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), new DataView(panels.buffer)];
  const heads = kind === "q4_1" ? 64 : 32;
  for (let row = 0; row < out; row++) {
    const channel = row % CHANNELS;
    for (let b = 0; b < blocks; b++) {
      const at = (row * blocks + b) * rowBlock;
      const block = Math.floor(row / CHANNELS) * size + b * panelBlock;
      to.setFloat32(block + 4 * channel, f16Value(from.getUint16(at, true)), true);
      if (kind === "q4_1") to.setFloat32(block + 32 + 4 * channel, f16Value(from.getUint16(at + 2, true)), true);
      for (let i = 0; i < 32; i++) {
        const group = block + heads + Math.floor(i / 4) * (kind === "q8_0" ? 32 : 16);
        if (kind === "q8_0") to.setInt8(group + 4 * channel + (i % 4), from.getInt8(at + head + i));
        else {
          const place = group + 4 * (channel % 4) + (i % 4);
          to.setUint8(place, to.getUint8(place) | (nibble(from, at + head, i) << (channel < 4 ? 0 : 4)));
        }
      }
    }
  }
  return { format, shape: [out, n], bytes: panels };
}

/** One row of GGUF panels as numbers, for the reference. */
export function panelRow(bytes: Uint8Array, row: number, n: number, format: Exclude<IntegerFormat, "int8">): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const channel = row % CHANNELS;
  const heads = format === "q4_1" ? 64 : 32;
  return Float64Array.from({ length: n }, (_, i) => {
    const block = Math.floor(row / CHANNELS) * panelBytes(n, format) + Math.floor(i / 32) * BLOCKS[format].panel;
    const scale = view.getFloat32(block + 4 * channel, true);
    const group = block + heads + Math.floor((i % 32) / 4) * (format === "q8_0" ? 32 : 16);
    if (format === "q8_0") return scale * view.getInt8(group + 4 * channel + (i % 4));
    const byte = view.getUint8(group + 4 * (channel % 4) + (i % 4));
    const q = channel < 4 ? byte & 15 : byte >> 4;
    return format === "q4_0" ? scale * (q - 8) : scale * q + view.getFloat32(block + 32 + 4 * channel, true);
  });
}

/** The largest magnitude of the row that begins at `first`, columns that stay exact left out. */
function largestOutside(weights: ArrayLike<number>, first: number, n: number, outliers: readonly number[]): number {
  let [most, from] = [0, first];
  for (const column of outliers) {
    most = Math.max(most, largest(weights, from, first + column));
    from = first + column + 1;
  }
  return Math.max(most, largest(weights, from, first + n));
}

/**
 * Share of the weights' square length that panels of seven bits lose: a number is off by a twelfth of a step squared on the mean.
 * @param weights (out, in), row-major
 * @param outliers columns that stay exact, upwards
 */
export function lostAtSevenBits(weights: ArrayLike<number>, n: number, outliers: readonly number[] = []): number {
  let [lost, whole] = [0, 0];
  for (let first = 0; first < weights.length; first += n) {
    for (let i = first; i < first + n; i++) whole += (weights[i] as number) ** 2;
    lost += ((n - outliers.length) * (largestOutside(weights, first, n, outliers) / MOST) ** 2) / 12;
  }
  return whole === 0 ? 0 : lost / whole;
}

/**
 * @param weights (out, in), row-major
 * @param outliers columns that stay exact, upwards
 */
export function packPanels(weights: ArrayLike<number>, out: number, n: number, outliers: readonly number[] = []): Uint8Array<ArrayBuffer> {
  const size = panelBytes(n, "int8", outliers.length);
  const bytes = new Uint8Array(Math.ceil(out / CHANNELS) * size);
  const view = new DataView(bytes.buffer);
  for (let row = 0; row < out; row++) {
    const at = Math.floor(row / CHANNELS) * size;
    const channel = row % CHANNELS;
    const scale = Math.fround(largestOutside(weights, row * n, n, outliers) / MOST);
    view.setFloat32(at + 4 * channel, scale, true);
    const to = at + 32 + 4 * channel;
    for (let i = 0; i < n; i++) {
      // A scale below the normal numbers may be much too small.
      const q = scale === 0 ? 0 : Math.max(-MOST, Math.min(MOST, roundHalfEven((weights[row * n + i] as number) / scale)));
      bytes[to + ((i >> 2) << 5) + (i & 3)] = q + OFFSET;
    }
    const tail = at + panelBytes(n);
    outliers.forEach((column, e) => {
      bytes[to + ((column >> 2) << 5) + (column & 3)] = OFFSET;
      view.setFloat32(tail + 32 * e + 4 * channel, weights[row * n + column] as number, true);
      view.setUint32(tail + 32 * outliers.length + 4 * e, column, true);
    });
  }
  return bytes;
}

/** One row's scale and whole numbers, and its weights in the columns that stay exact. */
export function unpackRow(
  bytes: Uint8Array,
  row: number,
  n: number,
  outliers: number,
): { scale: number; q: Int32Array; exact: readonly { readonly column: number; readonly weight: number }[] } {
  const at = Math.floor(row / CHANNELS) * panelBytes(n, "int8", outliers);
  const channel = row % CHANNELS;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scale = view.getFloat32(at + 4 * channel, true);
  const q = Int32Array.from({ length: n }, (_, i) => (bytes[at + 32 + Math.floor(i / 4) * 32 + channel * 4 + (i % 4)] as number) - OFFSET);
  const tail = at + panelBytes(n);
  const exact = Array.from({ length: outliers }, (_, e) => ({
    column: view.getUint32(tail + 32 * outliers + 4 * e, true),
    weight: view.getFloat32(tail + 32 * e + 4 * channel, true),
  }));
  return { scale, q, exact };
}
