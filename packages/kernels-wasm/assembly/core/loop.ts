/**
 * Repeats a body of launches: the lowering of `scan`. Words: address of the turn's index, body, launches in it, turns,
 * reverse (1: from the last index to the first).
 */
import { barrier } from "../lib/barrier";
import { run } from "./run";

export function loop(p: usize, thread: i32, threads: i32): void {
  const index = load<usize>(p);
  const body = load<usize>(p, 4);
  const count = load<i32>(p, 8);
  const turns = load<i32>(p, 12);
  const reverse = load<i32>(p, 16) != 0;
  for (let turn = 0; turn < turns; turn++) {
    if (thread == 0) store<i32>(index, reverse ? turns - 1 - turn : turn);
    // All must see the index, and nobody may begin a turn while another is still in the last.
    if (!barrier(threads)) return;
    if (run(body, count, thread, threads) < 0) return;
    if (!barrier(threads)) return;
  }
}
