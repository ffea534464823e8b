/** Puts the peers that come from npm into packages/bench/peers, when somebody first measures against one: nobody else should have to download them. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packagePath } from "../paths.js";

export const PEERS_FOLDER = packagePath("peers");

/** ONNX Runtime's script would fetch its CUDA libraries, which nobody here measures. */
const ENVIRONMENT = { ONNXRUNTIME_NODE_INSTALL: "skip" };

/** Installs once, for all peers that ask at the same time. */
let installing: Promise<void> | undefined;

/**
 * @param packages that must be there, in the versions that peers/package.json pins
 * @throws Error with npm's own last words
 */
export async function ensureInstalled(packages: readonly string[], log: (text: string) => void): Promise<void> {
  if (packages.length === 0) return;
  const { dependencies } = readManifest(PEERS_FOLDER) as { readonly dependencies: Readonly<Record<string, string>> };
  const lacking = packages.filter((name) => installedVersion(name) !== dependencies[name]);
  if (lacking.length === 0) return;
  installing ??= install(log);
  await installing;
}

function installedVersion(name: string): string | undefined {
  const folder = join(PEERS_FOLDER, "node_modules", name);
  return existsSync(join(folder, "package.json")) ? readManifest(folder).version : undefined;
}

function readManifest(folder: string): { readonly version?: string } {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

async function install(log: (text: string) => void): Promise<void> {
  const begin = performance.now();
  const text = "installing the peers from npm, once (some 750 MB) …";
  const elapsed = () => `${Math.round((performance.now() - begin) / 1000)} s`;
  const tick = setInterval(() => log(`${text} ${elapsed()}`), 1000);
  log(text);
  try {
    const { code, output } = await npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    if (code !== 0) throw new Error(`npm ci in ${PEERS_FOLDER} failed: ${reasonOf(output)}`);
  } finally {
    clearInterval(tick);
  }
}

function npm(args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  const shell = process.platform === "win32"; // npm is npm.cmd there
  const child = spawn("npm", args, {
    cwd: PEERS_FOLDER,
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
