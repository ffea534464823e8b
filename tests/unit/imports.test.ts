// The layers hold in the sources, and the check that says so notices each way to break them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { checkImports } from "../../scripts/check-imports.mjs";
import { root } from "../support/root.js";

test("packages import only downward, without cycles, and nothing that a browser lacks", () => {
  expect(checkImports(root)).toEqual([]);
});

describe("checkImports notices", () => {
  let folder = "";
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Problems of a made-up engine package with these source files. */
  function check(sources: Record<string, string>): string[] {
    folder = mkdtempSync(join(tmpdir(), "tetrad-imports-"));
    const files = { "package.json": JSON.stringify({ dependencies: { "@tetrad/kernels-wasm": "*", "@tetrad/theory": "*" } }), ...sources };
    for (const [path, text] of Object.entries(files)) {
      const file = join(folder, "packages", "engine", path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    return checkImports(folder);
  }

  test("nothing in a tidy package", () => {
    const problems = check({
      "src/a.ts": 'import type { B } from "./b.js";\nimport { kernels } from "@tetrad/kernels-wasm";\nconst fs = await import("node:fs");',
      "src/b.ts": 'import { A } from "./a.js";',
      "src/io/files.node.ts": 'import { open } from "node:fs/promises";',
      "src/node/threads.ts": 'import { Worker } from "node:worker_threads";',
    });
    expect(problems).toEqual([]);
  });

  test.each([
    ["an upward import", 'import { fit } from "@tetrad/theory";', "engine may not import @tetrad/theory"],
    ["an upward import of a type", 'import type { Fit } from "@tetrad/theory";', "engine may not import @tetrad/theory"],
    ["an upward dynamic import", 'await import("@tetrad/theory");', "engine may not import @tetrad/theory"],
    ["an undeclared dependency", 'import _ from "lodash/get";', '"lodash" is not in the dependencies'],
    ["a Node module at the top level", 'import { open } from "node:fs";', "which browsers lack"],
    ["a re-exported Node module", 'export { open } from "node:fs";', "which browsers lack"],
    ["a Node module without prefix", 'import { open } from "fs";', 'write "node:fs"'],
    ["a missing extension", 'import { b } from "./b";', "must end in .js"],
    ["a way out of the package", 'import { b } from "../../theory/src/index.js";', "leaves the package"],
  ])("%s", (_name, text, expected) => {
    const problems = check({ "src/a.ts": `\n${text}` });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("packages/engine/src/a.ts:2: ");
    expect(problems[0]).toContain(expected);
  });

  test("a circular import, once", () => {
    const problems = check({
      "src/a.ts": 'import { b } from "./b.js";',
      "src/b.ts": 'export * from "./c.js";',
      "src/c.ts": 'import { a } from "./a.js";',
    });
    expect(problems).toEqual([
      "circular import: packages/engine/src/a.ts → packages/engine/src/b.ts → packages/engine/src/c.ts → packages/engine/src/a.ts",
    ]);
  });

  test("a circle that leaves the ops, but not one among them", () => {
    const sin = 'import { cos } from "./cos.js";';
    const cos = 'import { sin } from "./sin.js";';
    expect(check({ "src/ops/sin.ts": sin, "src/ops/cos.ts": cos })).toEqual([]);
    rmSync(folder, { recursive: true, force: true });
    const problems = check({
      "src/ops/sin.ts": `${sin}import "../grad.js";`,
      "src/ops/cos.ts": cos,
      "src/grad.ts": 'import "./ops/cos.js";',
    });
    expect(problems).toEqual([
      "circular import: packages/engine/src/grad.ts → packages/engine/src/ops/cos.ts → packages/engine/src/ops/sin.ts → packages/engine/src/grad.ts",
    ]);
  });
});
