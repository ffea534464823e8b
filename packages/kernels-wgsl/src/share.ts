/** How many threads of a workgroup share an item: the host's side of shaders/lib/share.wgsl. */
import { type Kernel, type LaunchShape, single } from "./kernel.js";

/** Threads of a workgroup that shares items. */
export const SHARING = 256;

/**
 * Elements that a lane should have at least before another is put beside it: as many loads are in flight at once. On an H100 16 make softmax of 65,536 × 128
 * 1.6 times, layerNorm 1.3 times and sums of rows 1.75 times as fast as 4; 32 are slower again.
 */
const LANE_ELEMENTS = 16;
/** Where threads run one after another, a lane is there for the sum's accuracy alone, and has so many that its barriers do not matter. */
const SERIAL_LANE_ELEMENTS = 1024;

/** The least power of two that is not below `n`. */
export function powerOfTwo(n: number): number {
  let power = 1;
  while (power < n) power *= 2;
  return power;
}

/** Lanes for an item of `n` elements that lie side by side. */
export function lanesFor(n: number, { serial }: LaunchShape): number {
  return Math.min(SHARING, powerOfTwo(n / (serial ? SERIAL_LANE_ELEMENTS : LANE_ELEMENTS)));
}

/** Lanes for items of `n` elements of which `items` lie beside one another: 32 neighbours read 128 bytes at once, so that more lanes come only after them. */
export function columnLanes(n: number, items: number, shape: LaunchShape): number {
  return Math.min(SHARING / Math.min(32, powerOfTwo(items)), lanesFor(n, shape));
}

/** One pass over contiguous rows, an item each, whose number and length are words from `word` on. A live length belongs to the only row there is. */
export function rows(shader: string, word: number, consts: Readonly<Record<string, number>> = {}): Kernel {
  const lanes = (shape: LaunchShape) => lanesFor(shape.words[word + 1] as number, shape);
  return single(
    shader,
    (shape) => Math.ceil(((shape.words[word] as number) * lanes(shape)) / SHARING),
    (shape) => ({ LANES: lanes(shape), COLUMNS: 0, ...consts }),
  );
}

/** Workgroups that keep a large GPU busy. */
const ENOUGH_GROUPS = 512;
/** Elements of a lane below which a second pass costs more than more workgroups bring. */
const CHUNK_LANE_ELEMENTS = 16;
const MOST_CHUNKS = 256;

/**
 * Elements of the chunks into which the `n` elements of each of `items` items are cut, so that enough workgroups have something to do; 0 where they stay
 * whole. A power of two, so that many shapes share a pipeline.
 */
export function chunkFor(n: number, items: number, lanes: number): number {
  const groups = Math.max(1, Math.ceil((items * lanes) / SHARING));
  const wanted = Math.min(Math.ceil(ENOUGH_GROUPS / groups), Math.floor(n / lanes / CHUNK_LANE_ELEMENTS), MOST_CHUNKS);
  return wanted < 2 ? 0 : powerOfTwo(n / wanted);
}

/** Lanes of the pass that puts chunks of items together, whose totals lie chunk after chunk. */
export function chunkLanes(chunks: number, items: number): number {
  return Math.min(SHARING / Math.min(SHARING, powerOfTwo(items)), powerOfTwo(chunks));
}
