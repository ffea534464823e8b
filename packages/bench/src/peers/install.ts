/** Puts the peers that come from npm into packages/bench/peers, when somebody first measures against one: nobody else should have to download them. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packagePath } from "../paths.js";

/** Packages that a peer needs, and the folder of this package whose manifest pins them. */
export interface Installed {
  readonly folder: "peers" | "peers/llama";
  readonly packages: readonly string[];
}

/** Roughly, for those who wait for it. */
const MEGABYTES = { peers: 750, "peers/llama": 120 };

/** Scripts that would fetch libraries for GPUs, or sources to compile. */
const ENVIRONMENT = { ONNXRUNTIME_NODE_INSTALL: "skip", NODE_LLAMA_CPP_SKIP_DOWNLOAD: "true" };

/** Once a folder, for all its peers. */
const installing = new Map<string, Promise<void>>();

/** @throws Error with npm's own reason */
export async function ensureInstalled({ folder, packages }: Installed, log: (text: string) => void): Promise<void> {
  const path = packagePath(folder);
  const { dependencies } = readManifest(path) as { readonly dependencies: Readonly<Record<string, string>> };
  if (packages.every((name) => installedVersion(path, name) === dependencies[name])) return;
  const install = installing.get(folder) ?? runNpm(path, MEGABYTES[folder], log);
  installing.set(folder, install);
  await install;
}

function installedVersion(path: string, name: string): string | undefined {
  const folder = join(path, "node_modules", name);
  return existsSync(join(folder, "package.json")) ? readManifest(folder).version : undefined;
}

function readManifest(folder: string): { readonly version?: string } {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

async function runNpm(path: string, megabytes: number, log: (text: string) => void): Promise<void> {
  const begin = performance.now();
  const text = `installing peers from npm, once (some ${megabytes} MB) …`;
  const elapsed = () => `${Math.round((performance.now() - begin) / 1000)} s`;
  const tick = setInterval(() => log(`${text} ${elapsed()}`), 1000);
  log(text);
  try {
    // llama.cpp has no lock: npm can only lock builds of other systems that it can find, and refuses a lock without them
    const locked = existsSync(join(path, "package-lock.json"));
    const command = locked ? "ci" : "install";
    const { code, output } = await npm(path, [
      command,
      ...(locked ? [] : ["--no-package-lock"]),
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
    ]);
    if (code !== 0) throw new Error(`npm ${command} in ${path} failed: ${reasonOf(output)}`);
  } finally {
    clearInterval(tick);
  }
}

function npm(cwd: string, args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  const shell = process.platform === "win32"; // npm is npm.cmd there
  const child = spawn("npm", args, {
    cwd,
    shell,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...ENVIRONMENT },
  });
  let output = "";
  child.stdout.on("data", (text) => {
    output += text;
  });
  child.stderr.on("data", (text) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

/** npm's reason stands between codes and advice. */
function reasonOf(output: string): string {
  const lines = output.split("\n").map((line) => line.replace(/^npm (error|ERR!)\s*(network\s)?\s*/, "").trim());
  return lines.find((line) => line !== "" && !/^(code|errno|syscall|address|port|type|path) /.test(line)) ?? "it said nothing";
}
