// The age of a universe against 40-digit integrals (mpmath) and closed forms, and the universes a demonstration draws.
import { ageOfUniverse, bounces, GYR_S, gaussLegendre, MPC_KM, sampleUniverses } from "@tetrad/theory";
import { describe, expect, test } from "vitest";

const AGES: [g: number, om: number, ol: number, ok: number, h0: number, gyr: number][] = [
  [1, 0.3, 0.7, 0, 70, 13.466983947061877],
  [1, 0.3, 0.7, 0, 67.4, 13.986481844129546],
  [0.5, 0.3, 0.7, 0.2, 67.4, 16.58248023308613],
  [1.5, 0.1, 1, -0.3, 67.4, 18.53590351068113],
  [1, 0, 0.5, 0.5, 70, 17.410994061835982],
  [1, 1, 0, 0, 50, 13.037229622410523],
  [1, 0.3, -0.4, 0.2, 70, 18.014102829658523],
  [0.5, 0.1, 0.3, 0.3, 67.4, 20.068745177178737],
  // Ever nearer to a bounce at a = 0.5: the expansion almost stops there.
  [1, 0.51, 2, -1.5, 70, 31.359762420297805],
  [1, 0.5001, 2, -1.5, 70, 57.5467393258597],
];

describe("ageOfUniverse", () => {
  test.each(AGES)("G/G0 %f, Ωm %f, ΩΛ %f, Ωk %f, H0 %f: %f Gyr to 1e-12", (g, om, ol, ok, h0, gyr) => {
    expect(Math.abs(ageOfUniverse({ g, om, ol, ok, h0 }) / gyr - 1)).toBeLessThan(1e-12);
  });

  test("the last steps towards a bounce: as accurate as the distance to it is known", () => {
    expect(Math.abs(ageOfUniverse({ g: 1, om: 0.500001, ol: 2, ok: -1.5, h0: 70 }) / 83.80714471888109 - 1)).toBeLessThan(1e-10);
    expect(Math.abs(ageOfUniverse({ g: 1, om: 0.50000001, ol: 2, ok: -1.5, h0: 70 }) / 110.06857511322718 - 1)).toBeLessThan(1e-8);
  });

  test("closed forms: Einstein–de Sitter 2/(3 H0), empty 1/H0, stronger gravity √g times younger", () => {
    const hubble = MPC_KM / (GYR_S * 70);
    expect(ageOfUniverse({ g: 1, om: 1, ol: 0, ok: 0, h0: 70 })).toBeCloseTo((2 / 3) * hubble, 12);
    expect(ageOfUniverse({ g: 1, om: 0, ol: 0, ok: 1, h0: 70 })).toBeCloseTo(hubble, 12);
    const ours = { om: 0.3, ol: 0.7, ok: 0, h0: 70 };
    expect(ageOfUniverse({ g: 4, ...ours })).toBeCloseTo(ageOfUniverse({ g: 1, ...ours }) / 2, 12);
  });

  test("universes that bounce have no age", () => {
    expect(bounces({ g: 1, om: 0.49, ol: 2, ok: -1.5 })).toBe(true); // the cubic dips below 0 at a = 0.5
    expect(bounces({ g: 1, om: 0.51, ol: 2, ok: -1.5 })).toBe(false);
    expect(bounces({ g: 1, om: 0.3, ol: 0, ok: -0.4 })).toBe(true); // recollapsed before a = 1
    expect(bounces({ g: 1, om: 0, ol: 0.7, ok: 0 })).toBe(true); // de Sitter: no beginning
    expect(bounces({ g: 1, om: 0.3, ol: 0.7, ok: Number.NaN })).toBe(true);
    expect(() => ageOfUniverse({ g: 1, om: 0.49, ol: 2, ok: -1.5, h0: 70 })).toThrow(/has no age/);
    expect(() => ageOfUniverse({ g: 1, om: 0.3, ol: 0.7, ok: 0, h0: 0 })).toThrow(/out of range/);
  });

  test("bounces() agrees with a scan of the cubic over many universes", () => {
    for (let k = 0; k < 4000; k++) {
      const u = { g: 0.3 + (k % 7) * 0.3, om: ((k * 37) % 41) / 40, ol: ((k * 53) % 83) / 40 - 0.4, ok: ((k * 29) % 97) / 40 - 1.5 };
      let lowest = Infinity;
      for (let i = 1; i <= 2000; i++) {
        const a = i / 2000;
        lowest = Math.min(lowest, u.g * u.om + u.ok * a + u.g * u.ol * a ** 3);
      }
      if (Math.abs(lowest) > 1e-3) expect(bounces(u)).toBe(lowest < 0);
    }
  });
});

