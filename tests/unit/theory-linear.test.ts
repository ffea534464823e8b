// Which theories are linear in their parameters, and which systems of differential equations in their states: judged by form.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseExpression, parseTheories } from "@tetrad/theory";
import { describe, expect, test } from "vitest";
import { dependenceOf, isHomogeneous, isLinearSystem } from "../../packages/theory/src/expression/linear.js";
import { interpolationOf, sharedIntegrals } from "../../packages/theory/src/expression/shared-nodes.js";
import type { SolutionNode } from "../../packages/theory/src/expression/tree.js";
import { root } from "../support/root.js";

test.each([
  ["a + b*x", "linear"],
  ["(a - b)/x + 3", "linear"],
  ["-a*exp(x)*x^2", "linear"],
  ["integrate(a*t + b, t, 0, x)", "linear"],
  ["exp(x)", "none"],
  ["solve(y, [y], [y], [1], t, 0, x)", "none"],
  ["a*b", "nonlinear"],
  ["x/a", "nonlinear"],
  ["a^1", "nonlinear"],
  ["sin(a)", "nonlinear"],
  ["integrate(x*t, t, 0, a)", "nonlinear"],
  ["solve(y, [a*y], [y], [1], t, 0, x)", "nonlinear"],
])("%s is %s in a and b", (text, expected) => {
  expect(dependenceOf(parseExpression(text), new Set(["a", "b"]))).toBe(expected);
});

test.each<[string, boolean, boolean]>([
  ["solve(y, [-k*y + 0*t], [y], [1], t, 0, 1)", true, true],
  ["solve(y, [v, -k*t*y - v/(1+t)], [y, v], [1, 0], t, 0, 1)", true, true],
  ["solve(y, [cos(t) - y], [y], [0], t, 0, 1)", true, false],
  ["solve(y, [y^2], [y], [1], t, 0, 1)", false, false],
  ["solve(y, [y*v, v], [y, v], [1, 1], t, 0, 1)", false, true],
  ["solve(y, [y*integrate(s*t, s, 0, 1)], [y], [1], t, 0, 1)", false, true],
  ["solve(y, [y*integrate(s*k, s, 0, 1)], [y], [1], t, 0, 1)", true, true],
])("%s", (text, linear, homogeneous) => {
  const system = parseExpression(text) as SolutionNode;
  expect(isLinearSystem(system)).toBe(linear);
  expect(isHomogeneous(system)).toBe(homogeneous);
});

describe("integrals at common nodes", () => {
  test("only where the integrand is the same in every row", () => {
    const count = (text: string) => sharedIntegrals(parseExpression(text), (name) => name !== "z").size;
    expect(count("integrate(a*x, x, 0, z)")).toBe(1);
    expect(count("integrate(z*x, x, 0, z)")).toBe(0);
    expect(count("integrate(integrate(a*x*y, y, 0, x), x, 0, z)")).toBe(1);
    expect(count("integrate(x, x, 0, z) + integrate(z*x, x, 0, z)")).toBe(0); // they share their nodes
    expect(count("solve(y, [integrate(y*x, x, 0, z)], [y], [1], t, 0, 1)")).toBe(0);
  });

  test("weights integrate every polynomial that the nodes determine, to every end", () => {
    const ends = [-1, 0, 0.5, 2, 3.5];
    const { nodes, weights, rows } = interpolationOf(0, { data: Float64Array.from(ends), shape: [5, 1] }, 8) as NonNullable<
      ReturnType<typeof interpolationOf>
    >;
    expect([rows, nodes.length]).toEqual([5, 16]);
    for (let power = 0; power < 16; power++)
      ends.forEach((end, row) => {
        let sum = 0;
        nodes.forEach((x, k) => {
          sum += (weights[row * 16 + k] as number) * x ** power;
        });
        const exact = end ** (power + 1) / (power + 1);
        expect(Math.abs(sum - exact)).toBeLessThan(1e-13 * Math.max(1, 3.5 ** (power + 1) / (power + 1)));
      });
  });

  test("few rows, many nodes, equal ends and ends that are not finite keep the rule", () => {
    const at = (ends: number[], count = 8) => interpolationOf(0, { data: Float64Array.from(ends), shape: [ends.length, 1] }, count);
    expect(at([1, 2, 3])).toBeUndefined();
    expect(at([1, 2, 3, 4], 200)).toBeUndefined();
    expect(at([0, 0, 0, 0])).toBeUndefined();
    expect(at([1, 2, 3, Number.NaN])).toBeUndefined();
    expect(interpolationOf(0, 1, 8)).toBeUndefined();
  });
});

test("the guide's theory is one", () => {
  const guide = readFileSync(join(root, "docs/theories.md"), "utf8");
  const [theory] = parseTheories(/```yaml\n([\s\S]*?)```/.exec(guide)?.[1] as string);
  expect(theory?.parameters.map(({ name }) => name)).toEqual(["Om", "H0"]);
  expect(theory?.derived[0]?.unit).toBe("Gyr");
});
