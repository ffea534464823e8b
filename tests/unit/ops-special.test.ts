// The float64 special functions that references rest on, against values of mpmath (goldens/special), and their special points.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as special from "../../packages/engine/src/special.js";

const goldens = JSON.parse(readFileSync(new URL("../goldens/special/special.json", import.meta.url), "utf8")) as Record<
  string,
  [number, number][]
>;

/** Relative error, except within 1 of a zero of lgamma and digamma on the negative axis, where terms of size 1 cancel. */
function error(got: number, expected: number, x: number): number {
  return Math.abs(got - expected) / (x < 0 ? Math.max(1, Math.abs(expected)) : Math.abs(expected));
}

describe("against mpmath", () => {
  const { erf, erfc, lgamma, digamma, trigamma } = special;
  test.each(Object.entries({ erf, erfc, lgamma, digamma, trigamma }))("%s", (name, f) => {
    const points = goldens[name] as [number, number][];
    expect(points.length).toBeGreaterThan(30);
    for (const [x, expected] of points) {
      const got = f(x);
      if (got !== expected) expect(error(got, expected, x), `${name}(${x}) = ${got}, expected ${expected}`).toBeLessThan(3e-15);
    }
  });
});

test("special points", () => {
  expect([special.erf(Infinity), special.erf(-Infinity), special.erf(NaN)]).toEqual([1, -1, NaN]);
  expect([special.erfc(Infinity), special.erfc(-Infinity), special.erfc(NaN), special.erfc(30)]).toEqual([0, 2, NaN, 0]);
  expect([0, -1, -7, Infinity, -Infinity, NaN].map(special.lgamma)).toEqual([Infinity, Infinity, Infinity, Infinity, Infinity, NaN]);
  expect([special.lgamma(1), special.lgamma(2)].map(Math.abs)).toEqual([0, 0]);
  expect([0, -0, -1, -4, Infinity, -Infinity, NaN].map(special.digamma)).toEqual([-Infinity, Infinity, NaN, NaN, Infinity, NaN, NaN]);
  expect([0, -1, -4, Infinity, -Infinity, NaN].map(special.trigamma)).toEqual([Infinity, Infinity, Infinity, 0, NaN, NaN]);
});

test("sigmoid and softplus keep their tails", () => {
  expect([special.sigmoid(-745), special.sigmoid(-1e4), special.sigmoid(1e4), special.sigmoid(0)]).toEqual([Math.exp(-745), 0, 1, 0.5]);
  expect([special.softplus(-40, 1, 20), special.softplus(20.5, 1, 20), special.softplus(1e4, 1, Infinity)]).toEqual([
    Math.log1p(Math.exp(-40)),
    20.5,
    1e4,
  ]);
  expect(special.softplus(30, 1, Infinity)).toBe(30 + Math.exp(-30));
});
