// Theory files and covariance files: what they mean, and every mistake with file and line.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  covarianceFile,
  evaluate,
  freeParameters,
  loadTheories,
  namedFiles,
  observe,
  parameterValues,
  parseCovariance,
  parseTheories,
  parseTheory,
  type Theory,
  theoriesOf,
} from "@tetrad/theory";
import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { errorOf } from "./theory-support.js";

const GOOD = `name: flat
title: flat ΛCDM
description: >
  Two parameters.
model: H0*sqrt(E2(z))
definitions:
  E2(x): Om*(1+x)^3 + OL
  OL: 1 - Om
data: { x: z, y: H, error: sigma_H }
parameters:
  Om:
    start: 0.3
    bounds: [0, 1]
    prior: { normal: [0.3, 0.1] }
    latex: \\Omega_m
  H0: { start: 70, bounds: [-.inf, 110], prior: flat, unit: km/s/Mpc }
  w: { start: -1, fixed: true }
constants:
  c: 299792.458
derived:
  d: c/H0
  q0: { expression: 1.5*Om - 1, unit: "1", latex: q_0 }
marginalise: offset
`;

/** GOOD with one line replaced. */
const bad = (from: string, to: string) => {
  expect(GOOD).toContain(from);
  return GOOD.replace(from, to);
};

