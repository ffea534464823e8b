// Theory text: what is understood, what it means in float64, and what is refused and how.
import { evaluate, findBreakdown, formatExpression, namesIn, parseExpression, type Scope } from "@tetrad/theory";
import { describe, expect, test } from "vitest";
import { commonPath } from "../../packages/theory/src/expression/ode.js";
import { errorOf } from "./theory-support.js";

const names = ["z", "Om", "Ok", "H0", "k"];
const value = (text: string, environment: Record<string, number> = {}, scope: Scope = {}) =>
  evaluate(parseExpression(text, scope), environment)[0] as number;

describe("meaning", () => {
  const x = 0.7;
  const cases: [text: string, exact: number][] = [
    ["1 + 2*3 - 4/8", 6.5],
    ["-x^2", -(x ** 2)],
    ["(-x)^2", x ** 2],
    ["2^-1", 0.5],
    ["2^3^2", 512],
    ["8/4/2", 1],
    ["1 - 2 - 3", -4],
    ["+x", x],
    ["1e-3*x", 1e-3 * x],
    [".5 + 5e+1", 50.5],
    ["pi", Math.PI],
    ["sqrt(x)", Math.sqrt(x)],
    ["exp(x)*log(x)", Math.exp(x) * Math.log(x)],
    ["log10(x) + log1p(x) + expm1(x)", Math.log10(x) + Math.log1p(x) + Math.expm1(x)],
    ["sin(x) + cos(x) + tan(x)", Math.sin(x) + Math.cos(x) + Math.tan(x)],
    ["asin(x) + acos(x) + atan(x)", Math.asin(x) + Math.acos(x) + Math.atan(x)],
    ["sinh(x) + cosh(x) + tanh(x)", Math.sinh(x) + Math.cosh(x) + Math.tanh(x)],
    ["asinh(x) + acosh(1 + x) + atanh(x)", Math.asinh(x) + Math.acosh(1 + x) + Math.atanh(x)],
    ["abs(-x)", x],
    ["erf(x)", 0.6778011938374184],
    ["pow(x, 1.3)", x ** 1.3],
    ["min(x, 2, 0.1) + max(x, 2, 0.1)", 2.1],
    ["x^0.5 - x^-1.5", Math.sqrt(x) - x ** -1.5],
  ];
  test.each(cases)("%s", (text, exact) => {
    expect(value(text, { x })).toBeCloseTo(exact, 14);
  });

  test("columns give a value a row, scalars one", () => {
    expect(Array.from(evaluate(parseExpression("a*z + 1"), { a: 2, z: [1, 2, 3] }))).toEqual([3, 5, 7]);
    expect(Array.from(evaluate(parseExpression("a + 1"), { a: 2, z: [1, 2, 3] }))).toEqual([3]);
    expect(() => evaluate(parseExpression("q"), {})).toThrow(/q has no value/);
  });

  test("equal parts are one part of the tree, and text comes back", () => {
    const tree = parseExpression("H0 * sqrt(Om*(1+z)^3 + Ok*(1+z)^2 + 1-Om-Ok)", { names });
    expect(formatExpression(tree)).toBe("H0*sqrt(Om*(1 + z)^3 + Ok*(1 + z)^2 + 1 - Om - Ok)");
    expect([...namesIn(tree)].sort()).toEqual(["H0", "Ok", "Om", "z"]);
    for (const text of ["1 - (2 - k)", "(1 - 2) - k", "1/(k*z)", "-(k + 1)*2", "(-k)^2", "2^(-k)", "(k^2)^z"]) {
      const environment = { k: 0.3, z: 1.7 };
      const again = formatExpression(parseExpression(text));
      expect(value(again, environment)).toBe(value(text, environment));
    }
  });
});

