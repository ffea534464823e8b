/** Attention in the FlashAttention manner, and rotary positions. */
import { type Family, inFours, type LaunchShape, type Pass, single, WORKGROUP } from "../kernel.js";

/** Rows of a tile's other side: keys that queries look at, or queries that look at keys. */
const ACROSS = 64;
/** So many tiles keep a large GPU busy; where there are fewer, smaller ones are used. */
const ENOUGH_TILES = 256;
/** Up to so many queries of an item, keys are what takes time, and workgroups share them. */
const FEW_QUERIES = 4;
/** Keys that a workgroup of shaders/attention/attention_decode.wgsl has. */
const SPAN = 256;

const FLAG = { packed: 2, mask: 4, lengths: 16, rope: 32, dropout: 64 } as const;

type Words = [
  flags: number,
  sequences: number,
  queries: number,
  keys: number,
  heads: number,
  groups: number,
  dim: number,
  valueDim: number,
  ...number[],
];

/** Words of the engine's ops/attentionProblem.ts, live counts as they are. */
function problemOf({ words }: LaunchShape) {
  const word = (i: number) => words[i] as number;
  const [flags, sequences, queries, keys, heads, groups, dim, valueDim] = words as Words;
  return {
    flags,
    packed: (flags & FLAG.packed) !== 0,
    sequences,
    queries,
    keys,
    heads,
    groups,
    /** Rows of queries that a head of k and v has for each token. */
    group: heads / groups,
    dim,
    valueDim,
    biasShared: word(17) === 0,
    /** Extents as compiled. */
    most: { queries: word(23), keys: word(24) },
  };
}

/** Where small operands and what passes leave each other lie in the scratch storage; `own` inputs are before those of attention itself. */
function places(shape: LaunchShape, own: number) {
  const { flags, sequences } = problemOf(shape);
  const input = (i: number) => shape.inputs[own + i] as number;
  const mask = 4 + 4 * (sequences + 1);
  const table = mask + ((flags & FLAG.mask) === 0 ? 0 : input(5));
  return { mask, table, free: table + ((flags & FLAG.rope) === 0 ? 0 : 2 * input(8)) };
}

/** Words of shaders/lib/attention.wgsl behind those of the launch. */
function placeWords(shape: LaunchShape, own: number): number[] {
  const { mask, table, free } = places(shape, own);
  return [mask, table, free, problemOf(shape).group];
}

/** The constant of shaders/lib/attention_scores.wgsl. */
function variant(shape: LaunchShape) {
  return { VARIANT: problemOf(shape).flags & (FLAG.rope | FLAG.dropout) };
}

/** Nothing, where no small operands have to be gathered. */
function prepare(shader: string, shape: LaunchShape, own: number): readonly Pass[] {
  const { flags } = problemOf(shape);
  if ((flags & (FLAG.packed | FLAG.mask | FLAG.lengths | FLAG.rope | FLAG.dropout)) === 0) return [];
  const { mask, table, free } = places(shape, own);
  const most = Math.max(mask / 4, table - mask, (free - table) / 2);
  return [{ shader, words: placeWords(shape, own), groups: () => Math.ceil(most / WORKGROUP) }];
}

/** Tiles of `tokens` tokens, `rows` rows each, as shaders/lib/attention.wgsl numbers them. */
function tilesOf({ packed, sequences, groups }: ReturnType<typeof problemOf>, tokens: number, rows: number, size: number): number {
  const tiles = packed ? Math.floor((tokens * rows) / size) + sequences + 1 : Math.ceil((tokens * rows) / size) * sequences;
  return tiles * groups;
}

/** Constants of shaders/lib/attention_tile.wgsl: as many rows as leave enough tiles and fit 32 KiB. */
function tile(problem: ReturnType<typeof problemOf>, columns: number, tokens: number, rows: number) {
  let ROWS = columns > 128 ? 32 : 64;
  while (ROWS > 16 && tilesOf(problem, tokens, rows, ROWS) < ENOUGH_TILES) ROWS /= 2;
  return { ROWS, BLOCKS: Math.max(1, Math.ceil(columns / 64)) };
}

/** Threads of a workgroup of shaders/lib/attention_direct.wgsl, four rows or keys each: few, so that short texts keep every core busy. */
const DIRECT_THREADS = 16;

/** A pass in which a thread has four rows, of `rows` for each of the tokens that `tokensOf` counts, and `sharing` threads have theirs in one head. */
function direct(
  shader: string,
  shape: LaunchShape,
  own: number,
  columns: number,
  rows: number,
  tokensOf: (problem: ReturnType<typeof problemOf>) => number,
  sharing = 1,
): Pass {
  const ROWS = 4 * sharing;
  return {
    shader,
    words: placeWords(shape, own),
    consts: () => ({ ...variant(shape), ROWS, QUADS: Math.max(1, Math.ceil(columns / 4)), THREADS: DIRECT_THREADS }),
    groups(live) {
      const now = problemOf(live);
      return Math.ceil((tilesOf(now, tokensOf(now), rows, ROWS) * sharing) / DIRECT_THREADS);
    },
  };
}