describe("parseTheory", () => {
  test("reads every field", () => {
    const theory = parseTheory(GOOD, { source: "t.yaml" });
    expect(theory).toMatchObject({
      name: "flat",
      title: "flat ΛCDM",
      source: "t.yaml",
      modelText: "H0*sqrt(E2(z))",
      at: "t.yaml:5",
      marginaliseOffset: true,
      constants: { c: 299792.458 },
      data: { x: ["z"], y: "H", error: "sigma_H", covariance: undefined },
      parameters: [
        {
          name: "Om",
          start: 0.3,
          lower: 0,
          upper: 1,
          prior: { kind: "normal", mean: 0.3, sd: 0.1 },
          fixed: false,
          latex: "\\Omega_m",
          at: "t.yaml:11",
        },
        { name: "H0", start: 70, lower: -Infinity, upper: 110, prior: { kind: "flat" }, fixed: false, unit: "km/s/Mpc", at: "t.yaml:16" },
        { name: "w", start: -1, lower: -Infinity, upper: Infinity, fixed: true },
      ],
    });
    expect(theory.derived.map(({ name, unit, latex }) => ({ name, unit, latex }))).toEqual([
      { name: "d", unit: undefined, latex: undefined },
      { name: "q0", unit: "1", latex: "q_0" },
    ]);
    expect(freeParameters(theory).map((p) => p.name)).toEqual(["Om", "H0"]);
    expect(parameterValues(theory)).toEqual({ c: 299792.458, Om: 0.3, H0: 70, w: -1 });
    expect(parameterValues(theory, [0.2, 60])).toEqual({ c: 299792.458, Om: 0.2, H0: 60, w: -1 });
    expect(() => parameterValues(theory, [0.2])).toThrow(/got 1, expected 2: Om, H0/);
    expect(evaluate(theory.model, { ...parameterValues(theory), z: [1] })[0]).toBeCloseTo(70 * Math.sqrt(0.3 * 8 + 0.7), 12);
  });

  test("several models share data and parameters, each keeping those it uses", () => {
    const theories = parseTheories(bad("model: H0*sqrt(E2(z))", "models:\n  full: H0*sqrt(E2(z))\n  constant: H0"));
    expect(theories.map((t) => [t.name, t.title, freeParameters(t).map((p) => p.name), t.derived.map((d) => d.name)])).toEqual([
      ["flat/full", "flat ΛCDM: full", ["Om", "H0"], ["d", "q0"]],
      ["flat/constant", "flat ΛCDM: constant", ["H0"], ["d"]],
    ]);
    expect(() => parseTheory(bad("model: H0*sqrt(E2(z))", "models: { a: H0, b: H0*Om }"))).toThrow(/several models/);
    const named = bad("model: H0*sqrt(E2(z))", "models: { a: H0, b: H0*Om }").replace("data: { ", "data: { file: hz.csv, ");
    const [a, b] = parseTheories(named, { files: { "hz.csv": "z,H,sigma_H\n0.1,70,5\n" } });
    expect(a?.data.table?.rows).toHaveLength(1);
    expect(b?.data.table).toBe(a?.data.table); // read once, however many models there are
  });

  test("the theory that docs/theories.md shows is one", async () => {
    const page = await readFile(new URL("../../docs/theories.md", import.meta.url), "utf8");
    const theory = parseTheory(/```yaml\n([\s\S]*?)```/.exec(page)?.[1] as string);
    expect(theory.derived.map((d) => d.name)).toEqual(["age"]);
    expect(evaluate(theory.model, { ...parameterValues(theory), z: [0] })[0]).toBeCloseTo(70, 12);
  });

  test("CRLF and a byte-order mark are no mistakes", () => {
    expect(parseTheory(`\uFEFF${GOOD.replaceAll("\n", "\r\n")}`).parameters).toHaveLength(3);
  });

  const mistakes: [title: string, yaml: string, code: string, message: RegExp][] = [
    [
      "unknown key",
      bad("title:", "titel:"),
      "ARGUMENT",
      /^t\.yaml: unknown key "titel" .*\(at t\.yaml:2\)\. Hint: did you mean "title"\?$/,
    ],
    [
      "unknown key of a parameter",
      bad("    bounds: [0, 1]", "    bound: [0, 1]"),
      "ARGUMENT",
      /^parameters\.Om: unknown key "bound" .*at t\.yaml:13.*did you mean "bounds"/,
    ],
    [
      "unknown key of data",
      bad("error: sigma_H", "errors: sigma_H"),
      "ARGUMENT",
      /^data: unknown key "errors" .*at t\.yaml:9.*did you mean "error"/,
    ],
    ["unknown key of a derived quantity", bad("latex: q_0", "label: q_0"), "ARGUMENT", /t\.yaml:22/],
    [
      "a formula cut at its comma",
      bad("expression: 1.5*Om - 1,", "expression: min(Om, 1),"),
      "ARGUMENT",
      /^derived\.q0: unknown key "1\)" .*at t\.yaml:22.*commas in quotes inside \{ \}/,
    ],
    [
      "unknown prior",
      bad("{ normal: [0.3, 0.1] }", "{ gauss: [0.3, 0.1] }"),
      "ARGUMENT",
      /^parameters\.Om\.prior: wrong kind of value — got \{"gauss":\[0\.3,0\.1\]\}, expected flat or \{normal: \[mean, sd\]\} \(at t\.yaml:14\)/,
    ],
    [
      "start outside the bounds",
      bad("start: 0.3", "start: 1.3"),
      "ARGUMENT",
      /^parameters\.Om\.start: the bounds exclude the start — got 1\.3, expected a number in \[0, 1\] \(at t\.yaml:12\)/,
    ],
    ["bounds the wrong way round", bad("[0, 1]", "[1, 0]"), "ARGUMENT", /the bounds hold no interval .*t\.yaml:13/],
    [
      "three bounds",
      bad("[0, 1]", "[0, 0.5, 1]"),
      "ARGUMENT",
      /^parameters\.Om\.bounds: wrong kind of value — got \[0,0\.5,1\], expected two numbers, \[low, high\] \(at t\.yaml:13\)/,
    ],
    [
      "text as a start",
      bad("start: 0.3", "start: three"),
      "ARGUMENT",
      /^parameters\.Om\.start: wrong kind of value — got "three", expected a finite number \(at t\.yaml:12\)/,
    ],
    ["a start that is not finite", bad("start: 0.3", "start: .nan"), "ARGUMENT", /expected a finite number .*t\.yaml:12/],
    [
      "no start",
      bad("    start: 0.3\n", ""),
      "ARGUMENT",
      /^parameters\.Om\.start: missing — expected a finite number \(at t\.yaml:1[12]\)/,
    ],
    ["negative sd", bad("[0.3, 0.1]", "[0.3, -0.1]"), "ARGUMENT", /positive standard deviation .*t\.yaml:14/],
    ["no data", bad("data: { x: z, y: H, error: sigma_H }\n", ""), "ARGUMENT", /^data: missing/],
    ["no errors", bad(", error: sigma_H", ""), "ARGUMENT", /neither errors nor a covariance .*t\.yaml:9/],
    ["no model", bad("model: H0*sqrt(E2(z))\n", ""), "ARGUMENT", /no model/],
    ["model and models", bad("definitions:", "models: { a: H0 }\ndefinitions:"), "ARGUMENT", /both model and models .*t\.yaml:6/],
    [
      "syntax error in the model",
      bad("H0*sqrt(E2(z))", "H0*sqrt(E2(z)"),
      "ARGUMENT",
      /^model: syntax error: parenthesis \) expected .*t\.yaml:5/,
    ],
    [
      "unknown symbol in the model",
      bad("H0*sqrt(E2(z))", "H00*sqrt(E2(z))"),
      "ARGUMENT",
      /^model: unknown name "H00" at character 1 .*t\.yaml:5.*did you mean "H0"/,
    ],
    ["unknown symbol in a definition", bad("OL: 1 - Om", "OL: 1 - Omm"), "ARGUMENT", /^definitions\.OL: unknown name "Omm" .*t\.yaml:8/],
    ["unknown symbol in a derived quantity", bad("d: c/H0", "d: cc/H0"), "ARGUMENT", /^derived\.d: unknown name "cc" .*t\.yaml:21/],
    ["a column in a derived quantity", bad("d: c/H0", "d: c/z"), "ARGUMENT", /^derived\.d: unknown name "z"/],
    [
      "a definition that is no name",
      bad("E2(x):", "E2(x+1):"),
      "ARGUMENT",
      /^definitions\.E2\(x\+1\): not a name, or a name with arguments .*t\.yaml:7/,
    ],
    ["a parameter named like a function", bad("  w: {", "  sqrt: {"), "ARGUMENT", /"sqrt" cannot be a parameter's name .*t\.yaml:17/],
    ["a column named like a parameter", bad("x: z", "x: Om"), "ARGUMENT", /the name Om is used twice .*t\.yaml:11/],
    [
      "a parameter that nothing uses",
      bad("fixed: true", "fixed: false"),
      "ARGUMENT",
      /^parameters\.w: the model does not use this parameter .*t\.yaml:17/,
    ],
    ["a key twice", bad("marginalise: offset", "title: again"), "FORMAT", /not readable as YAML: Map keys must be unique .*t\.yaml:23/],
    ["unfinished YAML", bad("[0, 1]", "[0, 1"), "FORMAT", /not readable as YAML: .*t\.yaml:1[34]/],
    ["not a mapping", "- 1\n- 2\n", "ARGUMENT", /^t\.yaml: wrong kind of value — got \[1,2\], expected a block/],
    ["an empty file", "", "ARGUMENT", /^t\.yaml: wrong kind of value — got null/],
    [
      "an alias bomb",
      `a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`,
      "FORMAT",
      /alias/,
    ],
    ["__proto__ as a parameter", bad("  w: {", "  __proto__: {"), "FORMAT", /"__proto__" cannot be a key \(at t\.yaml:17\)/],
    [
      "covariance without its contents",
      bad("error: sigma_H", "covariance: c.txt"),
      "ARGUMENT",
      /covariance file was not given — expected c\.txt .*t\.yaml:9/,
    ],
    [
      "marginalising something else",
      bad("marginalise: offset", "marginalise: slope"),
      "ARGUMENT",
      /^marginalise: wrong kind of value — got "slope", expected offset, scale or both in a list \(at t\.yaml:23\)/,
    ],
  ];
  test.each(mistakes)("%s", (_, yaml, code, message) => {
    const error = errorOf(() => parseTheories(yaml, { source: "t.yaml" }));
    expect(error.message).toMatch(message);
    expect(error.code).toBe(code);
    expect(error.message).not.toContain("\n");
  });
});

