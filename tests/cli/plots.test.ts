// --plots: every chart as a Vega-Lite specification that follows the language's schema, compiles without a warning and draws what the report draws.
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { parse, View, Warn } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { beforeAll, expect, test } from "vitest";
import { main } from "../../packages/cli/src/main.js";
import { root } from "../support/root.js";

const example = (name: string) => join(root, "examples", name);
const folder = mkdtempSync(join(tmpdir(), "tetrad-plots-"));
const schema = JSON.parse(readFileSync(join(root, "node_modules/vega-lite/build/vega-lite-schema.json"), "utf8")) as object;
const follows = new Ajv({ strict: false, validateFormats: false }).compile(schema);

interface Layer {
  readonly data: { readonly values: readonly Readonly<Record<string, number>>[] };
  readonly mark: { readonly type: string };
}

/** Runs a command in this process. @returns the specifications by file name */
async function plotsOf(name: string, ...args: string[]): Promise<Record<string, TopLevelSpec & { layer: Layer[] }>> {
  const plots = join(folder, name);
  const told: string[] = [];
  const io = { stdout: { write: () => true }, stderr: { write: (text: string) => told.push(text) > 0 }, env: {} };
  const code = await main([...args, "--plots", plots, "--json", "--quiet", "--threads", "1"], io as unknown as NodeJS.Process);
  expect([code, told]).toEqual([0, []]);
  return Object.fromEntries(
    readdirSync(plots).map((file) => [file.replace(".vl.json", ""), JSON.parse(readFileSync(join(plots, file), "utf8"))]),
  );
}

async function drawn(spec: TopLevelSpec): Promise<string> {
  expect(follows(spec), JSON.stringify(follows.errors?.slice(0, 3))).toBe(true);
  const warnings: string[] = [];
  const told = (...texts: readonly unknown[]) => warnings.push(texts.join(" "));
  const logger = { warn: told, error: told, info: () => logger, debug: () => logger, level: () => logger };
  const view = new View(parse(compile(spec, { logger: logger as never }).spec), {
    renderer: "none",
    logger: logger as never,
    logLevel: Warn,
  });
  const svg = await view.toSVG();
  view.finalize();
  expect(warnings).toEqual([]);
  return svg;
}

const all: Record<string, Record<string, TopLevelSpec & { layer: Layer[] }>> = {};
const one = (run: string, name: string) =>
  (all[run] as Record<string, TopLevelSpec & { layer: Layer[] }>)[name] as TopLevelSpec & { layer: Layer[] };

beforeAll(async () => {
  const [theory, data] = [example("cosmic-chronometers/flat-lcdm.yaml"), example("cosmic-chronometers/hz.csv")];
  all["fit"] = await plotsOf("fit", "fit", example("hz-comparison/flat-lcdm.yaml"), example("hz-comparison/flat-w0cdm.yaml"));
  all["grid"] = await plotsOf("grid", "explore", theory, data, "--method", "grid", "--points", "400");
  all["sensitivity"] = await plotsOf("sensitivity", "explore", theory, data, "--method", "sensitivity", "--points", "64");
});

test("each is valid, compiles without a warning and is drawn with its axes", async () => {
  const names = Object.entries(all).flatMap(([run, specs]) => Object.keys(specs).map((name) => `${run}/${name}`));
  expect(names.sort()).toMatchInlineSnapshot(`
    [
      "fit/H-against-z",
      "fit/Linear-power-spectrum",
      "fit/Power-over-that-of-flat-ΛCDM",
      "fit/Residuals",
      "fit/flat-w₀CDM-what-the-data-allow",
      "fit/flat-ΛCDM-what-the-data-allow",
      "grid/H0-against-Om",
      "sensitivity/Sensitivity-of-age",
      "sensitivity/Sensitivity-of-log_likelihood",
      "sensitivity/Sensitivity-of-z_acceleration",
    ]
  `);
  for (const specs of Object.values(all)) {
    for (const spec of Object.values(specs)) expect(await drawn(spec)).toContain('role="graphics-symbol"');
  }
  const svg = await drawn(one("fit", "H-against-z"));
  for (const label of ["H (km/s/Mpc)", "measured", "flat ΛCDM", "flat w₀CDM"]) expect(svg).toContain(label);
});

test("data with their errors, each theory's curve and its band are in it as numbers", () => {
  const { layer } = one("fit", "H-against-z");
  const rows = (type: string) => layer.filter(({ mark }) => mark.type === type).map(({ data }) => data.values);
  const [z, H, sigma] = (readFileSync(example("cosmic-chronometers/hz.csv"), "utf8").split("\n")[1] as string).split(",").map(Number) as [
    number,
    number,
    number,
  ];
  const [points] = rows("point") as [readonly Readonly<Record<string, number>>[]];
  expect(points).toHaveLength(31);
  expect(points[0]).toMatchObject({ x: z, y: H });
  expect(rows("rule")[0]?.[0]).toMatchObject({ x: z, y: H - sigma, y2: H + sigma });
  expect([rows("line").length, rows("area").length]).toEqual([2, 2]);
  // Today's H is H0 = 68.150 ± 3.071 of ../shared/golden: near it are the ends of curve and band
  const [line, band] = [rows("line")[0]?.[0], rows("area")[0]?.[0]];
  expect(line?.["x"]).toBeLessThan(0.04);
  const half = ((band?.["y2"] as number) - (band?.["y"] as number)) / 2;
  expect((band?.["y"] as number) + half).toBeCloseTo(line?.["y"] as number, 9);
  expect(half).toBeGreaterThan(2);
  expect(half).toBeLessThan(3.07);
});
