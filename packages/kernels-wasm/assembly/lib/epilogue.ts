/** What a matrix product does with rows of C that it has just written: the element-wise chain that follows it, run while they are in cache. */
import { EPILOGUE_ELEMENTS } from "../dense/table";

/** Hands m rows of n elements over as flat ranges of C; rows without a gap between them go together. */
export function epilogue(slot: u32, params: usize, first: i32, m: i32, n: i32, ldc: i32, thread: i32): void {
  const together = n == ldc ? max(1, EPILOGUE_ELEMENTS / n) : 1;
  for (let i = 0; i < m; i += together) {
    const rows = min(together, m - i);
    const lo = first + i * ldc;
    call_indirect<void>(slot, params, lo, lo + (rows - 1) * ldc + n, thread);
  }
}