describe("parseCovariance", () => {
  test.each([
    ["a table", "# comment\n1, 0.5\n0.5, 2\n"],
    ["blanks, CRLF, a byte-order mark", "\uFEFF 1\t0.5 \r\n0.5   2\r\n\r\n"],
    ["the size first, then one number a line", "2\n1\n0.5\n0.5\n2\n"],
    ["the size first, then rows", "2\n1 0.5\n0.5 2"],
  ])("%s", (_, text) => {
    const covariance = parseCovariance(text, "c.txt");
    expect(covariance.size).toBe(2);
    expect(Array.from(covariance.values)).toEqual([1, 0.5, 0.5, 2]);
  });

  test("digits lost in printing are averaged away", () => {
    const { values } = parseCovariance("1 0.50000001\n0.5 2", "c.txt");
    expect(values[1]).toBe(values[2]);
  });

  test.each<[string, string, RegExp]>([
    ["empty", "# nothing\n", /holds no numbers/],
    ["text", "1 0.5\n0.5 two\n", /^c\.txt: the covariance holds text .*got "two", expected a number \(at c\.txt:2\)/],
    ["infinite", "1 Infinity\n0.5 2\n", /not finite .*c\.txt:1/],
    ["ragged", "1 0.5\n0.5\n", /not square — got 1 number in a row, 2 rows.*c\.txt:2/],
    ["wrong size announced", "3\n1 0.5\n0.5 2\n", /not square .*c\.txt:1/],
    [
      "not symmetric",
      "# x\n1 0.5\n0.6 2\n",
      /not symmetric: row 2, column 1 and row 1, column 2 differ — got 0\.6 and 0\.5 \(at c\.txt:3\)/,
    ],
    ["not symmetric, size first", "2\n1\n0.5\n0.6\n2\n", /not symmetric.*c\.txt:4/],
    ["negative variance", "1 0\n0 -2\n", /variance in row 2 is negative — got -2 \(at c\.txt:2\)/],
  ])("%s", (_, text, message) => {
    const error = errorOf(() => parseCovariance(text, "c.txt"));
    expect(error.code).toBe("DATA");
    expect(error.message).toMatch(message);
  });
});

