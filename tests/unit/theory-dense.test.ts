// Small dense algebra: identities on matrices whose answers are known in closed form.
import { describe, expect, test } from "vitest";
import {
  cholesky,
  choleskySolve,
  eigenSymmetric,
  invertGram,
  invertLower,
  invertPositiveDefinite,
  multiplyTransposed,
  multiplyVector,
  qr,
  solveUpper,
} from "../../packages/theory/src/minimise/dense.js";

/** Lehmer's matrix min(i,j)/max(i,j): positive definite, its inverse tridiagonal and known. */
const lehmer = (n: number) =>
  Float64Array.from({ length: n * n }, (_, k) => (Math.min(Math.floor(k / n), k % n) + 1) / (Math.max(Math.floor(k / n), k % n) + 1));

const product = (a: Float64Array, b: Float64Array, n: number) =>
  Float64Array.from({ length: n * n }, (_, k) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += (a[Math.floor(k / n) * n + i] as number) * (b[i * n + (k % n)] as number);
    return sum;
  });

const largest = (a: ArrayLike<number>) => Math.max(...Array.from(a, Math.abs));
const identity = (n: number) => Float64Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 1 : 0));

describe("dense", () => {
  test.each([1, 2, 5, 12])("Cholesky, its solve and inverses of Lehmer's matrix, n = %i", (n) => {
    const a = lehmer(n);
    const { lower } = cholesky(a, n);
    if (lower === undefined) throw new Error("positive definite");
    const transposed = Float64Array.from(lower, (_, k) => lower[(k % n) * n + Math.floor(k / n)] as number);
    expect(largest(product(lower, transposed, n).map((x, k) => x - (a[k] as number)))).toBeLessThan(1e-15);
    expect(largest(product(lower, invertLower(lower, n), n).map((x, k) => x - (identity(n)[k] as number)))).toBeLessThan(1e-13);
    const x = Float64Array.from({ length: n }, (_, i) => Math.cos(i));
    expect(largest(choleskySolve(lower, multiplyVector(a, x, n, n), n).map((v, i) => v - (x[i] as number)))).toBeLessThan(1e-12);
    const inverse = invertPositiveDefinite(a, n) as Float64Array;
    expect(inverse[n * n - 1]).toBeCloseTo(n === 1 ? 1 : n ** 2 / (2 * n - 1), 10); // the inverse's last entry in closed form
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) expect(inverse[i * n + j]).toBe(inverse[j * n + i]);
  });

  test("not positive definite: the first bad row is named, and nothing is inverted", () => {
    expect(cholesky(Float64Array.of(1, 2, 2, 1), 2).failedRow).toBe(1);
    expect(cholesky(Float64Array.of(-1, 0, 0, 1), 2).failedRow).toBe(0);
    expect(cholesky(Float64Array.of(1, 1, 1, 1), 2).failedRow).toBe(1); // singular: the pivot left is rounding
    expect(cholesky(Float64Array.of(Number.NaN, 0, 0, 1), 2).failedRow).toBe(0);
    expect(invertPositiveDefinite(Float64Array.of(1, 2, 2, 1), 2)).toBeUndefined();
    expect(invertPositiveDefinite(Float64Array.of(0, 0, 0, 1), 2)).toBeUndefined();
  });

  test("badly scaled, but positive definite: the inverse keeps its digits", () => {
    const a = Float64Array.of(1e12, 5e-1, 5e-1, 1e-12);
    const inverse = invertPositiveDefinite(a, 2) as Float64Array;
    expect(inverse[0]).toBeCloseTo(1e-12 / 0.75, 25);
    expect((inverse[3] as number) / (1e12 / 0.75)).toBeCloseTo(1, 14);
  });

  test("QR: RᵀR = AᵀA, least squares solves a polynomial exactly, dependent columns are refused", () => {
    const m = 9;
    const n = 4;
    const a = Float64Array.from({ length: m * n }, (_, k) => (Math.floor(k / n) - 4) ** (k % n));
    const coefficients = Float64Array.of(2, -1, 0.5, 0.25);
    const b = multiplyVector(a, coefficients, m, n);
    const { r, qtb } = qr(a, b, m, n);
    const solution = solveUpper(r, qtb, n) as Float64Array;
    expect(largest(solution.map((x, i) => x - (coefficients[i] as number)))).toBeLessThan(1e-13);
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) expect(r[i * n + j]).toBe(0);
    const column = (j: number) => Float64Array.from({ length: m }, (_, i) => a[i * n + j] as number);
    for (let j = 0; j < n; j++) {
      const gram = multiplyTransposed(a, column(j), m, n);
      const own = multiplyTransposed(
        r,
        Float64Array.from({ length: n }, (_, i) => r[i * n + j] as number),
        n,
        n,
      );
      expect(largest(gram.map((x, i) => x - (own[i] as number)))).toBeLessThan(1e-10);
    }
    const gram = invertGram(a, m, n) as Float64Array;
    expect(gram[0]).toBeCloseTo(0.2554112554112554, 14); // (AᵀA)⁻¹₀₀ for x = −4…4 and degree 3, 59/231
    expect(invertGram(Float64Array.of(1, 2, 2, 4, 3, 6), 3, 2)).toBeUndefined();
    expect(solveUpper(qr(Float64Array.of(0, 0, 0, 1), Float64Array.of(1, 1), 2, 2).r, Float64Array.of(1, 1), 2)).toBeUndefined();
  });

  test("eigenvalues of the second-difference matrix, 2 − 2 cos(kπ/(n+1))", () => {
    const n = 8;
    const a = Float64Array.from({ length: n * n }, (_, k) => {
      const distance = Math.abs(Math.floor(k / n) - (k % n));
      return distance === 0 ? 2 : distance === 1 ? -1 : 0;
    });
    const { values, vectors } = eigenSymmetric(a, n);
    values.forEach((value, k) => {
      expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)), 13);
      const v = Float64Array.from({ length: n }, (_, i) => vectors[i * n + k] as number);
      expect(largest(multiplyVector(a, v, n, n).map((x, i) => x - value * (v[i] as number)))).toBeLessThan(1e-14);
    });
  });
});
