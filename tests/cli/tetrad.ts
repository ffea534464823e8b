// Runs the real, built `tetrad` binary as a user's shell would, in a folder of its own.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const program = fileURLToPath(new URL("../../packages/cli/dist/bin.js", import.meta.url));

/** An example file of the repository. */
export function example(path: string): string {
  return fileURLToPath(new URL(`../../examples/${path}`, import.meta.url));
}

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), "tetrad-cli-"));

  /** @param env what the program's environment holds besides this process's */
  constructor(private readonly env: Readonly<Record<string, string>>) {}

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, content: string | Uint8Array): string {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), content);
    return this.path(name);
  }

  tetrad(...args: readonly string[]): Run {
    const { status, stdout, stderr, error } = spawnSync(process.execPath, [program, ...args], {
      cwd: this.folder,
      encoding: "utf8",
      env: this.#environment(),
      maxBuffer: 1 << 28,
    });
    if (error) throw error;
    return { code: status, stdout, stderr };
  }

  /** Nothing of the test runner's own colours and settings, and none of what this user's machine has kept. */
  #environment(): NodeJS.ProcessEnv {
    const { FORCE_COLOR: _, NODE_OPTIONS: __, TETRAD_CACHE: ___, ...env } = process.env;
    return { ...env, NO_COLOR: "1", XDG_CACHE_HOME: this.path("cache"), ...this.env };
  }

  /** The same without waiting; `ended` gives what `tetrad` would have given. */
  start(...args: readonly string[]): { child: ChildProcess; ended: Promise<Run> } {
    const child = spawn(process.execPath, [program, ...args], { cwd: this.folder, env: this.#environment() });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    return { child, ended: new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr }))) };
  }
}

/** What the first program of this run measured of the GPU, which takes each half a second. */
const RATES = join(process.env["TETRAD_TEST_FOLDER"] as string, "gpu-rates.json");

/**
 * A fresh folder, removed when the running test ends.
 * @param env what its programs' environment holds besides this process's
 * @param measured whether its cache holds what another one measured of the GPU
 */
export function workplace(env: Readonly<Record<string, string>> = {}, measured = true): Workplace {
  if (!existsSync(program)) throw new Error("packages/cli/dist/bin.js is missing: run `npm run build` first");
  const place = new Workplace(env);
  const own = "cache/tetrad/gpu-rates.json";
  if (measured && existsSync(RATES)) place.write(own, readFileSync(RATES));
  onTestFinished(() => {
    if (existsSync(place.path(own))) renameSync(place.path(own), RATES);
    rmSync(place.folder, { recursive: true, force: true });
  });
  return place;
}