describe("observe", () => {
  const columns = { z: [0.1, 0.2], H: [70, 75], sigma_H: [2, 4] };
  const theory = parseTheory(GOOD, { source: "t.yaml" });
  const correlated = (text: string, error = "") =>
    parseTheory(bad("error: sigma_H", `covariance: c.txt${error}`), { source: "t.yaml", covariance: parseCovariance(text, "c.txt") });

  test("diagonal errors", () => {
    const o = observe(theory, { columns });
    expect(o.n).toBe(2);
    expect(Array.from(o.whitening.values)).toEqual([0.5, 0.25]);
    expect(o.logDeterminant).toBeCloseTo(Math.log((2 * Math.PI) ** 2 * 4 * 16), 14);
    expect(o.offsetInformation).toBeCloseTo(1 / 4 + 1 / 16, 15);
    expect(o.offsetWeights[0]).toBeCloseTo(0.8, 15);
    expect(o.place(1)).toBe("data, row 2");
  });

  test("a covariance, alone and added to errors", () => {
    const o = observe(correlated("4 2\n2 16"), { columns });
    const [a = 0, , b = 0, c = 0] = o.whitening.values; // W = L⁻¹, WᵀW = C⁻¹ = [16 -2; -2 4]/60
    expect([a * a + b * b, b * c, c * c].map((v) => v * 60)).toEqual([16, -2, 4].map((v) => expect.closeTo(v, 12)));
    expect(o.logDeterminant).toBeCloseTo(Math.log((2 * Math.PI) ** 2 * 60), 13);
    expect(o.offsetInformation).toBeCloseTo(16 / 60, 14);
    expect(o.offsetWeights[0]).toBeCloseTo(14 / 16, 14);
    const sum = observe(correlated("4 2\n2 16", ", error: sigma_H"), { columns });
    expect(Array.from(sum.sigma, (s) => s * s)).toEqual([expect.closeTo(8, 13), expect.closeTo(32, 13)]);
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      "missing column",
      () => observe(theory, { columns: { zz: [1], H: [1], sigma_H: [1] }, source: "d.csv" }),
      /^d\.csv: there is no column "z" — expected one of zz, H, sigma_H\. Hint: did you mean "zz"/,
    ],
    [
      "not finite",
      () => observe(theory, { columns: { ...columns, H: [70, Number.NaN] } }),
      /column "H" holds a value that is not finite — got NaN \(at data, row 2\)/,
    ],
    ["unequal lengths", () => observe(theory, { columns: { ...columns, z: [1] } }), /"z" has another length .*got 1, expected 2/],
    [
      "zero error",
      () => observe(theory, { columns: { ...columns, sigma_H: [2, 0] } }),
      /column "sigma_H" holds an error that is not positive — got 0 \(at data, row 2\)/,
    ],
    ["no rows", () => observe(theory, { columns: { z: [], H: [], sigma_H: [] } }), /no rows/],
    [
      "wrong size",
      () => observe(correlated("1 0 0\n0 1 0\n0 0 1"), { columns }),
      /^c\.txt: the covariance has the wrong size — got 3 × 3, expected 2 × 2/,
    ],
    [
      "not positive definite",
      () => observe(correlated("1 2\n2 1"), { columns }),
      /^c\.txt: the covariance is not positive definite: row 2 .*at c\.txt:2/,
    ],
    ["zero variance", () => observe(correlated("1 0\n0 0"), { columns }), /not positive definite: row 2/],
  ])("%s", (_, run, message) => {
    const error = errorOf(run);
    expect(error.code).toBe("DATA");
    expect(error.message).toMatch(message);
  });
});

