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
    throw fileError(verb, path, error as Error, reasonOf);
  }
}

/** What a file system threw, as IO; what is ours already stays as it is. By the reasons of a disk unless told. */
export function fileError(
  verb: "read" | "write",
  path: string,
  error: Error,
  reasonOf: (error: Error) => Reason | undefined = diskReason,
): TetradError {
  if (error instanceof TetradError) return error;
  const [what, hint] = reasonOf(error) ?? [error.message, undefined];
  return new TetradError("IO", { op: `${verb} ${path}`, what, hint }, { cause: error });
}

/** Whether an error says that there is no such file, rather than that it cannot be read. */
export function isAbsent(error: unknown): boolean {
  if (!(error instanceof TetradError) || error.code !== "IO") return false;
  const { code = "", name = "" } = (error.cause ?? {}) as { readonly code?: string; readonly name?: string };
  return ["ENOENT", "ENOTDIR", "NotFoundError", "TypeMismatchError"].some((absent) => absent === code || absent === name);
}

export function diskReason({ code }: Error & { readonly code?: string }): Reason | undefined {
  return DISK[code ?? ""];
}

const DISK: Readonly<Record<string, Reason>> = {
  ENOENT: ["there is no such file or folder", "check the path; it is taken from the folder the command runs in"],
  EISDIR: ["this is a folder, not a file", "name a file inside it"],
  ENOTDIR: ["a part of the path is a file, not a folder", "check the path"],
  EACCES: ["permission denied", "check who owns the file and its folder"],
  EPERM: ["the system does not permit this", "check who owns the file and its folder"],
  EROFS: ["the disk can only be read", "write to another place"],
  ENOSPC: ["the disk is full", "free some space and run again; nothing was changed"],
  EDQUOT: ["the disk quota is used up", "free some space and run again; nothing was changed"],
  ENAMETOOLONG: ["the name is too long", "choose a shorter name"],
  EMFILE: ["too many files are open", "close some programs and run again"],
  EEXIST: ["something of this name is in the way", "choose another name"],
};

/**
 * A folder that is to be replaced may hold what we write and nothing else.
 * @param names of what it holds; @param known files that we write, those in folders inside by their path
 * @throws TetradError IO
 */
export function refuseForeign(path: string, names: readonly string[], known: readonly string[]): void {
  const foreign = names.filter((name) => !known.some((file) => file === name || file.startsWith(`${name}/`)));
  if (foreign.length === 0) return;
  throw new TetradError("IO", {
    op: `write ${path}`,
    what: "the folder holds files that are not Tetrad's",
    got: foreign.slice(0, 3).join(", "),
    hint: "choose another folder, or move these files away",
  });
}
