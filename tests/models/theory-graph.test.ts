// Theory text as graph ops: on both backends the values of `evaluate`, and derivatives that agree with central differences of it.
import { createEngine, type Engine, jacobian, reshape, slice, type Tensor } from "@tetrad/engine";
import { evaluate, parseExpression, toGraph } from "@tetrad/theory";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const z = [0.07, 0.3, 0.9, 1.3, 1.965];
const THETA = { a: 0.37, b: 1.3 };

/** Every operation of the language with every mix of what is known while tracing (z, numbers) and what is not (a, b). */
const EXPRESSIONS = [
  "a + z",
  "z - a - 2",
  "a*z/b",
  "-a^2 + (-a)^3",
  "a^0 + a^1 + a^2 + a^3 + a^7 + a^16",
  "a^17 + a^-1 + a^-4",
  "a^0.5 + a^1.5 + a^-0.5 + a^-2.5",
  "a^1.3 + a^(-0.7)",
  "(1+z)^(3*(1+a))",
  "a^b + z^a + pow(b, z)",
  "2^a",
  "sqrt(a + z)",
  "exp(a*z) + expm1(a)",
  "log(a + z) + log1p(a) + log10(b)",
  "sin(a*z) + cos(a) + tan(a)",
  "asin(a) + acos(a*0.5) + atan(b*z)",
  "sinh(a) + cosh(z*a) + tanh(b)",
  "asinh(a) + acosh(b + z) + atanh(a)",
  "abs(a - z) + erf(a*z)",
  "min(a, z, b) + max(a, z, 1)",
  "pi*a + 1e-3",
  "integrate(1/sqrt(a*(1+x)^3 + 1 - a), x, 0, z)",
  "integrate(exp(-b*x^2), x, 0, a)",
  "integrate(sin(x*z), x, a, b)",
  "integrate(integrate(x*y + a, y, 0, x), x, 0, z*b)",
  "integrate(a*x, x, 0, integrate(b*y, y, 0, z))",
  "integrate(x^2, x, 0, 3)*a",
  "integrate(exp(-a*x^2), x, -z, z^2, 16) + integrate(3, x, 0, z)*a",
  "solve(y, [-a*y], [y], [b], t, 0, z, 6)",
  "solve(u + v*t, [v, -a*u], [u, v], [1, b], t, a, 2, 6)*z",
  "solve(y, [cos(t)], [y], [0], t, 0, z, 6)*a",
  "integrate(solve(y, [a*y*x], [y], [1], t, 0, x, 4), x, 0, z, 6)",
  "solve(y, [integrate(y*s*b, s, 0, 1, 4)], [y], [a], t, 0, z, 6)",
  "a*3 + b",
] as const;

describe.each(["wasm", "reference"] as const)("toGraph on %s", (backend) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine({ backend });
  });
  afterAll(() => engine.close());

  test.each(EXPRESSIONS)("%s", async (text) => {
    const tree = parseExpression(text, { names: ["a", "b", "z"] });
    const model = (theta: Tensor) => {
      const entry = (i: number) => reshape(slice(theta, [i], [i + 1]), []);
      return toGraph(tree, { a: entry(0), b: entry(1) }, { z });
    };
    const compiled = await engine.compileFunction(
      ({ theta }) => ({ value: model(theta as Tensor), slopes: jacobian(model)(theta as Tensor) }),
      { theta: { shape: [2], dtype: "f64" } },
    );
    const { value, slopes } = compiled.callSync({ theta: Float64Array.of(THETA.a, THETA.b) });
    const exact = evaluate(tree, { ...THETA, z });
    expect(value).toHaveLength(exact.length);
    exact.forEach((v, i) => {
      expect(Math.abs((value?.[i] as number) - v)).toBeLessThan(4e-15 * Math.max(1, Math.abs(v)));
      (["a", "b"] as const).forEach((name, j) => {
        const h = 1e-5;
        const at = (shift: number) => evaluate(tree, { ...THETA, [name]: THETA[name] + shift, z })[i] as number;
        const difference = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h); // error h⁴, so rounding of 1e-11 remains
        expect(Math.abs((slopes?.[2 * i + j] as number) - difference)).toBeLessThan(2e-10 * Math.max(1, Math.abs(v), Math.abs(difference)));
      });
    });
    compiled.close();
  });

  test("symbols of shape [m] are m points in one call", async () => {
    const tree = parseExpression("integrate(a*x + b, x, 0, 2) + a");
    const compiled = await engine.compileFunction(({ a, b }) => ({ y: toGraph(tree, { a: a as Tensor, b: b as Tensor }) }), {
      a: { shape: [3], dtype: "f64" },
      b: { shape: [3], dtype: "f64" },
    });
    const { y } = compiled.callSync({ a: Float64Array.of(1, 2, 3), b: Float64Array.of(0, 1, 2) });
    [3, 8, 13].forEach((exact, i) => {
      expect(y?.[i]).toBeCloseTo(exact, 13);
    });
    compiled.close();
  });

  test("what is wrong is named", async () => {
    const compile = (text: string, shape: number[], dtype: "f64" | "f32" = "f64") =>
      engine.compileFunction(({ a }) => ({ y: toGraph(parseExpression(text), { a: a as Tensor }) }), { a: { shape, dtype } });
    await expect(compile("a + q", [])).rejects.toThrow(/q has no value/);
    await expect(compile("a", [2, 2])).rejects.toThrow(/a is not a float64 scalar or vector — got f64 \[2, 2\]/);
    await expect(compile("a", [], "f32")).rejects.toThrow(/got f32/);
  });
});
