// What several theory tests need.
import { type ErrorCode, TetradError } from "@tetrad/engine";

/** The coded error that `run` throws; fails when it throws anything else or nothing. */
export function errorOf(run: () => unknown): TetradError & { readonly code: ErrorCode } {
  try {
    run();
  } catch (error) {
    if (error instanceof TetradError) return error;
    throw error;
  }
  throw new Error("expected a TetradError, but nothing was thrown");
}
