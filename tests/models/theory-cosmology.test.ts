// Cosmology written as theory text: expansion, ages and distances against 40-digit integrals, derivatives by autodiff, and the supernova
// likelihoods with covariance and marginalised offset at stored points.
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createEngine, type Engine, jacobian, reshape, slice, type Tensor } from "@tetrad/engine";
import { createLikelihood, evaluate, parseCovariance, parseExpression, parseTheory, toGraph } from "@tetrad/theory";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeShared, sharedPath } from "../support/shared.js";

const relative = (value: number, exact: number) => Math.abs(value - exact) / Math.max(Math.abs(exact), 1e-300);

/** E² with curvature, w0–wa dark energy and radiation; Ok and Or are numbers of the case. */
const definitions = [
  { name: "E2", args: ["x"], text: "Or*(1+x)^4 + Om0*(1+x)^3 + Ok*(1+x)^2 + Ode*exp(3*(1+w0+wa)*log1p(x) - 3*wa*x/(1+x))" },
  { name: "Dc", args: ["x"], text: "c/H0*integrate(1/sqrt(E2(t)), t, 0, x, 48)" },
  // a = b²: 2/(b E) db instead of da/(a E), which has a square root at a = 0.
  { name: "age", args: ["x"], text: "hubble_time/H0*integrate(2/(b*sqrt(E2(1/b^2 - 1))), b, 0, 1/sqrt(1+x), 96)" },
  { name: "lookback", args: ["x"], text: "hubble_time/H0*integrate(1/((1+t)*sqrt(E2(t))), t, 0, x, 48)" },
  // sinh(√Ok d)/√Ok, its sine branch and the flat case at once: a series in Ok d² (below 1 here), which is smooth through zero.
  { name: "sinn", args: ["d"], text: "d*series(Ok*(d*H0/c)^2)" },
  {
    name: "series",
    args: ["y"],
    text: "1 + y/6*(1 + y/20*(1 + y/42*(1 + y/72*(1 + y/110*(1 + y/156*(1 + y/210*(1 + y/272*(1 + y/342*(1 + y/420)))))))))",
  },
].map((one) => ({ ...one, field: one.name }));

interface Case {
  name: string;
  flat: boolean;
  parameters: Record<"H0" | "Om0" | "Ode0" | "w0" | "wa", number>;
  Ogamma0: number;
  Onu0: number;
  age_today: number;
  exact: Record<"E" | "H" | "comoving_distance" | "luminosity_distance" | "distance_modulus" | "lookback_time" | "age", number[]>;
  gradient: { parameters: string[]; d_distance_modulus: number[][]; d_H: number[][] };
}

