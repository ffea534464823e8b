// What publint and "are the types wrong" say about the tarballs: entry points that exist, types that resolve, everything published that is promised.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { execute, pack, packageNames, temporaryFolder } from "../support/pack.js";
import { root } from "../support/root.js";

const folder = temporaryFolder();
let tarballs: Record<string, string> = {};

beforeAll(() => {
  tarballs = pack(folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(packageNames)("@tetrad/%s", (name) => {
  test("publint finds nothing", async () => {
    const bytes = readFileSync(tarballs[name]!);
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  test("its types resolve for ESM consumers", () => {
    const attw = join(root, "node_modules", "@arethetypeswrong", "cli", "dist", "index.js");
    execute(process.execPath, [attw, tarballs[name]!, "--profile", "esm-only", "--format", "ascii", "--no-definitely-typed"], root);
  });

  test("licence, declarations and nothing private", () => {
    const listing = execute("tar", ["-tzf", tarballs[name]!], folder).split("\n");
    expect(listing).toEqual(
      expect.arrayContaining(["package/LICENSE", "package/package.json", "package/dist/index.js", "package/dist/index.d.ts"]),
    );
    expect(listing.filter((path) => /\.tsbuildinfo$|\.cache|\.test\.|node_modules/.test(path))).toEqual([]);
  });
});