describe("sampleUniverses", () => {
  test("is reproducible, in range, independent in its four inputs, and free of bounces", () => {
    const n = 4000;
    const sample = sampleUniverses(n, 7);
    expect(sampleUniverses(n, 7)).toEqual(sample);
    expect(sampleUniverses(n, 8).ages).not.toEqual(sample.ages);
    expect(sample.inputs).toHaveLength(4 * n);
    const columns = [0, 1, 2, 3].map((c) => Array.from({ length: n }, (_, i) => sample.inputs[4 * i + c] as number));
    const low = [0.75, 0.2, 0.5, -0.2];
    const high = [1.25, 0.4, 0.9, 0.2];
    columns.forEach((column, c) => {
      expect(Math.min(...column)).toBeGreaterThanOrEqual(Math.fround(low[c] as number));
      expect(Math.max(...column)).toBeLessThanOrEqual(Math.fround(high[c] as number));
    });
    for (let i = 0; i < n; i += 97) {
      const [g, om, ol, ok] = [0, 1, 2, 3].map((c) => sample.inputs[4 * i + c] as number) as [number, number, number, number];
      expect(bounces({ g, om, ol, ok })).toBe(false);
      expect(sample.ages[i]).toBe(Math.fround(ageOfUniverse({ g, om, ol, ok, h0: 67.4 })));
    }
    expect(sample.bounced).toBe(0);
    const mean = (v: number[]) => v.reduce((a, b) => a + b, 0) / n;
    const correlation = (x: number[], y: number[]) => {
      const [mx, my] = [mean(x), mean(y)];
      const s = (a: number[], ma: number, b: number[], mb: number) => a.reduce((sum, v, i) => sum + (v - ma) * ((b[i] as number) - mb), 0);
      return s(x, mx, y, my) / Math.sqrt(s(x, mx, x, mx) * s(y, my, y, my));
    };
    for (let i = 0; i < 4; i++)
      for (let j = 0; j < i; j++)
        expect(Math.abs(correlation(columns[i] as number[], columns[j] as number[]))).toBeLessThan(4 / Math.sqrt(n));
  });

  test("bouncing universes are left out and counted", () => {
    const sample = sampleUniverses(2000, 3, { g: [0.5, 1.5], om: [0.05, 0.5], ol: [0.3, 1.5], ok: [-0.9, 0.3] });
    expect(sample.bounced).toBeGreaterThan(100);
    for (let i = 0; i < sample.n; i++) {
      const [g, om, ol, ok] = sample.inputs.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
      expect(bounces({ g, om, ol, ok })).toBe(false);
      expect(sample.ages[i]).toBeGreaterThan(0);
    }
  });

  test("ranges in which almost everything bounces are refused instead of looping", () => {
    expect(() => sampleUniverses(10, 1, { g: [1, 1.1], om: [0.01, 0.02], ol: [0, 0.1], ok: [-2, -1] })).toThrow(/bounces/);
  });
});

describe("gaussLegendre", () => {
  test.each([1, 2, 3, 10, 21, 32, 64, 257])("%i nodes integrate polynomials of degree 2K − 1 exactly", (count) => {
    const { nodes, weights } = gaussLegendre(count);
    const moment = (power: number) => nodes.reduce((sum, x, i) => sum + (weights[i] as number) * x ** power, 0);
    for (const power of [0, 1, 2, count, 2 * count - 2, 2 * count - 1].filter((power) => power < 2 * count)) {
      expect(Math.abs(moment(power) - (power % 2 === 0 ? 2 / (power + 1) : 0))).toBeLessThan(3e-15);
    }
    nodes.forEach((x, i) => {
      expect(x).toBeGreaterThan(i === 0 ? -1 : (nodes[i - 1] as number));
    });
  });
});
