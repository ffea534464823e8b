// Tests by environment (tests/unit … tests/acceptance), run against the packages' sources: no build of TypeScript is needed, so a
// stack trace and a coverage report name the file a person edits. Only tests/acceptance and tests/cli look at what is really shipped.
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./tests/support/longest-first.js";

const root = fileURLToPath(new URL(".", import.meta.url));
const packages = readdirSync(`${root}packages`).filter((name) => existsSync(`${root}packages/${name}/package.json`));

// Tests run WebGPU on SwiftShader, which Debian's chromium brings, so that results do not depend on a machine's graphics card.
const swiftshader = "/usr/lib/chromium/vk_swiftshader_icd.json";
if (process.env["VK_ICD_FILENAMES"] === undefined && existsSync(swiftshader)) process.env["VK_ICD_FILENAMES"] = swiftshader;
// Nor on what this user's machine has kept, which tests leave alone.
process.env["TETRAD_CACHE"] = "off";
// What the files of one run have in common: a process of Python, what a GPU was measured to do.
if (process.env["TETRAD_TEST_FOLDER"] === undefined) {
  const folder = mkdtempSync(join(tmpdir(), "tetrad-tests-"));
  process.env["TETRAD_TEST_FOLDER"] = folder;
  process.env["TETRAD_TEST_OWNER"] = String(process.pid);
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
}
process.env["XDG_RUNTIME_DIR"] ??= tmpdir(); // the Vulkan loader complains where a session has none
// SwiftShader's compiler allocates and frees millions of small pieces: without what glibc does to give memory back it takes 0.87 of the time.
process.env["GLIBC_TUNABLES"] ??= "glibc.malloc.mxfast=0";
process.env["MALLOC_TRIM_THRESHOLD_"] ??= String(1e9);
process.env["MALLOC_TOP_PAD_"] ??= String(64 * 2 ** 20);

/** name → time limit of one test in milliseconds; kernels sweep many shapes and compile shaders for a software GPU, acceptance installs packages. */
const environments = { unit: 20_000, kernels: 180_000, models: 120_000, cli: 120_000, browser: 300_000, acceptance: 300_000 };
/** Environments whose files follow each other in one process, with what they import, and shaders that are compiled, in common: a file that replaces a module puts it back. */
const SHARING = ["unit", "models"];

export default defineConfig({
  resolve: {
    alias: packages.map((name) => ({ find: new RegExp(`^@tetrad/${name}$`), replacement: `${root}packages/${name}/src/index.ts` })),
  },
  test: {
    maxWorkers: "100%", // one core less is vitest's default, which on two cores leaves one idle through most of the suite
    sequence: { sequencer: LongestFirst },
    pool: "forks", // wasm threads block with Atomics.wait, and a process of its own may crash without taking the run along
    reporters:
      process.env["CI"] === "true"
        ? [["default", { summary: false }], "./tests/support/reporter.ts"]
        : ["default", "./tests/support/reporter.ts"],
    projects: Object.entries(environments).map(([name, testTimeout]) => ({
      extends: true as const,
      test: { name, include: [`tests/${name}/**/*.test.ts`], testTimeout, hookTimeout: testTimeout, isolate: !SHARING.includes(name) },
    })),
  },
});
