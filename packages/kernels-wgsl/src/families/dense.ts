/** Matrix products. */
import { type Family, inFours, type LaunchShape, type Pass, WORKGROUP } from "../kernel.js";

/** What decides how a product is done. */
interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Matrices of the batch. */
  readonly items: number;
}

/** Words as ops/matmul.ts puts them. */
function productOf({ words }: LaunchShape): Product {
  const word = (i: number) => words[i] as number;
  let items = 1;
  for (let axis = 0; axis < word(12); axis++) items *= word(13 + 4 * axis);
  return { m: word(2), n: word(3), k: word(4), transposeA: word(8) !== 0, transposeB: word(9) !== 0, items };
}

function tilesOf({ m, n, items }: Product, rows: number, columns: number): number {
  return Math.ceil(m / rows) * Math.ceil(n / columns) * items;
}

/** Up to so many rows, or columns, the other operand is all that takes time. */
const FEW = 16;
/** Fewer tiles of 32 × 32 than these leave most of a GPU idle. */
const FEW_TILES = 64;

function gemmPasses(shape: LaunchShape): readonly Pass[] {
  const product = productOf(shape);
  // Few rows leave most of a thread's sixteen unused.
  if (inFours(shape) && product.m > 4 && product.n > 2) return [bySubgroups(product)];
  return [Math.min(product.m, product.n) <= FEW || tilesOf(product, 32, 32) < FEW_TILES ? split(product) : tiled(product)];
}

/** Threads of a tile, 8 × 4 of C each; and how many tiles keep a GPU so busy that smaller ones would not be better. */
const TILES = [
  { BELOW: 16, BESIDE: 16, enough: 512 },
  { BELOW: 8, BESIDE: 8, enough: 128 },
] as const;
const SMALLEST = { BELOW: 4, BESIDE: 8 } as const;

/** The largest tiles that are more than half full and of which there are enough. */
function tiled(product: Product): Pass {
  const { BELOW, BESIDE } =
    TILES.find(
      (tile) =>
        product.m > 4 * tile.BELOW && product.n > 2 * tile.BESIDE && tilesOf(product, 8 * tile.BELOW, 4 * tile.BESIDE) >= tile.enough,
    ) ?? SMALLEST;
  return {
    shader: "gemm_tiled",
    consts: () => ({ BELOW, BESIDE }),
    groups: (shape) => tilesOf(productOf(shape), 8 * BELOW, 4 * BESIDE),
  };
}

/** Workgroups of which every core of a processor gets some, whatever is left over. */
const FEW_GROUPS = 32;

function bySubgroups(product: Product): Pass {
  const [BELOW, BESIDE] = tilesOf(product, 16 * 8, 4 * 8) >= FEW_GROUPS ? [8, 8] : [4, 8];
  return {
    shader: "gemm_subgroup",
    consts: () => ({ BELOW, BESIDE }),
    groups: (shape) => tilesOf(productOf(shape), 16 * BELOW, 4 * BESIDE),
  };
}

/** Threads that a large GPU wants to be given, and steps along k that are worth a thread and the addition of its part. */
const WANTED_THREADS = 65536;
const FEWEST_STEPS = 16;
const MOST_SLICES = 16;

/** One or four rows of C, or of Cᵀ where those are few, a thread. Threads that share an element are a power of four, so that there are few variants. */
function split({ m, n, k, transposeA, transposeB, items }: Product): Pass {
  const few = Math.min(m, n) <= FEW;
  const swapped = few && n < m;
  const SWAPPED = Number(swapped);
  const ROWS = Math.min(m, n) <= 1 ? 1 : 4;
  const sharers = WANTED_THREADS / Math.max(1, (m * n * items) / (4 * ROWS));
  const slices = 4 ** Math.floor(Math.log2(Math.max(1, Math.min(MOST_SLICES, sharers, k / FEWEST_STEPS))) / 2);
  let [BELOW, SLICES, BESIDE] = [1, slices, Math.max(4, 8 / Math.sqrt(slices))];
  if (few) {
    // All rows in one tile, so that the other matrix is read once, and in longer pieces where the tile's columns lie in its rows.
    while (ROWS * BELOW < Math.min(m, n)) BELOW *= 2;
    const pieces = (swapped ? transposeA : !transposeB) ? 8 : 4;
    SLICES = Math.min(slices, WORKGROUP / (BELOW * pieces));
    BESIDE = WORKGROUP / (BELOW * SLICES);
  } else {
    BELOW = WORKGROUP / (SLICES * BESIDE);
  }
  return {
    shader: "gemm_split",
    consts: () => ({ ROWS, SLICES, BELOW, BESIDE, SWAPPED }),
    groups(shape) {
      const live = productOf(shape);
      return tilesOf(swapped ? { ...live, m: live.n, n: live.m } : live, ROWS * BELOW, 4 * BESIDE);
    },
  };
}

export const dense = {
  gemm: { passes: gemmPasses },
} as const satisfies Family;
