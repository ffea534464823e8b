// The packages exactly as they would be published, and a new project that installs them without a network.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./root.js";

/** Names of the folders under packages/ that are published. */
export const packageNames: readonly string[] = readdirSync(join(root, "packages")).filter((name) => {
  const manifest = join(root, "packages", name, "package.json");
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).private !== true;
});

/** A new empty folder outside the repository; the caller removes it. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "tetrad-"));
}

/** Runs a program and returns its standard output. Throws with everything that it printed when it exits non-zero. */
export function execute(command: string, args: readonly string[], cwd: string, env: Record<string, string> = {}): string {
  const shell = process.platform === "win32" && !command.endsWith(".exe"); // npm is npm.cmd there
  const child = spawnSync(command, args, { cwd, encoding: "utf8", shell, env: { ...process.env, NO_COLOR: "1", ...env } });
  if (child.error) throw child.error;
  if (child.status !== 0)
    throw new Error(`${command} ${args.join(" ")} exited with ${child.status ?? child.signal}\n${child.stdout}\n${child.stderr}`);
  return child.stdout;
}

/** Packs every package with npm. Folder name → path of the tarball in `folder`. */
export function pack(folder: string): Record<string, string> {
  const workspaces = packageNames.map((name) => `--workspace=packages/${name}`);
  const out = execute("npm", ["pack", "--json", "--ignore-scripts", `--pack-destination=${folder}`, ...workspaces], root);
  const described = JSON.parse(out) as PackDescription[] | Record<string, PackDescription>;
  const tarballs: Record<string, string> = {};
  for (const { name, filename } of Object.values(described)) tarballs[name.slice("@tetrad/".length)] = join(folder, filename);
  return tarballs;
}

interface PackDescription {
  name: string;
  filename: string;
}

/** Makes a new project in `folder` that depends on the tarballs, and installs it with npm. Other dependencies come from this repository's node_modules. */
export function installProject(folder: string, tarballs: Record<string, string>, files: Record<string, string>): void {
  const dependencies = { ...thirdParty() };
  for (const [name, tarball] of Object.entries(tarballs)) dependencies[`@tetrad/${name}`] = `file:${tarball}`;
  writeFiles(folder, { "package.json": JSON.stringify({ name: "consumer", private: true, type: "module", dependencies }), ...files });
  execute("npm", ["install", "--offline", "--install-links", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"], folder);
}

/** Writes files, path → text, making folders as needed. */
export function writeFiles(folder: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
  }
}

interface LockEntry {
  dependencies?: Record<string, string>;
}

/** Everything that the packages depend on at run time, other than one another: name → folder. */
function thirdParty(): Record<string, string> {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as { packages: Record<string, LockEntry> };
  const found: Record<string, string> = {};
  const visit = (path: string): void => {
    for (const name of Object.keys(lock.packages[path]?.dependencies ?? {})) {
      const place = [`${path}/node_modules/${name}`, `node_modules/${name}`].find((candidate) => candidate in lock.packages);
      if (!place) throw new Error(`package-lock.json does not place ${name}, a dependency of ${path}; run npm install`);
      if (name.startsWith("@tetrad/") || name in found) continue;
      found[name] = `file:${join(root, place)}`;
      visit(place);
    }
  };
  for (const name of packageNames) visit(`packages/${name}`);
  return found;
}