describeShared("cosmology.json", "golden/science/cosmology.json", (path) => {
  const { z, cases, constants } = JSON.parse(readFileSync(path, "utf8")) as {
    z: number[];
    cases: Case[];
    constants: Record<string, number>;
  };
  const c = constants["c_km_s"] as number;
  const hubble_time = (constants["Mpc_km"] as number) / (constants["Gyr_s"] as number);

  /** Closure: flat cases leave the dark energy to follow, the others the curvature; radiation scales as H0⁻². */
  const closed = (one: Case) => {
    const { H0 } = one.parameters;
    const closure = one.flat ? { Ode: "1 - Om0 - Or", Ok: "0" } : { Ode: "Ode0", Ok: "1 - Om0 - Ode0 - Or" };
    const more = [
      { name: "Or", args: [], text: `${one.Ogamma0 + one.Onu0}*(${H0}/H0)^2` },
      { name: "Ode", args: [], text: closure.Ode },
      { name: "Ok", args: [], text: closure.Ok },
    ];
    return [...definitions, ...more.map((extra) => ({ ...extra, field: extra.name }))];
  };
  const expression = (one: Case, text: string) =>
    parseExpression(text, { names: ["z", "c", "hubble_time", ...Object.keys(one.parameters)], definitions: closed(one) });

  describe.each(cases.map((one) => ({ name: one.name, one })))("$name", ({ one }) => {
    const environment = { ...one.parameters, c, hubble_time, z };
    test.each<[keyof Case["exact"], string, number]>([
      ["H", "H0*sqrt(E2(z))", 2e-15],
      ["comoving_distance", "Dc(z)", 1e-13],
      ["luminosity_distance", "(1+z)*sinn(Dc(z))", 1e-13],
      ["distance_modulus", "5*log10((1+z)*sinn(Dc(z))) + 25", 1e-14],
      ["lookback_time", "lookback(z)", 1e-13],
      ["age", "age(z)", 1e-12],
    ])("%s in float64", (quantity, text, tolerance) => {
      const values = evaluate(expression(one, text), environment);
      one.exact[quantity].forEach((exact, i) => {
        expect(relative(values[i] as number, exact)).toBeLessThan(tolerance);
      });
    });

    test("age today", () => {
      expect(relative(evaluate(expression(one, "age(0)"), environment)[0] as number, one.age_today)).toBeLessThan(1e-12);
    });
  });

  describe.each(["wasm", "reference"] as const)("derivatives by %s", (backend) => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await createEngine({ backend });
    });
    afterAll(() => engine.close());

    test.each(cases.map((one) => ({ name: one.name, one })))("$name", async ({ one }) => {
      const free = one.gradient.parameters;
      const start = Float64Array.from(free, (name) => one.parameters[name as keyof Case["parameters"]]);
      const quantity = (text: string) => (theta: Tensor) => {
        const symbols: Record<string, Tensor | number> = { ...one.parameters, c, hubble_time };
        free.forEach((name, i) => {
          symbols[name] = reshape(slice(theta, [i], [i + 1]), []);
        });
        return toGraph(expression(one, text), symbols, { z });
      };
      const [modulus, hubble] = [quantity("5*log10((1+z)*sinn(Dc(z))) + 25"), quantity("H0*sqrt(E2(z))")];
      const compiled = await engine.compileFunction(
        ({ theta }) => ({
          modulus: modulus(theta as Tensor),
          slopes: jacobian(modulus)(theta as Tensor),
          hubble: hubble(theta as Tensor),
          hubbleSlopes: jacobian(hubble)(theta as Tensor),
        }),
        { theta: { shape: [free.length], dtype: "f64" } },
      );
      const out = compiled.callSync({ theta: start });
      const k = free.length;
      z.forEach((_, i) => {
        expect(relative(out["modulus"]?.[i] as number, one.exact.distance_modulus[i] as number)).toBeLessThan(2e-14);
        expect(relative(out["hubble"]?.[i] as number, one.exact.H[i] as number)).toBeLessThan(1e-14);
        const scale = (rows: number[][]) => Math.max(...(rows[i] as number[]).map(Math.abs));
        for (let j = 0; j < k; j++) {
          const [mu, h] = [one.gradient.d_distance_modulus[i]?.[j] as number, one.gradient.d_H[i]?.[j] as number];
          expect(Math.abs((out["slopes"]?.[i * k + j] as number) - mu)).toBeLessThan(
            1e-11 * Math.abs(mu) + 1e-13 * scale(one.gradient.d_distance_modulus),
          );
          expect(Math.abs((out["hubbleSlopes"]?.[i * k + j] as number) - h)).toBeLessThan(
            1e-12 * Math.abs(h) + 1e-14 * scale(one.gradient.d_H),
          );
        }
      });
      compiled.close();
    });
  });
});

/** Supernova table and theory text; distances in units of c/H0, so that the offset holds everything else. */
async function supernovae(file: string) {
  const text = await readFile(sharedPath(`data/cosmo-pantheon2018/${file}`), "utf8");
  const rows = text
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => line.trim().split(/\s+/).map(Number));
  const column = (i: number) => rows.map((row) => row[i] as number);
  return { zcmb: column(1), zhel: column(2), mb: column(4), dmb: column(5) };
}

const SERIES = "1 + y/6*(1 + y/20*(1 + y/42*(1 + y/72*(1 + y/110*(1 + y/156*(1 + y/210*(1 + y/272)))))))";
const supernovaTheory = (model: string, parameters: string, covariance: string) => `
name: supernovae
model: 5*log10((1+zhel)*d*series(Ok*d^2))
definitions:
  E2(x): ${model}
  d: integrate(1/sqrt(E2(x)), x, 0, zcmb)
  series(y): ${SERIES}
  ${parameters.includes("Ode") ? "Ok: 1 - Om - Ode" : "Ok: 0"}
data: { x: [zcmb, zhel], y: mb, error: dmb${covariance} }
parameters:
${parameters}
marginalise: offset
`;
const GENERAL: [model: string, parameters: string] = [
  "Om*(1+x)^3 + Ok*(1+x)^2 + Ode*exp(3*(1+w0+wa)*log1p(x) - 3*wa*x/(1+x))",
  ["Om", "Ode", "w0", "wa"].map((name, i) => `  ${name}: { start: ${[0.3, 0.7, -1, 0][i]} }`).join("\n"),
];

