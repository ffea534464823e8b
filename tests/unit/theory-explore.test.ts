// Explorations that need no engine: indices against the closed form of Ishigami's function, boxes, and what may not be explored.
import { exploredBox, intoBox, paretoFront, parseTheory, sobolIndices } from "@tetrad/theory";
import { describe, expect, test } from "vitest";
import { errorOf } from "./theory-support.js";

const line = (bounds: string) =>
  parseTheory(`
name: line
model: a + b*x
data: { x: x, y: y, error: s }
parameters:
  a: { start: 0, bounds: ${bounds} }
  b: { start: 1, bounds: [-1, 3] }
`);

describe("Sobol' indices", () => {
  // T. Ishigami, T. Homma (1990): sin x + a sin² y + b z⁴ sin x over [−π, π]³.
  const [a, b] = [7, 0.1];
  const box = { lower: new Float64Array(3).fill(-Math.PI), upper: new Float64Array(3).fill(Math.PI) };
  const ishigami = (theta: Float64Array) => [
    Float64Array.from({ length: theta.length / 3 }, (_, i) => {
      const [x, y, z] = theta.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number];
      return Math.sin(x) + a * Math.sin(y) ** 2 + b * z ** 4 * Math.sin(x);
    }),
  ];
  const pi4 = Math.PI ** 4;
  const parts = [0.5 * (1 + (b * pi4) / 5) ** 2, a ** 2 / 8, (8 * b ** 2 * pi4 ** 2) / 225] as const; // V1, V2, V13
  const variance = parts[0] + parts[1] + parts[2];
  const first = [parts[0] / variance, parts[1] / variance, 0];
  const total = [(parts[0] + parts[2]) / variance, parts[1] / variance, parts[2] / variance];

  test("Ishigami's function: 0.314, 0.442, 0 alone, 0.558, 0.442, 0.244 in all", () => {
    const [found] = sobolIndices(ishigami, box, { base: 8192 });
    expect(found?.mean).toBeCloseTo(a / 2, 2);
    expect((found?.variance as number) / variance).toBeCloseTo(1, 2);
    // The bootstrap's half-widths at this base are 0.01 to 0.03, and Sobol' points do better than random ones.
    first.forEach((exact, i) => {
      expect(Math.abs((found?.first[i]?.value as number) - exact)).toBeLessThan(0.005);
    });
    total.forEach((exact, i) => {
      expect(Math.abs((found?.total[i]?.value as number) - exact)).toBeLessThan(0.005);
    });
    for (const index of [...(found?.first ?? []), ...(found?.total ?? [])]) {
      expect(index.low).toBeLessThanOrEqual(index.value);
      expect(index.high).toBeGreaterThanOrEqual(index.value);
    }
  });

  test("the same seed gives the same numbers, another seed others", () => {
    const run = (seed: number) => sobolIndices(ishigami, box, { base: 64, seed, resamples: 10 });
    expect(run(3)).toEqual(run(3));
    expect(run(3)[0]?.first[0]?.value).not.toBe(run(4)[0]?.first[0]?.value);
  });

  test("a base that is no power of two, and quantities that do not vary or are not finite, are refused", () => {
    expect(errorOf(() => sobolIndices(ishigami, box, { base: 1000 })).message).toMatch(/power of two/);
    const constant = errorOf(() => sobolIndices((theta) => [new Float64Array(theta.length / 3)], box, { base: 16 }));
    expect([constant.code, constant.message]).toEqual(["DATA", expect.stringMatching(/does not vary/)]);
    const broken = errorOf(() => sobolIndices((theta) => [new Float64Array(theta.length / 3).fill(Number.NaN)], box, { base: 16 }));
    expect(broken.message).toMatch(/not finite everywhere/);
  });
});

describe("what is explored", () => {
  test("bounds, or narrower ranges", () => {
    expect(exploredBox(line("[-2, 2]"))).toEqual({ lower: Float64Array.of(-2, -1), upper: Float64Array.of(2, 3) });
    const box = exploredBox(line("[-.inf, .inf]"), { a: [0, 4] });
    expect(
      Array.from(
        intoBox(
          [
            [0, 0],
            [0.5, 1],
          ],
          box,
        ),
      ),
    ).toEqual([0, -1, 2, 3]);
  });

  test("open bounds, unknown names and ranges beyond the bounds are refused with a remedy", () => {
    const open = errorOf(() => exploredBox(line("[-.inf, 2]")));
    expect(open.code).toBe("ARGUMENT");
    expect(open.message).toMatch(/a cannot be explored without two finite bounds.*Hint: give a bounds/);
    expect(errorOf(() => exploredBox(line("[-2, 2]"), { aa: [0, 1] })).message).toMatch(/Did you mean "?a"?/i);
    expect(errorOf(() => exploredBox(line("[-2, 2]"), { a: [0, 9] })).message).toMatch(/in \[-2, 2\]/);
    expect(errorOf(() => exploredBox(line("[-2, 2]"), { a: [1, 1] })).code).toBe("ARGUMENT");
  });
});

test("a Pareto front: no point of it is beaten in both measures, and every other point is", () => {
  const first = [3, 1, 2, 2, 4, Number.NaN, 5];
  const second = [2, 5, 3, 4, 2, 0, 1];
  expect(paretoFront(first, second)).toEqual([1, 2, 0, 6]);
  expect(paretoFront([], [])).toEqual([]);
});
