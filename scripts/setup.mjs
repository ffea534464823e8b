// Everything a bare clone needs before it can run: dependencies, the project's own Node, kernels, TypeScript. `npm test`, `npm run demo`,
// `npm run bench` and `npx tetrad` all begin here. Runs before anything is installed, so: plain JavaScript for Node 20, no dependencies.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

const windows = process.platform === "win32";
const nodeMajor = 24;
const bin = join(root, "node_modules", ".bin");

/** A failed step of the set-up, told in one line; nothing more is known than the child's own output above it. */
export class SetUpError extends Error {}

/**
 * Installs and builds what is missing or out of date, with progress on stderr so that stdout stays the command's own.
 * @param {{ build?: boolean, verbose?: boolean }} [options] build: false trusts the build that is there; verbose: false shows a tool's output only when it fails
 * @returns {Promise<string>} path of the Node that runs builds, tests and the command line
 */
export async function setUp({ build = true, verbose = true } = {}) {
  if (!dependenciesInstalled()) {
    // npm ci is exact and quick in an empty folder; over an existing one it would delete the Node that may be running this very script
    const command = existsSync(join(root, "node_modules")) ? "install" : "ci";
    await step("Installing dependencies (about half a minute the first time)", () => npm([command]));
  }
  const node = await projectNode();
  if (build) {
    await step("Building kernels and TypeScript", () =>
      run(
        node,
        [
          join("node_modules", "turbo", "bin", "turbo"),
          "run",
          "build",
          "compile",
          "--ui=stream",
          `--output-logs=${verbose ? "new-only" : "errors-only"}`,
        ],
        {
          stdoutTo: verbose ? "stderr" : "stderrOnFailure",
          env: { TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1", TURBO_NO_UPDATE_NOTIFIER: "1" },
        },
      ),
    );
  }
  return node;
}

/**
 * Runs a program in the repository's root, or in `cwd`, and resolves with its exit code. Ctrl-C reaches the child through the terminal; this process waits for it.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string>, path?: string, cwd?: string, shell?: boolean, stdoutTo?: "stdout" | "stderr" | "stderrOnFailure" }} [options]
 * @returns {Promise<number>}
 */
export function run(command, args, { env = {}, path = withProjectBin(), cwd = root, shell = false, stdoutTo = "stdout" } = {}) {
  const held = stdoutTo === "stderrOnFailure";
  const child = spawn(command, args, {
    cwd,
    shell,
    env: { ...withoutPath(process.env), PATH: path, ...env },
    stdio: ["inherit", held ? "pipe" : stdoutTo === "stderr" ? 2 : "inherit", held ? "pipe" : "inherit"],
  });
  /** @type {Buffer[]} */
  const output = [];
  child.stdout?.on("data", (data) => output.push(data));
  child.stderr?.on("data", (data) => output.push(data));
  const wait = () => {};
  process.on("SIGINT", wait);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      process.off("SIGINT", wait);
      if (code !== 0) process.stderr.write(Buffer.concat(output));
      resolve(code ?? (signal === "SIGINT" ? 130 : 1));
    });
  });
}

/** True when every package of package-lock.json lies in node_modules in the locked version (npm's own record of what it installed says so). */
function dependenciesInstalled() {
  const record = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const installed = JSON.parse(readFileSync(record, "utf8")).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith("node_modules/") && !path.includes("/node_modules/")) return true; // the root and the workspaces themselves
    const there = installed[path];
    // optional packages are those of other operating systems; npm leaves them out of the record
    return there ? there.version === entry.version && Boolean(there.link) === Boolean(entry.link) : Boolean(entry.optional);
  });
}

/** The Node of the development dependency `node`; a new enough Node that runs this script where that could not be installed. */
async function projectNode() {
  const path = join(root, "node_modules", "node", "bin", windows ? "node.exe" : "node");
  if (isProjectNode(path)) return path;
  if (Number.parseInt(process.versions.node, 10) >= nodeMajor) return process.execPath;
  // its binary comes by an install script, which a user's npm settings may have held back
  await step(`Installing Node ${nodeMajor} for this project`, () => npm(["rebuild", "node", "--ignore-scripts=false"]));
  if (isProjectNode(path)) return path;
  throw new SetUpError(
    `Node ${nodeMajor} could not be installed for this project. Install Node ${nodeMajor} or newer on this machine and run the command again.`,
  );
}

/** @param {string} path */
function isProjectNode(path) {
  if (!existsSync(path)) return false;
  const { status, stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
  return status === 0 && stdout.startsWith(`v${nodeMajor}.`);
}

/** @param {string[]} args */
function npm(args) {
  // Warnings are about engines: some development tools ask for newer Nodes than npm runs on here, and get Node 24 when they run.
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  return run("npm", [...args, ...quiet], { path: systemPath(), shell: windows, stdoutTo: "stderr" });
}

/**
 * @param {string} title
 * @param {() => Promise<number>} work
 */
async function step(title, work) {
  const start = performance.now();
  process.stderr.write(`▸ ${title} …\n`);
  const code = await work();
  if (code !== 0) throw new SetUpError(`${title} failed (exit code ${code}); see the messages above.`);
  process.stderr.write(`✓ ${title.replace(/ \(.*/, "")}: ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
}

/** npm must run on the machine's own Node, not on the one that it may be about to replace. */
export function systemPath() {
  return searchPath()
    .filter((folder) => !folder.includes("node_modules"))
    .join(delimiter);
}

function withProjectBin() {
  return [bin, ...searchPath().filter((folder) => folder !== bin)].join(delimiter);
}

function searchPath() {
  const key = Object.keys(process.env).find((name) => name.toUpperCase() === "PATH") ?? "PATH"; // Windows calls it Path
  return (process.env[key] ?? "").split(delimiter).filter(Boolean);
}

/** @param {NodeJS.ProcessEnv} env */
function withoutPath(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => name.toUpperCase() !== "PATH"));
}
