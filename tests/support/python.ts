// Round trips through Python's own libraries (safetensors, PyTorch). CI installs them; elsewhere a test that needs them is skipped and says how to get them.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
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

/** Packages that python-server.py has imported */
const IMPORTED = ["torch", "transformers", "peft"];

/** Hands what it reads to the server, with its own outputs. */
const CLIENT = `
import socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect(sys.argv[1])
socket.send_fds(server, [b"."], [1, 2])
server.sendall(sys.stdin.buffer.read())
server.shutdown(socket.SHUT_WR)
sys.exit((server.recv(1) or b"\\1")[0])
`;

/** Where the one server of this run of the tests listens; started by whoever asks first. */
function server(): string | undefined {
  const folder = process.env["TETRAD_TEST_FOLDER"];
  if (folder === undefined || process.platform === "win32") return undefined;
  const place = join(folder, "python");
  try {
    mkdirSync(`${place}.lock`);
    const program = fileURLToPath(new URL("python-server.py", import.meta.url));
    spawn(command, [program, place, process.env["TETRAD_TEST_OWNER"] as string], { detached: true, stdio: "ignore" }).unref();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  // Imports take ten seconds, and several times that beside other tests.
  for (let waited = 0; waited < 60_000 && !existsSync(place); waited += 50)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  return existsSync(place) ? place : undefined;
}

const run: Python = (source, ...args) => start(["-c", source, ...args]);

const runInServer: Python = (source, ...args) => {
  const place = server();
  if (place === undefined) return run(source, ...args);
  return start(["-S", "-E", "-c", CLIENT, place], JSON.stringify({ source, args, cwd: process.cwd() }));
};

const start = (args: readonly string[], input?: string) => {
  const child = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 28, ...(input !== undefined && { input }) });
  if (child.error) throw child.error;
  if (child.status !== 0) throw new Error(`${command} exited with ${child.status ?? child.signal}\n${child.stderr}`);
  return child.stdout;
};

function reason(packages: readonly string[]): string {
  return `needs ${command} with ${packages.join(", ")}; install with: ${command} -m pip install ${packages.join(" ")}`;
}

/** A runner for Python with `packages` (import names), to be called inside a test. Where one is absent: fails in CI, otherwise skips the running test. */
export function python(packages: readonly string[]): Python {
  if (absent(packages).length > 0) missing("python", reason(packages));
  return packages.some((name) => IMPORTED.includes(name)) && absent(IMPORTED).length === 0 ? runInServer : run;
}

/** `describe` for suites that run Python already while being collected; otherwise as `python`. */
export function describePython(name: string, packages: readonly string[], body: (py: Python) => void): void {
  if (absent(packages).length === 0) describe(name, () => body(run));
  else missingSuite(name, "python", reason(packages));
}