function attentionPasses(shape: LaunchShape): readonly Pass[] {
  const problem = problemOf(shape);
  const { packed, queries, group, valueDim } = problem;
  const first = prepare("attention_prepare", shape, 0);
  if (inFours(shape)) return [...first, direct("attention_direct", shape, 0, valueDim, group, (now) => now.queries, 4)];
  if (!packed && queries <= FEW_QUERIES) return [...first, ...decodePasses(shape)];
  const consts = { ...variant(shape), ...tile(problem, valueDim, queries, group) };
  return [
    ...first,
    {
      shader: "attention",
      words: placeWords(shape, 0),
      consts: () => consts,
      groups(live) {
        const now = problemOf(live);
        return tilesOf(now, now.queries, group, consts.ROWS);
      },
    },
  ];
}

function piecesOf(shape: LaunchShape): number {
  return Math.max(1, Math.ceil(problemOf(shape).most.keys / SPAN));
}

function decodePasses(shape: LaunchShape): readonly Pass[] {
  const { queries, group, groups, heads, dim } = problemOf(shape);
  const QUADS = queries * group <= 4 ? 1 : 2;
  const pieces = piecesOf(shape);
  const blocks = Math.ceil((queries * group) / (4 * QUADS));
  const words = [...placeWords(shape, 0), pieces];
  return [
    {
      shader: "attention_decode",
      words,
      consts: () => ({ ...variant(shape), QUADS, DIMS: Math.max(64, Math.ceil(dim / 64) * 64) }),
      groups: (live) => problemOf(live).sequences * groups * blocks * pieces,
    },
    { shader: "attention_merge", words, groups: (live) => problemOf(live).sequences * queries * heads },
  ];
}

function attentionScratch(shape: LaunchShape): number {
  const { packed, queries, valueDim } = problemOf(shape);
  const rows = shape.outputs[1] as number;
  return places(shape, 0).free + (!inFours(shape) && !packed && queries <= FEW_QUERIES ? rows * piecesOf(shape) * (valueDim + 2) : 0);
}

/** Inputs before those of attention: o, lse, dy, dlse. */
const OWN = 4;

function delta(shader: string, shape: LaunchShape): Pass {
  const LANES = shape.serial ? 1 : 16;
  return {
    shader,
    words: placeWords(shape, OWN),
    consts: () => ({ LANES }),
    groups(live) {
      const { packed, sequences, queries, heads } = problemOf(live);
      return Math.ceil(((packed ? 1 : sequences) * queries * heads * LANES) / WORKGROUP);
    },
  };
}

/** lse and delta of each row behind the small operands. */
function backwardScratch(shape: LaunchShape): number {
  return places(shape, OWN).free + 2 * (shape.inputs[1] as number);
}

function backwardPasses(shape: LaunchShape): readonly Pass[] {
  const problem = problemOf(shape);
  const { queries, keys, group, dim, valueDim } = problem;
  const words = placeWords(shape, OWN);
  const before = [...prepare("attention_backward_prepare", shape, OWN), delta("attention_backward_delta", shape)];
  if (shape.serial) {
    return [
      ...before,
      direct("attention_backward_queries_direct", shape, OWN, dim, group, (now) => now.queries),
      direct("attention_backward_keys_direct", shape, OWN, Math.max(dim, valueDim), 1, (now) => now.keys),
    ];
  }
  const byQueries = { ...variant(shape), ...tile(problem, dim, queries, group) };
  const byKeys = { ...variant(shape), ...tile(problem, Math.max(dim, valueDim), keys, 1) };
  return [
    ...before,
    {
      shader: "attention_backward_queries",
      words,
      consts: () => byQueries,
      groups(live) {
        const now = problemOf(live);
        return tilesOf(now, now.queries, group, byQueries.ROWS);
      },
    },
    {
      shader: "attention_backward_keys",
      words,
      consts: () => byKeys,
      groups(live) {
        const now = problemOf(live);
        return tilesOf(now, now.keys, 1, byKeys.ROWS);
      },
    },
  ];
}

function biasGradientPasses(shape: LaunchShape): readonly Pass[] {
  const { heads, most, biasShared, sequences } = problemOf(shape);
  const tiles = (rows: number) => Math.ceil(most.queries / rows) * Math.ceil(most.keys / ACROSS) * heads;
  let ROWS = ACROSS;
  while (ROWS > 16 && tiles(ROWS) * (biasShared ? 1 : sequences) < ENOUGH_TILES) ROWS /= 2;
  const consts = { ...variant(shape), ROWS, BLOCKS: 1 };
  return [
    ...prepare("attention_bias_gradient_prepare", shape, OWN),
    delta("attention_bias_gradient_delta", shape),
    {
      shader: "attention_bias_gradient",
      words: placeWords(shape, OWN),
      consts: () => consts,
      groups: (live) => tiles(ROWS) * (biasShared ? 1 : problemOf(live).sequences),
    },
  ];
}

export const attention = {
  attention: { passes: attentionPasses, scratch: attentionScratch },
  attention_backward: { passes: backwardPasses, scratch: backwardScratch },
  attention_bias_gradient: { passes: biasGradientPasses, scratch: backwardScratch },
  rope: single("rope", ({ words }) => Math.ceil(((words[0] as number) * (words[1] as number)) / WORKGROUP)),
} as const satisfies Family;
