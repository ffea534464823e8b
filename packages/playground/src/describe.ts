/** The line that says what computes here, and why. */
import type { Engine } from "@tetrad/engine";

export function describe(engine: Engine): string {
  const { why } = engine.describe();
  const shared = globalThis.crossOriginIsolated ? "" : "; the page is not isolated, so that one worker computes instead of all cores";
  return `${why}${shared}`;
}
