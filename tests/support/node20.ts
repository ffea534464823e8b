// Published packages promise to run on Node 20. Tests run on Node 24, so those that check the promise look for a Node 20 on the machine.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { missing } from "./missing.js";

/** Path of a Node 20, from NODE20 or the PATH, to be called inside a test. Where there is none: fails in CI, otherwise skips the running test. */
export function node20(): string {
  const name = process.platform === "win32" ? "node.exe" : "node";
  const candidates = [process.env["NODE20"] ?? "", ...(process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name))];
  for (const path of candidates) {
    if (!existsSync(path)) continue;
    const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
    if (stdout?.startsWith("v20.")) return path;
  }
  return missing("node20", "needs a Node 20 beside the project's own; install Node 20 and set NODE20=/path/to/its/node");
}
