/** The counter-based generator: known answers, distributions, and independence of how a sequence is cut up. */
import { describe, expect, test } from "vitest";
import { fillNormal, fillUniform, permute, philox4x32, uniformAt } from "../../packages/engine/src/random.js";

describe("philox4x32", () => {
  // kat_vectors of Random123 1.14 (D. E. Shaw Research), philox4x32 10.
  test.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const)("of %j under %j", (counter, key, want) => void expect(philox4x32(counter, key)).toEqual(want));
});

describe("uniform numbers", () => {
  test("element i is word i % 4 of block i / 4 for f32, words in pairs for f64", () => {
    const [seed, stream, step] = [0x1_0000_0002, 9, 0x5_0000_0006];
    const first = philox4x32([0, 9, 6, 5], [2, 1]);
    const second = philox4x32([1, 9, 6, 5], [2, 1]);
    for (let i = 0; i < 4; i++) {
      expect(uniformAt(seed, stream, step, i, "f32")).toBe(((first[i] as number) >>> 8) / 2 ** 24);
      expect(uniformAt(seed, stream, step, 4 + i, "f32")).toBe(((second[i] as number) >>> 8) / 2 ** 24);
    }
    const double = ([low, high]: readonly number[]) => Number(((BigInt(high as number) << 32n) | BigInt(low as number)) >> 11n) / 2 ** 53;
    expect([0, 1, 2, 3].map((i) => uniformAt(seed, stream, step, i, "f64"))).toEqual(
      [first.slice(0, 2), first.slice(2), second.slice(0, 2), second.slice(2)].map(double),
    );
  });

  test.each(["f32", "f64"] as const)("fill draws what uniformAt draws, whatever the length, %s", (dtype) => {
    const source = { seed: 42, stream: 1, step: 3 };
    for (const length of [1, 2, 3, 5, 100]) {
      const filled = dtype === "f32" ? new Float32Array(length) : new Float64Array(length);
      fillUniform(filled, source);
      expect([...filled]).toEqual(Array.from({ length }, (_, i) => uniformAt(42, 1, 3, i, dtype)));
    }
  });

  test("seeds, streams and steps differ, an omitted step is 0", () => {
    const draw = (seed: number, stream: number, step?: number) => {
      const x = new Float64Array(8);
      fillUniform(x, { seed, stream, ...(step === undefined ? {} : { step }) });
      return x.join();
    };
    expect(
      new Set([draw(1, 1, 1), draw(2, 1, 1), draw(1, 2, 1), draw(1, 1, 2), draw(1 + 2 ** 32, 1, 1), draw(1, 1, 1 + 2 ** 32)]).size,
    ).toBe(6);
    expect(draw(1, 1)).toBe(draw(1, 1, 0));
  });

  test("range, mean and variance within 5 standard errors", () => {
    const n = 200_000;
    const x = new Float32Array(n);
    fillUniform(x, { seed: 5, stream: 0, lo: -2, hi: 4 });
    const mean = x.reduce((sum, value) => sum + value, 0) / n;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
    expect(Math.min(...x.subarray(0, 50_000))).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...x.subarray(0, 50_000))).toBeLessThan(4);
    expect(Math.abs(mean - 1)).toBeLessThan(5 * Math.sqrt(3 / n));
    expect(Math.abs(variance - 3)).toBeLessThan(5 * Math.sqrt(36 ** 2 / 180 / n)); // Var((x − μ)²) = (hi − lo)⁴ / 180
  });
});

describe.each([Float32Array, Float64Array])("normal numbers in %o", (Floats) => {
  const n = 200_000;
  const x = new Floats(n);
  fillNormal(x, { seed: 11, stream: 3 });

  test("moments within 5 standard errors, neighbours uncorrelated", () => {
    const moment = (f: (value: number, i: number) => number) => (x as Float64Array).reduce((sum, value, i) => sum + f(value, i), 0) / n;
    expect(Math.abs(moment((value) => value))).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(moment((value) => value ** 2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(moment((value) => value ** 3))).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(moment((value) => value ** 4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
    for (const lag of [1, 2, 3, 4])
      expect(Math.abs(moment((value, i) => value * (x[(i + lag) % n] as number)))).toBeLessThan(5 / Math.sqrt(n));
  });

  test("distribution by Kolmogorov and Smirnov", () => {
    const sorted = Float64Array.from(x.subarray(0, 20_000)).sort();
    // Φ by its own integral: Simpson's rule between neighbours is exact to 1e-9 here.
    const density = (t: number) => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
    let [t, cdf, distance] = [-8, 0, 0];
    sorted.forEach((value, i) => {
      for (const steps = Math.ceil((value - t) * 200), h = (value - t) / steps; t < value - h / 2; t += h)
        cdf += (h / 6) * (density(t) + 4 * density(t + h / 2) + density(t + h));
      t = value;
      distance = Math.max(distance, Math.abs(cdf - (i + 0.5) / 20_000));
    });
    expect(distance).toBeLessThan(1.95 / Math.sqrt(20_000)); // p = 0.001
  });

  test("mean and sd", () => {
    const y = new Floats(100);
    fillNormal(y, { seed: 11, stream: 3, mean: 3, sd: 0.5 });
    y.forEach((value, i) => void expect(value).toBeCloseTo(3 + 0.5 * (x[i] as number), 6));
  });
});

describe("permute", () => {
  test.each([1, 2, 3, 5, 16, 17, 100, 1000, 4097])("is a permutation of %i", (n) => {
    const image = Array.from({ length: n }, (_, i) => permute(i, n, [123, 456]));
    expect(new Set(image).size).toBe(n);
    expect(Math.max(...image)).toBe(n - 1);
  });

  test("keys give different orders, of which none is favoured", () => {
    // All 24 orders of four things over 24,000 keys: χ² with 23 degrees of freedom, p = 1e-4 at 57.
    const counts = new Map<string, number>();
    for (let key = 0; key < 24_000; key++) {
      const order = [0, 1, 2, 3].map((i) => permute(i, 4, [key, 99])).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect([...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(57);
  });

  test("where an element goes is uniform, and neighbours do not stay together", () => {
    const n = 1000;
    const [places, gaps] = [new Float64Array(10), new Float64Array(10)];
    for (let key = 0; key < 200; key++) {
      for (let i = 0; i < n; i += 20) {
        const [here, next] = [permute(i, n, [key, 7]), permute(i + 1, n, [key, 7])];
        places[Math.floor(here / 100)]! += 1;
        gaps[Math.floor(((next - here + n) % n) / 100)]! += 1;
      }
    }
    const chiSquared = (counts: Float64Array) => counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquared(places)).toBeLessThan(34); // 9 degrees of freedom, p = 1e-4
    expect(chiSquared(gaps)).toBeLessThan(34);
  });
});
