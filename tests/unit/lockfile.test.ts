// The lock serves every operating system: npm leaves the packages of other systems out when it cannot find them, and then `npm ci` fails there.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../support/root.js";

interface Entry {
  version?: string;
  optionalDependencies?: Record<string, string>;
}

test("every optional dependency has its place in package-lock.json", () => {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as { packages: Record<string, Entry> };
  const absent: string[] = [];
  for (const [path, entry] of Object.entries(packages)) {
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      if (!packages[`${path}/node_modules/${name}`]?.version && !packages[`node_modules/${name}`]?.version)
        absent.push(`${name}, wanted by ${path}`);
    }
  }
  expect(absent).toEqual([]);
});
