/** What goes wrong with files is said in the same words on a disk and in a page. */
import { TetradError } from "../errors.js";

/** What is wrong and what to do; undefined where nobody knows better than the error itself. */
export type Reason = readonly [what: string, hint: string];

/** @throws TetradError IO where the body throws anything else, with the reason that is known for it */
export async function attempt<T>(
  verb: "read" | "write",
  path: string,
  reasonOf: (error: Error) => Reason | undefined,
  body: () => Promise<T>,
): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof TetradError) throw error;
    const [what, hint] = reasonOf(error as Error) ?? [(error as Error).message, undefined];
    throw new TetradError("IO", { op: `${verb} ${path}`, what, hint }, { cause: error });
  }
}

/** A folder that is to be replaced may hold what we write and nothing else. @throws TetradError IO */
export function refuseForeign(path: string, foreign: readonly string[]): void {
  if (foreign.length === 0) return;
  throw new TetradError("IO", {
    op: `write ${path}`,
    what: "the folder holds files that are not Tetrad's",
    got: foreign.slice(0, 3).join(", "),
    hint: "choose another folder, or move these files away",
  });
}
