// Units: how they are read, inferred where a theory leaves them open, and refused with the place where they contradict one another.
import { formatUnit, parseTheory, parseUnit, type Unit } from "@tetrad/theory";
import { describe, expect, test } from "vitest";
import { inSi } from "../../packages/theory/src/units/unit.js";
import { errorOf } from "./theory-support.js";

describe("parseUnit", () => {
  test.each([
    ["km/s/Mpc", 1e3 / 3.085677581491367e22, { s: -1 }],
    ["km s^-1 Mpc^-1", 1e3 / 3.085677581491367e22, { s: -1 }],
    ["km/(s*Mpc)", 1e3 / 3.085677581491367e22, { s: -1 }],
    ["m**2", 1, { m: 2 }],
    ["m²·kg", 1, { m: 2, kg: 1 }],
    ["(Mpc/h)^3", 3.085677581491367e22 ** 3, { m: 3, h: -3 }],
    ["J^(1/2)", 1, { kg: 0.5, m: 1, s: -1 }],
    ["MeV", 1.602176634e-13, { kg: 1, m: 2, s: -2 }],
    ["Gyr", 3.15576e16, { s: 1 }],
    ["deg", Math.PI / 180, {}],
    ["counts/s", 1, { counts: 1, s: -1 }],
    ["1/s", 1, { s: -1 }],
    ["1", 1, {}],
    ["mag", 1, {}],
  ])("%s", (text, factor, powers) => {
    const si = inSi(parseUnit(text) as Unit);
    expect(Math.abs(si.factor / factor - 1)).toBeLessThan(1e-14);
    expect(Object.fromEntries(si.powers)).toEqual(powers);
  });

  test.each(["km//s", "km/", "2 km", "km^", "(km", "km)", "", "km^x", "m^(1/0)"])("%j is no unit", (text) => {
    expect(parseUnit(text)).toBeUndefined();
  });

  test("printing keeps the symbols", () => {
    expect(formatUnit(parseUnit("km s^-1 Mpc^-1") as Unit)).toBe("km/s/Mpc");
    expect(formatUnit(parseUnit("1/s^2") as Unit)).toBe("1/s^2");
    expect(formatUnit(parseUnit("km/km") as Unit)).toBe("a pure number");
  });
});

const theory = (model: string, more = "") => `name: t
model: ${model}
data: { x: [z, t], y: y, error: s, units: { t: Gyr } }
parameters:
  H0: { start: 70, unit: km/s/Mpc, fixed: true }
  d: { start: 3, unit: Mpc, fixed: true }
  k: { start: 1, unit: "1", fixed: true }
constants:
  c: { value: 299792.458, unit: km/s }
  old: 5
${more}`;