describe("integrals", () => {
  test("polynomials, limits that are expressions, and limits in reverse", () => {
    expect(value("integrate(3*x^2, x, 0, z)", { z: 2 })).toBeCloseTo(8, 13);
    expect(value("integrate(3*x^2, x, z, 0)", { z: 2 })).toBeCloseTo(-8, 13);
    expect(value("integrate(1, x, a, a + 3)", { a: -1 })).toBeCloseTo(3, 14);
    expect(
      Array.from(evaluate(parseExpression("integrate(2*x*k, x, 0, z)"), { k: 3, z: [0, 1, 2] }), (v) => Math.round(v * 1e12) / 1e12),
    ).toEqual([0, 3, 12]);
  });

  test("nested, in each other's limits, and side by side with the same letter", () => {
    expect(value("integrate(integrate(x*y, y, 0, x), x, 0, 2)")).toBeCloseTo(2, 13); // ∫ x³/2
    expect(value("integrate(x, x, 0, integrate(2*y, y, 0, 2))")).toBeCloseTo(8, 13);
    expect(value("integrate(x, x, 0, 1) + integrate(x, x, 0, 3)")).toBeCloseTo(5, 13);
    expect(value("integrate(integrate(y, y, 0, 1)*x, x, 0, 3)")).toBeCloseTo(2.25, 13);
  });

  test("the fifth argument sets the nodes, and refinement tells whether they suffice", () => {
    const rough = parseExpression("integrate(sin(x), x, 0, 100, 8)");
    const fine = parseExpression("integrate(sin(x), x, 0, 100, 128)");
    const exact = 1 - Math.cos(100);
    expect(Math.abs((evaluate(rough, {})[0] as number) - exact)).toBeGreaterThan(0.1);
    expect(evaluate(fine, {})[0]).toBeCloseTo(exact, 12);
    expect(Math.abs((evaluate(rough, {}, { refine: 2 })[0] as number) - (evaluate(rough, {})[0] as number))).toBeGreaterThan(0.1);
  });
});

describe("definitions", () => {
  const definition = (name: string, args: string[], text: string) => ({ name, args, text, field: `definitions.${name}` });
  test("with and without arguments, inside one another and inside integrals", () => {
    const definitions = [
      definition("E", ["x"], "sqrt(Om*(1+x)^3 + L)"),
      definition("L", [], "1 - Om"),
      definition("D", ["z"], "integrate(1/E(t), t, 0, z)"),
    ];
    const scope = { names: ["Om", "u"], definitions };
    expect(value("E(1)", { Om: 0.3 }, scope)).toBeCloseTo(Math.sqrt(0.3 * 8 + 0.7), 14);
    const direct = value("integrate(1/sqrt(0.3*(1+t)^3 + 0.7), t, 0, 2)");
    expect(value("D(2)", { Om: 0.3 }, scope)).toBeCloseTo(direct, 14);
    expect(value("integrate(D(t), t, 0, 1)", { Om: 0.3 }, scope)).toBeCloseTo(
      value("integrate(integrate(1/sqrt(0.3*(1+s)^3 + 0.7), s, 0, t), t, 0, 1)"),
      13,
    );
  });

  test("an argument named like a parameter is the argument", () => {
    expect(value("f(2*Om)", { Om: 5 }, { names: ["Om"], definitions: [definition("f", ["Om"], "Om + 1")] })).toBe(11);
  });

  test("recursion and explosion end with an error", () => {
    expect(() => value("f(1)", {}, { definitions: [definition("f", ["x"], "g + x"), definition("g", [], "f(2)")] })).toThrow(
      /definition of f uses itself .*f → g → f/,
    );
    // f0(x) = x + 1, f1 = f0(f0(x)) …: forty doublings are a trillion operations.
    const doubling = Array.from({ length: 40 }, (_, i) => definition(`f${i}`, ["x"], i === 0 ? "x + 1" : `f${i - 1}(f${i - 1}(x))`));
    expect(() => value("f39(1)", {}, { definitions: doubling })).toThrow(/too large/);
    const shared = Array.from({ length: 60 }, (_, i) => definition(`s${i}`, ["x"], i === 0 ? "x" : `s${i - 1}(x + x)`));
    expect(value("s59(1)", {}, { definitions: shared })).toBe(2 ** 59);
  });
});

