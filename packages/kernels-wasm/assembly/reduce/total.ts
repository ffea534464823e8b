/** Sums and means are one loop; compiled once for both. */
import { reduced_count } from "../lib/reduce_layout";
import { reduce, SUM } from "./fold";

export function total<T>(p: usize, mean: bool, thread: i32, threads: i32): void {
  reduce<T>(SUM, load<usize>(p), load<usize>(p, 4), 0, p + 8, mean ? <f64>reduced_count(p + 8) : 1, thread, threads);
}
