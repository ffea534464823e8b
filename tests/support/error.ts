// The measure that all golden values are held against.

/** max|got − want| / max|want|; fails loudly where lengths differ or a number is missing. */
export function largestError(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) throw new Error(`${got.length} values where ${want.length} were expected`);
  let worst = 0;
  let scale = 0;
  for (let i = 0; i < want.length; i++) {
    const difference = Math.abs((got[i] as number) - (want[i] as number));
    if (Number.isNaN(difference)) return Number.NaN;
    worst = Math.max(worst, difference);
    scale = Math.max(scale, Math.abs(want[i] as number));
  }
  return worst === 0 ? 0 : worst / scale;
}
