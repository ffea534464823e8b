// The budget of what one page loads to train a network: engine and the kernel modules of one build. `npm run size` shows the parts.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { measurePage } from "../../scripts/size.mjs";
import { temporaryFolder } from "../support/pack.js";
import { root } from "../support/root.js";

test("a page that trains an MLP loads at most 120 KB gzipped", async () => {
  const [budget] = JSON.parse(readFileSync(join(root, ".size-limit.json"), "utf8")) as [{ limit: string }];
  expect(budget.limit).toBe("120 kB");
  const folder = temporaryFolder();
  try {
    const files = await measurePage(folder);
    const gzipped = files.reduce((sum, file) => sum + file.gzipped, 0);
    expect(files.length, "page and at least one kernel module").toBeGreaterThan(1);
    expect(gzipped, JSON.stringify(files, null, 1)).toBeLessThanOrEqual(120_000);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
