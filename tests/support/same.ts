/** Long arrays compared element by element: vitest's toEqual takes a microsecond for each, which was half the time of the kernels' tests. */
import { expect } from "vitest";

/** As `toEqual` for numbers: NaN is NaN, and 0 is not −0. */
export function expectSame(got: ArrayLike<number>, wanted: ArrayLike<number>, what: string): void {
  if (got.length !== wanted.length) expect.fail(`${what}: ${got.length} values instead of ${wanted.length}`);
  for (let i = 0; i < wanted.length; i++) {
    if (!Object.is(got[i], wanted[i])) expect.fail(`${what}: element ${i} is ${got[i]} instead of ${wanted[i]}`);
  }
}
