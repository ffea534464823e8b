// Round trips through Python's own libraries (safetensors, PyTorch). CI installs them; elsewhere a test that needs them is skipped and says how to get them.
import { spawnSync } from "node:child_process";
import { describe } from "vitest";
import { missing, missingSuite } from "./missing.js";

/** Runs Python source with arguments (`sys.argv[1:]`) and returns its standard output. Throws with Python's own traceback when it exits non-zero. */
export type Python = (source: string, ...args: string[]) => string;

const command = process.platform === "win32" ? "python" : "python3";

/** Import names → those that are absent, remembered: every look costs a process. */
const looked = new Map<string, readonly string[]>();

/** Packages that Python does not find, or all of them where there is no Python. */
function absent(packages: readonly string[]): readonly string[] {
  const key = packages.join(" ");
  let lacking = looked.get(key);
  if (!lacking) {
    // find_spec looks a package up without importing it, which takes seconds for torch
    const source = "import importlib.util as u, sys; print(' '.join(p for p in sys.argv[1:] if u.find_spec(p) is None))";
    const child = spawnSync(command, ["-c", source, ...packages], { encoding: "utf8" });
    lacking = child.status === 0 ? child.stdout.split(/\s+/).filter(Boolean) : packages;
    looked.set(key, lacking);
  }
  return lacking;
}

const run: Python = (source, ...args) => {
  const child = spawnSync(command, ["-c", source, ...args], { encoding: "utf8", maxBuffer: 1 << 28 });
  if (child.error) throw child.error;
  if (child.status !== 0) throw new Error(`${command} exited with ${child.status ?? child.signal}\n${child.stderr}`);
  return child.stdout;
};

function reason(packages: readonly string[]): string {
  return `needs ${command} with ${packages.join(", ")}; install with: ${command} -m pip install ${packages.join(" ")}`;
}

/** A runner for Python with `packages` (import names), to be called inside a test. Where one is absent: fails in CI, otherwise skips the running test. */
export function python(packages: readonly string[]): Python {
  return absent(packages).length === 0 ? run : missing("python", reason(packages));
}

/** `describe` for suites that run Python already while being collected; otherwise as `python`. */
export function describePython(name: string, packages: readonly string[], body: (py: Python) => void): void {
  if (absent(packages).length === 0) describe(name, () => body(run));
  else missingSuite(name, "python", reason(packages));
}
