/**
 * Each channel over the batch to mean 0 and variance 1, then weight and bias, with or without a residual added first: where channels are columns of a
 * matrix, row after row as memory has them, else slab after slab.
 */
import { normalise_columns } from "./columns";
import { normalise_slabs } from "./normalise_slabs";
import { span_of } from "./slabs";

/** Words: sum (ADD), y, mean, variance, x, residual (ADD), weight, bias, then as in slabs.ts. ADD is a literal. */
// @ts-ignore: decorator
@inline
export function normalise_batch<T>(ADD: bool, p: usize, thread: i32, threads: i32): void {
  const q = p + (ADD ? 32 : 24);
  const outputs = ADD ? p + 4 : p;
  const y = load<usize>(outputs);
  const mean = load<usize>(outputs, 4);
  const variance = load<usize>(outputs, 8);
  const x = ADD ? load<usize>(p) : load<usize>(p, 12);
  const a = ADD ? load<usize>(p, 16) : 0;
  const b = ADD ? load<usize>(p, 20) : 0;
  const weight = load<usize>(q - 8);
  const bias = load<usize>(q - 4);
  if (span_of(q) == 1) normalise_columns<T>(y, mean, variance, x, a, b, weight, bias, q, thread, threads);
  else normalise_slabs<T>(y, mean, variance, x, a, b, weight, bias, q, thread, threads);
}