describe("what contradicts is refused with its place", () => {
  test.each<[string, RegExp]>([
    [
      "c + d*k",
      /^model: units do not match: km\/s \(c\) cannot be added to Mpc.* at character 1 — got "?▸c \+ d\*k◂.*\(at t\.yaml:2\)\. Hint: give every constant/,
    ],
    ["k*z + H0 - d", /Mpc \(d\) cannot be subtracted from km\/s\/Mpc/],
    ["k*(1+z) + exp(d)", /the argument of exp must be a pure number, and d is in Mpc at character 11/],
    ["d*k + z^d", /an exponent must be a pure number, and d is in Mpc/],
    ["k*d^z", /the base of a power whose exponent varies must be a pure number, and d is in Mpc/],
    ["k*d + t*c", /Mpc \(k\*d\) cannot be added to Gyr·km\/s \(t\*c\).*multiply by 977\.79/],
    ["k*max(d, c)", /Mpc \(d\) cannot be compared with km\/s \(c\)/],
    ["k*integrate(x, x, d, c)", /an integral's limits are in Mpc and km\/s/],
    ["k*solve(y, [y*c], [y], [d], x, 0, t)", /the slope of y is in Gyr·km·Mpc\/s, which should be Mpc|the slope of y/],
    ["d*k + 5", /Mpc \(d\*k\) cannot be added to a pure number \(5\)/],
  ])("%s", (model, message) => {
    const error = errorOf(() => parseTheory(theory(model), { source: "t.yaml" }));
    expect(error.code).toBe("ARGUMENT");
    expect(error.message).toMatch(message);
  });

  test("inside a definition, the definition's own text is shown", () => {
    const error = errorOf(() => parseTheory(theory("k*f(d)", "definitions: { f(x): x + H0 }"), { source: "t.yaml" }));
    expect(error.message).toMatch(
      /^definitions\.f\(x\): units do not match: Mpc \(d\) cannot be added to km\/s\/Mpc \(H0\) at character 1 .*▸x \+ H0◂/,
    );
  });

  test("derived quantities and measured columns have the unit they state", () => {
    const derived = (unit: string) => theory("k*d + z*d", `derived: { h: { expression: c/H0, unit: ${unit} } }`);
    expect(parseTheory(derived("Mpc")).derived[0]?.unit).toBe("Mpc");
    expect(errorOf(() => parseTheory(derived("kpc"))).message).toMatch(/h is in Mpc, not in kpc.*multiply by 1000/);
    const measured = theory("k*d").replace("t: Gyr", "t: Gyr, y: km");
    expect(errorOf(() => parseTheory(measured)).message).toMatch(/the model is in .*Mpc, not in km/);
    expect(errorOf(() => parseTheory(theory("k*d").replace("t: Gyr", "w: Gyr"))).message).toMatch(
      /no column of this name is used — expected z, t, y/,
    );
    expect(errorOf(() => parseTheory(theory("k*d").replace("unit: Mpc", "unit: km per s/"))).message).toMatch(
      /parameters\.d: not a unit — got "km per s\/"/,
    );
  });
});

describe("what is left open is inferred", () => {
  test.each([
    "H0*sqrt(k*(1+z)^3 + 1 - k)",
    "H0 + old*z",
    "d*exp(-t*old)",
    "sqrt(d^2 + (c/H0)^2)*k",
    "k*min(d, 0) + d",
    "k*d^(1/2)*d^0.5",
    "(k*d^3)^(1/3)",
    "k + t*old",
    "integrate(k*x, x, 0, d)",
    "solve(y, [-old*y], [y], [d], x, 0, t)",
    "log10(d/old)*k",
    "abs(-d)*k",
  ])("%s", (model) => {
    expect(parseTheory(theory(model)).modelText).toBe(model);
  });

  test("one meaning everywhere: a constant is not in Mpc here and a pure number there", () => {
    const text = theory("k*d + old + z*(1 + old)");
    expect(errorOf(() => parseTheory(text)).message).toMatch(/units do not match/);
  });
});

describe("one name in several units", () => {
  test.each([
    "solve(y, [-old*y], [y], [d], x, 0, t)*k + solve(y, [-old*y], [y], [c], x, 0, t)*d/c",
    "solve(y, [d*k/t], [y], [0], x, 0, t) + solve(y, [c/t], [y], [0], x, 0, t)*d/c", // nothing but the slopes tells the systems apart
    "k*solve(y, [-old*y], [y], [solve(y, [c/t], [y], [0], x, 0, t)*d/c], x, 0, t)",
    "k*solve(y, [-old*y + d/t*solve(v, [old*v + y/x], [v], [0], s, 0, x)/solve(v, [old*v], [v], [d], s, 0, x)], [y], [d], x, 0, t)",
  ])("states of systems: %s", (model) => {
    expect(parseTheory(theory(model)).modelText).toBe(model);
  });

  test("a system's own states are still held to their starts and slopes", () => {
    const model = (start: string, slope: string) =>
      theory(`k*solve(y, [-old*y], [y], [c], x, 0, t)*d/c + solve(y, [${slope}], [y], [${start}], x, 0, t)`);
    expect(parseTheory(model("d", "-old*y")).modelText).toMatch(/solve/);
    expect(errorOf(() => parseTheory(model("c", "-old*y"))).message).toMatch(/Mpc .* cannot be added to km\/s/);
    expect(errorOf(() => parseTheory(model("d", "-old*y + c/t"))).message).toMatch(/units do not match/);
  });

  const joint = (units: [string, string], more = "") => `name: joint
datasets:
  near: { model: "a*x/u", data: { x: x, y: y, error: s, units: { x: ${units[0]}, y: km } } }
  far: { model: "b*x/v + b*f(x)", data: { x: x, y: y, error: s, units: { x: ${units[1]}, y: Mpc } } }
definitions: { f(q): log(q/v) }
parameters: { a: { start: 1, unit: km }, b: { start: 1, unit: Mpc } }
constants: { u: { value: 1, unit: s }, v: { value: 1, unit: Gyr } }
${more}`;

  test("columns of data sets", () => {
    expect(parseTheory(joint(["s", "Gyr"])).sets).toHaveLength(2);
    expect(errorOf(() => parseTheory(joint(["s", "s"]))).message).toMatch(
      /datasets\.far\.model.*units do not match|definitions.*units do not match/,
    );
    // A unit that one set leaves open is inferred there, and is none of the other's business.
    expect(parseTheory(joint(["s", "Gyr"]).replace("x: s, ", "")).sets).toHaveLength(2);
  });

  test("a limit's columns are those of the set whose rows it is computed at", () => {
    const limits = (right: string) => `limits: [{ name: one, formula: "a*x/u", equals: "${right}" }]`;
    expect(parseTheory(joint(["s", "Gyr"], limits("a*x/u"))).limits?.[0]?.set).toBe(0);
    expect(errorOf(() => parseTheory(joint(["s", "Gyr"], limits("b*x/u")))).message).toMatch(/units do not match/);
  });

  test("an exponent that is arithmetic of numbers by any function", () => {
    expect(parseTheory(theory("k*(d^2)^(1/sqrt(4)) + d*2^min(3, 2)")).modelText).toMatch(/sqrt/);
  });
});

describe("use: cosmology", () => {
  const cosmology = (H0: string, model = "hubble(z)", more = "") =>
    `name: t\nuse: cosmology\nmodel: ${model}\ndata: { x: z, y: y, error: s }\nparameters: { H0: ${H0}, Om: { start: 0.3 } }\n${more}`;
  test("its parameters have its units", () => {
    expect(errorOf(() => parseTheory(cosmology("{ start: 70, unit: km/s }"))).message).toMatch(
      /parameters\.H0: units do not match: H0, in km\/s, is in km\/s, not in km\/s\/Mpc/,
    );
    expect(parseTheory(cosmology("{ start: 70 }")).parameters).toHaveLength(2);
    expect(errorOf(() => parseTheory(cosmology("{ start: 70 }", "hubble(z) + luminosity_distance(z)"))).message).toMatch(
      /km\/s\/Mpc \(.*\) cannot be added to Mpc \(.*\) at character 1 .*▸hubble\(z\) \+ luminosity_distance\(z◂/,
    );
  });
  test("what it lacks is named; what it offers is suggested", () => {
    expect(errorOf(() => parseTheory(cosmology("{ start: 70 }", "f_sigma8(z)*H0"))).message).toMatch(/Ob|ns|As/);
    expect(errorOf(() => parseTheory(cosmology("{ start: 70 }", "luminosty_distance(z)"))).message).toMatch(
      /did you mean "luminosity_distance"/,
    );
    expect(errorOf(() => parseTheory(cosmology("{ start: 70 }", "hubble(z)", "constants: { Ode: 0.7, Ok: 0 }"))).message).toMatch(
      /both Ode and Ok are given/,
    );
    expect(errorOf(() => parseTheory(cosmology("{ start: 70 }").replace("use: cosmology\n", ""))).message).toMatch(
      /unknown function "hubble"/,
    );
  });
  test("a theory's own expansion law takes the library's place", () => {
    const own = parseTheory(cosmology("{ start: 70 }", "hubble(z)", "definitions: { E2(z): Om*(1+z)^3 + (1-Om)*(1+z) }"));
    expect(own.parameters).toHaveLength(2);
    const clash = parseTheory(
      cosmology("{ start: 70 }", "luminosity_distance(z) + u*0", "").replace("Om: {", "u: { start: 1, unit: Mpc }, Om: {"),
    );
    expect(clash.parameters.map(({ name }) => name)).toEqual(["H0", "u", "Om"]);
  });
});
