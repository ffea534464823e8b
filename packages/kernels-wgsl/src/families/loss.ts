/** Losses over large vocabularies. */
import { type Family, type LaunchShape, type Pass, WORKGROUP } from "../kernel.js";

/** Constants of shaders/lib/register_tile.wgsl: tiles of 64 × 64. */
const TILE = 64;
const tile = () => ({ TILE_M: TILE, DEPTH: 16 });

const tilesOf = (count: number) => Math.ceil(count / TILE);

type Words = [
  rows: number,
  channels: number,
  words: number,
  tileRows: number,
  tileWords: number,
  biased: number,
  still: number,
  ...number[],
];

/** Words of the engine's ops/linearCrossEntropyTiles.ts, live counts as they are. */
function problemOf(shape: LaunchShape) {
  const [rows, channels, words, tileRows, tileWords, biased, still] = shape.words as Words;
  return { rows, channels, words, tile: tileRows * tileWords, biased: biased !== 0, still: still !== 0 };
}

/** So many workgroups keep a large GPU busy, and so many parts of the vocabulary are quickly joined. */
const ENOUGH_GROUPS = 512;
const MOST_PARTS = 128;

/** Parts of the vocabulary that workgroups share, and tiles of a part. */
function partsOf(shape: LaunchShape) {
  const { rows, words } = problemOf(shape);
  const parts = Math.min(MOST_PARTS, tilesOf(words), Math.ceil(ENOUGH_GROUPS / Math.max(1, tilesOf(rows))));
  const tiles = Math.ceil(tilesOf(words) / parts);
  return { parts: Math.ceil(tilesOf(words) / tiles), tiles };
}

function forwardPasses(shape: LaunchShape): readonly Pass[] {
  const { parts, tiles } = partsOf(shape);
  const words = [parts, tiles];
  return [
    { shader: "linear_cross_entropy", words, consts: tile, groups: (live) => tilesOf(problemOf(live).rows) * parts },
    { shader: "linear_cross_entropy_merge", words, groups: (live) => Math.ceil(problemOf(live).rows / WORKGROUP) },
  ];
}

/** Logits of the backward pass that exist at a time, in tiles of the CPU's kernel: 64 MiB of the usual ones. */
const CHUNK_TILES = 32;

/** Words of a chunk: its rows of logits, whole tiles. */
function chunkOf(shape: LaunchShape): number {
  const { rows, words, tile: size } = problemOf(shape);
  return TILE * Math.min(tilesOf(words), tilesOf((CHUNK_TILES * size) / Math.max(1, rows)));
}

function backwardPasses(shape: LaunchShape): readonly Pass[] {
  const { channels, words: vocabulary, biased, still } = problemOf(shape);
  const pitch = chunkOf(shape);
  const passes: Pass[] = [];
  for (let first = 0; first < vocabulary; first += pitch) {
    const width = Math.min(pitch, vocabulary - first);
    const words = [first, width, pitch];
    const rowTiles = (live: LaunchShape) => tilesOf(problemOf(live).rows);
    passes.push(
      { shader: "linear_cross_entropy_slopes", words, consts: tile, groups: (live) => rowTiles(live) * tilesOf(width) },
      { shader: "linear_cross_entropy_dx", words, consts: tile, groups: (live) => rowTiles(live) * tilesOf(channels) },
    );
    if (!still) passes.push({ shader: "linear_cross_entropy_dw", words, consts: tile, groups: () => tilesOf(width) * tilesOf(channels) });
    if (biased) passes.push({ shader: "linear_cross_entropy_db", words, groups: () => Math.ceil(width / 16) });
  }
  return passes;
}

export const loss = {
  linear_cross_entropy: { passes: forwardPasses, scratch: (shape) => Math.max(4, 4 * problemOf(shape).rows * partsOf(shape).parts) },
  linear_cross_entropy_backward: { passes: backwardPasses, scratch: (shape) => Math.max(4, problemOf(shape).rows * chunkOf(shape)) },
} as const satisfies Family;
