/** Which kernel the laboratory works on: one source file, its exports of one type, and where other versions of it come from. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findModules, sourceClosure } from "../scripts/sources.mjs";

export const assembly = join(import.meta.dirname, "..", "assembly");

/** Of a hint. */
const MOST_NAMES = 8;

/** A mistake of the caller, to be printed without a stack. */
export class LabError extends Error {
  name = "LabError";
}

/**
 * `name` is `family/file`, or a file or kernel that only one family has.
 * @param {string} name
 * @param {"f32" | "f64"} dtype
 */
export function findTarget(name, dtype) {
  const files = new Map();
  for (const { family, files: own } of findModules(assembly)) {
    for (const [file, kernels] of own) {
      const key = `${family}/${file.slice(0, -3)}`;
      files.set(key, [...(files.get(key) ?? []), ...kernels]);
    }
  }
  const base = (kernel) => kernel.replace(/_(f32|f64|i32)$/, "");
  const wanted = name.replace(/\.ts$/, "");
  const matches = files.has(wanted)
    ? [wanted]
    : [...files]
        .filter(([key, kernels]) => key.endsWith(`/${wanted}`) || kernels.some((kernel) => base(kernel) === wanted))
        .map(([key]) => key);
  if (matches.length !== 1) {
    const hint = matches.length > 1 ? `say which: ${matches.join(", ")}` : (didYouMean(wanted, [...files.keys()]) ?? "see assembly/");
    throw new LabError(`${matches.length > 1 ? "several kernels are" : "no kernel is"} called "${name}"; ${hint}`);
  }
  const [key] = matches;
  const [family, file] = key.split("/");
  // Kernels without a type of their own (copies, gathers) move bytes of any.
  const kernels = files.get(key).filter((kernel) => kernel.endsWith(`_${dtype}`) || kernel === base(kernel));
  if (kernels.length === 0) throw new LabError(`${key} has no kernel in ${dtype}`);
  return { key, family, file: `${file}.ts`, path: `${family}/${file}.ts`, kernels, bases: [...new Set(kernels.map(base))] };
}

/** Names like the wanted one, as family/file. @param {readonly string[]} keys */
export function didYouMean(wanted, keys) {
  const start = (text) => (text.split("/")[1] ?? text).slice(0, 3);
  const near = keys.filter((key) => key.includes(wanted) || start(key) === start(wanted));
  return near.length > 0 ? `did you mean ${near.slice(0, MOST_NAMES).join(", ")}?` : undefined;
}

/** The file and everything it imports, absolute. */
export function watchedFiles({ family, file, kernels }) {
  return sourceClosure(assembly, { family, files: new Map([[file, kernels]]) }).map((path) => join(assembly, path));
}

/** The entry source that exports the kernels under names with a suffix, so that two versions live in one table. */
export function versionEntry({ kernels, path }, suffix) {
  return `export { ${kernels.map((kernel) => `${kernel} as ${kernel}${suffix}`).join(", ")} } from "./${path.slice(0, -3)}";\n`;
}

/**
 * What stands in the way of the working tree's source: a file beside it, or the whole tree of a commit in a folder of its own.
 * @param {string} from path of a source file, or a commit
 * @returns {{ assembly: string, overlay: Record<string, string>, dispose(): void }}
 */
export function otherVersion({ path }, from, isFile) {
  if (isFile) return { assembly, overlay: { [path]: readFileSync(from, "utf8") }, dispose: () => {} };
  const root = execFileSync("git", ["rev-parse", "--show-toplevel"], { cwd: assembly, encoding: "utf8" }).trim();
  const archive = spawnSync("git", ["archive", "--format=tar", `${from}:packages/kernels-wasm/assembly`], {
    cwd: root,
    maxBuffer: 1 << 28,
  });
  if (archive.status !== 0)
    throw new LabError(`no version ${from} to race against: not a file, and git says ${archive.stderr.toString().trim()}`);
  const folder = mkdtempSync(join(tmpdir(), "tetrad-lab-"));
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  const { status, stderr } = spawnSync("tar", ["-xf", "-", "-C", folder], { input: archive.stdout, encoding: "utf8" });
  if (status !== 0) throw new LabError(`cannot unpack the sources of ${from}: ${stderr}`);
  return { assembly: folder, overlay: {}, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}
