/** What the audit of indices (tests/kernels/bounds.test.ts) rests on: that it understands every index in every shader. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type FamilyName, librariesOf, loadShader } from "@tetrad/kernels-wgsl";
import { expect, test } from "vitest";
import { checkIndices } from "../support/checked-indices.js";
import { root } from "../support/root.js";

/** A function around a statement, and what becomes of it. */
function checked(declarations: string, statement: string): string {
  const { text } = checkIndices(`${declarations}\nfn main() {\n  ${statement}\n}\n`, 5);
  return /fn main\(\) \{\n {2}(.*)\n\}/.exec(text)?.[1] as string;
}

test.each([
  ["var<storage, read> x: array<f32>;", "y = x[i];", "y = x[checked_index(u32(i), arrayLength(&x), 5u)];"],
  ["var<storage, read> x: array<f32>;", "y = x[0];", "y = x[checked_index(u32(0), arrayLength(&x), 5u)];"],
  [
    "@group(0) @binding(1) var<storage, read_write> x: array<atomic<u32>>;",
    "atomicAdd(&x[i], 1u);",
    "atomicAdd(&x[checked_index(u32(i), arrayLength(&x), 5u)], 1u);",
  ],
  ["var<workgroup> t: array<vec4<f32>, 2 * N>;", "t[i + 1] = v;", "t[checked_index(u32(i + 1), u32(2 * N), 5u)] = v;"],
  ["var<workgroup> t: array<vec4<f32>, 8>;", "y = t[3u][k];", "y = t[3u][checked_index(u32(k), 4u, 5u)];"],
  [
    "alias Block = mat2x4<f32>;",
    "var b: Block; y = b[i][j];",
    "var b: Block; y = b[checked_index(u32(i), 2u, 5u)][checked_index(u32(j), 4u, 6u)];",
  ],
  [
    "struct P { n: u32, dims: array<vec4<u32>, 4> }\n@group(0) @binding(0) var<uniform> p: P;",
    "y = p.dims[i >> 2u][1];",
    "y = p.dims[checked_index(u32(i >> 2u), u32(4), 5u)][1];",
  ],
  ["fn four() -> vec4<u32> {\n}", "y = four()[i];", "y = four()[checked_index(u32(i), 4u, 5u)];"],
  [
    "var<storage, read> x: array<u32>;",
    "y = x[x[i]];",
    "y = x[checked_index(u32(x[checked_index(u32(i), arrayLength(&x), 5u)]), arrayLength(&x), 6u)];",
  ],
])("%s %s", (declarations, statement, expected) => expect(checked(declarations, statement)).toBe(expected));

test("an index of what has no known type is refused", () => {
  expect(() => checked("", "y = z[i];")).toThrow("the type of what is indexed is not known: z[i]");
});

test("every shader's indices are understood, in all variants of its snippets", async () => {
  const shaders = join(root, "packages/kernels-wgsl/shaders");
  const files = (readdirSync(shaders, { recursive: true }) as string[]).filter((file) => file.endsWith(".wgsl") && !file.startsWith("lib"));
  let places = 0;
  for (const file of files) {
    const [family, name] = file.slice(0, -".wgsl".length).split("/") as [FamilyName | "elementwise", string];
    const text = await loadShader(family, name);
    for (const variants of [[], ["packed"], ["i32"]] as const)
      places += checkIndices([...librariesOf([text], undefined, variants).map((snippet) => snippet.text), text].join("\n"), 0).places
        .length;
  }
  expect(places).toBeGreaterThan(6000);
});