describe("refused, by name and place", () => {
  const scope = { names, definitions: [{ name: "E", args: ["x"], text: "1 + x", field: "definitions.E" }] };
  const cases: [text: string, message: RegExp][] = [
    ["H0*sqrt(Omm*z)", /unknown name "Omm" at character 9 — got H0\*sqrt\(▸Omm◂\*z\) \(at x\.yaml:3\)\. Hint: did you mean "Om"\?/],
    ["1e3*H00", /unknown name "H00" at character 5/],
    ["sqr(z)", /unknown function "sqr" at character 1 .*did you mean "sqrt"/],
    ["H0*sqrt(Om*z", /syntax error: parenthesis \) expected at character 13 — got H0\*sqrt\(Om\*z▸◂/],
    ["z + * 2", /syntax error: value expected at character 5/],
    ["2 Om", /two factors without an operator/],
    ["H0(1+z)", /H0 is not a function .*write H0\*\(…\)/],
    ["sqrt", /function sqrt has no arguments/],
    ["log(z, 10)", /log takes 1 argument, not 2/],
    ["min(z)", /min takes two or more arguments, not 1/],
    ["E", /E needs 1 argument .*write E\(x\)/],
    ["E(z, z)", /E takes 1 argument, not 2/],
    ["e^z", /exp\(x\)/],
    ["z = 3", /an assignment cannot/],
    ["f(x) = x", /a function definition cannot/],
    ["z; k", /a second statement cannot/],
    ["z.constructor", /a property or index cannot/],
    ["z[1]", /a property or index cannot/],
    ["[1, 2]", /a list cannot/],
    ["{a: 1}", /an object cannot/],
    ["z > 1 ? 1 : 2", /a condition cannot/],
    ["z > 1", /operator > cannot/],
    ["z!", /operator ! cannot/],
    ["z'", /operator ' cannot/],
    ["10% + z", /% cannot/],
    ["z to k", /operator to cannot/],
    ["z # comment", /# cannot/],
    ["'z'", /"z" is not a finite number/],
    ["true", /true is not a finite number/],
    ["1e999", /Infinity is not a finite number/],
    ["", /the expression is empty/],
    ["   ", /the expression is empty/],
    ["constructor", /unknown name "constructor"/],
    ["__proto__", /unknown name "__proto__"/],
    ["toString(z)", /unknown function "toString"/],
    ["hasOwnProperty(z)", /unknown function/],
    ["import(z)", /unknown function "import"/],
    ["integrate(z, z, 0, 1)", /integration variable z already means something else/],
    ["integrate(x, x, 0)", /integrate takes 4 or 5 arguments, not 3/],
    ["integrate(x, 2, 0, 1)", /needs a name as its variable/],
    ["integrate(x, x, 0, 1, 1)", /cannot use 1 nodes/],
    ["integrate(x, x, 0, 1, z)", /cannot use z nodes/],
    ["integrate(x, x, 0, 1) + x", /unknown name "x" at character 25/],
    [`${"(".repeat(4000)}z${")".repeat(4000)}`, /nested too deeply/],
    [`z${"+z".repeat(6000)}`, /has 12001 characters/],
  ];
  test.each(cases)("%.40s", (text, message) => {
    const error = errorOf(() => parseExpression({ text, field: "model", at: "x.yaml:3" }, scope));
    expect(error.code).toBe("ARGUMENT");
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^model: .*at x\.yaml:3/);
    expect(error.message).not.toContain("\n");
    expect(error.message.length).toBeLessThan(400);
  });

  test("a mistake inside a definition names the definition's own line", () => {
    const definitions = [{ name: "E", args: ["x"], text: "1 + xx", field: "definitions.E", at: "x.yaml:9" }];
    expect(() => parseExpression("E(z)", { names, definitions })).toThrow(
      /^definitions\.E: unknown name "xx" .*at x\.yaml:9.*did you mean "x"/,
    );
  });
});

describe("findBreakdown", () => {
  test.each<[text: string, environment: Record<string, number | number[]>, row: number | undefined, what: RegExp]>([
    [
      "H0*sqrt(Om*(1+z)^3 + 1-2*Om)",
      { H0: 70, Om: 0.8, z: [1, 2, -3] },
      2,
      /^sqrt\(-7\) is NaN in sqrt\(Om\*\(1 \+ z\)\^3 \+ 1 - 2\*Om\)$/,
    ],
    ["k/(z - 2)", { k: 1, z: [1, 2, 3] }, 1, /^1 \/ 0 is Infinity in k\/\(z - 2\)$/],
    ["(z - 2)^0.5", { z: [3, 1] }, 1, /^\(-1\)\^0\.5 is NaN/],
    ["integrate(sqrt(1 - x), x, 0, z)", { z: [0.5, 2] }, 1, /^sqrt\(-0\.0483077\) is NaN in sqrt\(1 - x\)$/],
    ["log(k)*z", { k: -1, z: [1, 2] }, undefined, /^log\(-1\) is NaN/],
    ["exp(k*z)", { k: 1000, z: [0.1, 2] }, 1, /^exp\(2000\) is Infinity/],
  ])("%s", (text, environment, row, what) => {
    const found = findBreakdown(parseExpression(text), environment);
    expect(found?.row).toBe(row);
    expect(found?.what).toMatch(what);
  });

  test("nothing where all is finite", () => {
    expect(findBreakdown(parseExpression("1/z"), { z: [1, 2] })).toBeUndefined();
  });
});

describe("solve", () => {
  const at = (text: string, names: Record<string, number> = {}) => evaluate(parseExpression(text), names)[0] as number;

  test("exponential, oscillator, a right-hand side of x alone; the result is any formula of states and end", () => {
    expect(at("solve(y, [-y], [y], [2], t, 0, 1)")).toBeCloseTo(2 / Math.E, 12);
    expect(at("solve(y, [v, -y], [y, v], [1, 0], t, 0, pi)")).toBeCloseTo(-1, 8);
    expect(at("solve(y^2 + v^2 + t, [v, -y], [y, v], [1, 0], t, 0, 2, 128)")).toBeCloseTo(3, 11);
    expect(at("solve(y, [3*t^2], [y], [1], t, 2, 0, 1)")).toBeCloseTo(-7, 12); // fifth order is exact for cubics
    expect(at("solve(y, [-k*y], [y], [1], t, 0, z)", { k: 2, z: 0.5 })).toBeCloseTo(1 / Math.E, 12);
  });

  test("the error falls with the fifth power of the step, and refine takes more steps", () => {
    const tree = parseExpression("solve(y, [y*cos(t)], [y], [1], t, 0, 2, 8)");
    const error = (refine: number) => Math.abs((evaluate(tree, {}, { refine })[0] as number) - Math.exp(Math.sin(2)));
    expect(Math.log2(error(1) / error(2))).toBeGreaterThan(4.5);
    expect(Math.log2(error(2) / error(4))).toBeGreaterThan(4.7);
  });

  test("systems within systems and integrals, with names that hide one another", () => {
    // inner: e^s; outer: y' = inner → y = e^t − 1
    expect(at("solve(y, [solve(y2, [y2], [y2], [1], s, 0, t, 16)], [y], [0], t, 0, 1, 16)")).toBeCloseTo(Math.E - 1, 9);
    expect(at("integrate(solve(y, [2*t], [y], [0], t, 0, x, 4), x, 0, 3)")).toBeCloseTo(9, 12);
    expect(namesIn(parseExpression("solve(y, [-k*y], [y], [a], t, 0, b)"))).toEqual(new Set(["k", "a", "b"]));
    expect(formatExpression(parseExpression("solve(y, [-k*y], [y], [a], t, 0, b)"))).toBe("solve(y, [-k*y], [y], [a], t, 0, b)");
  });

  test.each<[string, RegExp]>([
    ["solve(y, [y], [y], [1], t, 0)", /solve takes 7 or 8 arguments, not 6/],
    ["solve(y, y, [y], [1], t, 0, 1)", /solve needs slopes, states and starts in brackets/],
    ["solve(y, [y], [y, v], [1], t, 0, 1)", /solve has 1 slope, 2 states and 1 start/],
    ["solve(y, [y], [2], [1], t, 0, 1)", /solve needs names as its states and variable, not 2/],
    ["solve(y, [y, y], [y, y], [1, 1], t, 0, 1)", /solve uses a name twice/],
    ["solve(y, [y], [y], [1], t, 0, 1, 0)", /solve cannot take 0 steps: give a whole number from 1 to 4096/],
    ["solve(y, [y], [y], [y], t, 0, 1)", /unknown name "y" at character 21/],
    ["solve(z, [z], [z], [1], t, 0, 1)", /the name z already means something else/],
  ])("%s", (text, message) => {
    expect(errorOf(() => parseExpression(text, { names: ["z"] })).message).toMatch(message);
  });

  test("a solution that runs away is found where it does", () => {
    const found = findBreakdown(parseExpression("solve(y, [exp(exp(y))], [y], [1], t, 0, z)"), { z: [0.01, 9] });
    expect(found?.row).toBe(1);
    expect(found?.what).toMatch(/exp\(.*\) is Infinity/);
  });
});

test("a common path to more ends than a call has arguments", () => {
  const ends = Float64Array.from({ length: 300_000 }, (_, i) => i / 300_000);
  const path = commonPath(0, ends, 64);
  expect(path?.h).toBeCloseTo(1 / 64, 6);
  expect(path?.nodes[150_000]).toBe(32);
});
