/**
 * Every tile and block size of GEMM, with its reason: the one place to tune. Only the two FEW_ROWS…TRANSPOSED and LONG choose
 * between orders of summation; no other changes a bit of any result.
 */

/**
 * Rows of the register tile, two vectors wide: 12 accumulators hide the 4-cycle latency of two FMA units, and with two
 * vectors of B and one of A they just fit the 15 xmm registers V8 hands out (4 rows reach 0.84 of peak, 6 reach 0.98).
 */
export const MR: i32 = 6;
/**
 * Longest run of k between loads of C: a panel of B takes 8 KiB and a strip of A 6 of a 32 KiB L1. GEMM takes three quarters of it in f64, 6 KiB and 9 (n = 512
 * and 1024: 1.01 to 1.03 times as fast), unless all of k is one run (n = 256: 1.02).
 */
export const KC: i32 = 256;
/**
 * Bytes of scratch for packed B, which so stays in L2 (of 1 MiB or more; twice 240 KiB reads A half as often: 1.01 to 1.04 times as fast at n = 1024);
 * behind it lies one strip of a transposed A.
 */
export const B_BYTES: i32 = 480 << 10;
export const A_OFFSET: usize = 480 << 10;
/** B up to this many bytes per KC rows is read in place, since it stays in L1 while strips of A pass over it. */
export const B_IN_PLACE_BYTES: i32 = 24 << 10;
/** Fewer rows than this do not repay packing B: measured at n = k = 512..1024, where it breaks even between 64 and 128. */
export const B_PACK_ROWS: i32 = 72;
/** Up to so many rows, packing a stored transposed waits for memory: blocks of so many bytes are read as one stream first (16 rows: 1.2 times as fast). */
export const STREAM_ROWS: i32 = 64;
export const STREAM_BYTES: i32 = 128 << 10;
/**
 * Whole strips of A are gathered: one pointer then serves all rows, 24 instructions for 12 multiply-adds instead of 29. A core of one's own
 * does not notice (0.98 of peak either way); one that shares its instructions with a neighbour's thread is 1.04 to 1.2 times as fast.
 * A stored transposed is read in place, unless KC rows of it spread over more than this many bytes and there are this many panels of B to repay bringing a
 * strip together.
 */
export const A_IN_PLACE_BYTES: i32 = 24 << 10;
export const A_PACK_PANELS: i32 = 4;
/** Bytes from row to row of a gathered strip: the longest run of k and a cache line, so that its rows never meet in one set of L1. */
export const PITCH_F32: usize = 2112;
export const PITCH_F64: usize = 4160;
export const STRIP_BYTES: usize = 24960;
/** Elements per call of the epilogue: 32 KiB of f32, which are still in L1 or L2. */
export const EPILOGUE_ELEMENTS: i32 = 8192;
/** Elements of C between epilogues where B must be packed anew for each row block: 512 KiB of f32, a quarter of L2. */
export const EPILOGUE_BLOCK: i32 = 128 << 10;
/** Up to this many rows, B is streamed past all rows of C instead of being cut into panels, if it is larger than L2 anyhow. */
export const FEW_ROWS: i32 = 3;
export const FEW_ROWS_BYTES: i32 = 1 << 20;
/** With B stored transposed that saves its transposition too, and pays for more rows (8 rows: 1.4 times as fast), if k is not short. */
export const FEW_ROWS_TRANSPOSED: i32 = 8;
export const FEW_ROWS_LONG: i32 = 64;
/** Columns of C at a time: a row of C and four of B take 20 KiB of L1 (f64: 40). */
export const FEW_COLUMNS: i32 = 1024;

/**
 * Variants that a launch may name: other blockings of the same arithmetic, to the same bits; which is fastest depends on a machine's caches.
 * src/variants.ts lists them by name, in this order.
 */
const SHORT: i32 = 1;
const LONG: i32 = 2;
const PACKED: i32 = 3;
const IN_PLACE: i32 = 4;
const BY_ROWS: i32 = 5;
const BY_COLUMNS: i32 = 6;

// @ts-ignore: decorator
@inline
export function kc_of<T>(variant: i32, k: i32): i32 {
  const usual = sizeof<T>() == 4 || k <= KC ? KC : KC / 4 * 3;
  return variant == SHORT ? usual / 2 : variant == LONG ? 2 * usual : usual;
}

/** Whether B is brought into panels before strips of A pass over it; a transposed B always is. */
// @ts-ignore: decorator
@inline
export function packs_b(variant: i32, trans_b: bool, m: i32, ldb: usize, kc: i32): bool {
  if (trans_b || variant == PACKED) return true;
  return variant != IN_PLACE && m >= B_PACK_ROWS && ldb > <usize>(B_IN_PLACE_BYTES / kc);
}

/** Threads side by side in a grid over C: as the variant says, or 0 where the shape decides. */
// @ts-ignore: decorator
@inline
export function fixed_columns(variant: i32, threads: i32): i32 {
  return variant == BY_ROWS ? 1 : variant == BY_COLUMNS ? threads : 0;
}