describe("loadTheories", () => {
  test("reads the covariance beside the theory; missing files are IO errors", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tetrad-theory-"));
    try {
      const path = join(folder, "t.yaml");
      await writeFile(path, bad("error: sigma_H", "covariance: c.txt"));
      expect(covarianceFile(bad("error: sigma_H", "covariance: c.txt"))).toBe("c.txt");
      await expect(loadTheories(path)).rejects.toMatchObject({
        code: "IO",
        message: expect.stringMatching(/there is no file .*c\.txt.*t\.yaml names it/),
      });
      await writeFile(join(folder, "c.txt"), "1 0\n0 1\n");
      const [theory] = await loadTheories(path);
      expect(theory?.data.covariance?.size).toBe(2);
      await expect(loadTheories(join(folder, "none.yaml"))).rejects.toMatchObject({ code: "IO" });
      await expect(loadTheories(folder)).rejects.toMatchObject({ code: "IO" });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("theoriesOf", () => {
  test.each(["cosmic-chronometers/flat-lcdm", "cosmic-chronometers/w0wa", "other-gravities/dgp", "other-gravities/brans-dicke"])(
    "%s as an object is what its file is, without lines",
    async (name) => {
      const text = await readFile(new URL(`../../examples/${name}.yaml`, import.meta.url), "utf8");
      const object = parseYaml(text) as { data: { file?: string } };
      const files = Object.fromEntries(namedFiles(text).map((one) => [one.name, "z,H,sigma_H\n1,100,5\n"]));
      const [read] = parseTheories(text, { files });
      const [made] = theoriesOf(object);
      const plain = (theory: Theory | undefined) =>
        JSON.parse(
          JSON.stringify({ ...theory, data: undefined, sets: undefined }).replaceAll(/"at":"theory(:\d+)?"/g, '"at":"theory"'),
        ) as unknown;
      expect(plain(made)).toEqual(plain(read));
      expect(made?.data.table).toBeUndefined(); // files are not read: tables are passed where it is fitted
      expect(made?.sets).toHaveLength(1);
    },
  );

  test("mistakes name the key", () => {
    const good = { name: "line", model: "a + b*x", data: { x: "x", y: "y", error: "s" }, parameters: { a: { start: 0 }, b: { start: 1 } } };
    expect(theoriesOf(good)[0]?.parameters.map(({ name }) => name)).toEqual(["a", "b"]);
    const wrong = errorOf(() =>
      theoriesOf({ ...good, parameters: { a: { start: 0, bound: [0, 1] }, b: { start: 1 } } }, { source: "mine" }),
    );
    expect(wrong).toMatchObject({
      code: "ARGUMENT",
      message: expect.stringMatching(/parameters\.a: unknown key "bound".*at mine\).*did you mean "bounds"/),
    });
    expect(errorOf(() => theoriesOf({ ...good, model: "a + c*x" })).message).toMatch(/unknown name "c" at character 5/);
    expect(errorOf(() => theoriesOf([])).code).toBe("ARGUMENT");
  });
});