describeShared("fits.json, supernovae", "golden/science/fits.json", (path) => {
  const stored = JSON.parse(readFileSync(path, "utf8"));
  const DATA: [name: string, file: string, systematics: boolean][] = [
    ["pantheon40-stat-sys", "lcparam_DS17f.txt", true],
    ["pantheon40-stat", "lcparam_DS17f.txt", false],
    ["pantheon1048-stat", "lcparam_full_long_zhel.txt", false],
  ];
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine();
  });
  afterAll(() => engine.close());

  const theoryOf = async ([model, parameters]: [string, string], systematics: boolean) => {
    const text = supernovaTheory(model, parameters, systematics ? ", covariance: sys.txt" : "");
    const covariance = systematics
      ? parseCovariance(await readFile(sharedPath("data/cosmo-pantheon2018/sys_DS17f.txt"), "utf8"), "sys_DS17f.txt")
      : undefined;
    return parseTheory(text, { covariance });
  };

  test("six fixed points: χ², offset, ln likelihood and its gradient, curved and with evolving dark energy", async () => {
    const rows = stored.points.rows as {
      x: number[];
      chi2_sn: Record<string, number>;
      offset: Record<string, number>;
      chi2_cc: number;
      ln_likelihood_sn40sys_cc: number;
      gradient: number[];
    }[];
    const chronometers = parseTheory(
      `name: cc\nmodel: H0*sqrt(${GENERAL[0].replaceAll("x", "z").replaceAll("ezp", "exp").replace("Ok", "(1 - Om - Ode)")})\ndata: { x: z, y: H, error: s }\nparameters:\n${GENERAL[1]}\n  H0: { start: 70 }`,
    );
    const text = await readFile(sharedPath("data/cosmic-chronometers/hz.csv"), "utf8");
    const table = text
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(",").map(Number));
    const column = (i: number) => table.map((row) => row[i] as number);
    const cc = await createLikelihood(engine, chronometers, { columns: { z: column(0), H: column(1), s: column(2) } });
    const sn = new Map<string, Awaited<ReturnType<typeof createLikelihood>>>();
    for (const [name, file, systematics] of DATA)
      sn.set(name, await createLikelihood(engine, await theoryOf(GENERAL, systematics), { columns: await supernovae(file) }));
    const chi2Of = (residuals: ArrayLike<number>) => Array.from(residuals).reduce((sum, r) => sum + r * r, 0);
    for (const row of rows) {
      const shape = row.x.slice(0, 4);
      for (const [name, likelihood] of sn) {
        expect(relative(chi2Of(likelihood.residuals(shape).residuals), row.chi2_sn[name] as number)).toBeLessThan(1e-11);
        const model = likelihood.predict(shape);
        const { y, offsetWeights } = likelihood.observations;
        expect(
          relative(
            y.reduce((sum, value, i) => sum + (value - (model[i] as number)) * (offsetWeights[i] as number), 0),
            row.offset[name] as number,
          ),
        ).toBeLessThan(1e-12);
      }
      expect(relative(chi2Of(cc.residuals(row.x).residuals), row.chi2_cc)).toBeLessThan(1e-12);
      const one = cc.valueAndGradient(row.x);
      const gradient = Array.from(one.gradient, (g) => -g);
      const two = (sn.get("pantheon40-stat-sys") as typeof cc).valueAndGradient(shape);
      Array.from(two.gradient).forEach((g, i) => {
        gradient[i] = (gradient[i] as number) - g;
      });
      expect(relative(-one.value - two.value, row.ln_likelihood_sn40sys_cc)).toBeLessThan(1e-12);
      const size = Math.hypot(...row.gradient);
      gradient.forEach((g, i) => {
        expect(Math.abs(g - (row.gradient[i] as number))).toBeLessThan(1e-10 * size);
      });
    }
    for (const likelihood of [cc, ...sn.values()]) likelihood.close();
  });
});
