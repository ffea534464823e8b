// docs/ops.md is what the ops themselves say; only measured shares may differ.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../support/root.js";

test("docs/ops.md is up to date", () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, "scripts/ops-page.mjs"), "--check"], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test("it tells an op that is there from one that is composed", () => {
  const page = readFileSync(join(root, "docs/ops.md"), "utf8");
  expect(page).toMatch(/^\| `softmax` \| → ← \| → ← \| → ← \| → ← \| `softmax` \|/m);
  expect(page).toMatch(/^\| `mse` \| composed \| composed \| composed \| composed \| of other ops \|/m);
  expect(page).toMatch(/^\| `equal` \| → \| → \| → \| → \| `eq` \|/m);
});
