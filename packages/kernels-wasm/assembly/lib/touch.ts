/** Reads rows, ld bytes apart, so that they are in L2: what fetches ahead follows one stream best. */
export function touch(b: usize, ld: usize, rows: i32, bytes: usize): void {
  let seen = v128.splat<i32>(0);
  for (; rows > 0; rows--) {
    for (let at: usize = 0; at < bytes; at += 64) seen = v128.or(seen, v128.load(b + at));
    b += ld;
  }
  // Loads of which nothing depends might be left out.
  if (v128.any_true(v128.and(seen, v128.splat<i32>(0)))) unreachable();
}
