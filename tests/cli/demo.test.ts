// The demonstration as a whole, once: its goals, its files, its report.
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { workplace } from "./tetrad.js";

test("the demonstration reaches its goals and leaves models, data and a report", () => {
  const place = workplace();
  const { code, stdout } = place.tetrad("demo", "--json");
  expect(code).toBe(0);
  const facts = JSON.parse(stdout) as {
    goals: Record<string, boolean>;
    errors: Record<"linear" | "network", { medianRelativeError: number; maxRelativeError: number }>;
    linear: { coefficients: { difference: number } };
    fits: { theory: string }[];
    network: { parameters: number; microsecondsPerStep: number; placement: string };
    engine: { why: string };
  };
  expect(facts.goals).toEqual({ medianRelativeError: true, maxRelativeError: true, secondProcessAgrees: true });
  expect(facts.errors.network.medianRelativeError).toBeLessThan(facts.errors.linear.medianRelativeError / 10);
  expect(facts.linear.coefficients.difference).toBeLessThan(1e-4); // float32 steps against a float64 solution
  expect(facts.fits.map(({ theory }) => theory)).toEqual(["linear", "flat-lcdm", "curved-lcdm"]);
  expect(facts.network.parameters).toBe(4 * 64 + 64 + 64 * 32 + 32 + 32 + 1);
  for (const file of ["universes.csv", "held-out.csv", "linear.yaml", "network.yaml", "linear/config.json", "network/model.safetensors"])
    expect(existsSync(place.path(`demo-output/${file}`))).toBe(true);
  const html = readFileSync(place.path("demo-output/report.html"), "utf8");
  expect(html).not.toMatch(/(src|href)=|url\((?!#)|@import|<script|NaN|undefined/);
  for (const title of ["H against z", "Residuals", "Predicted against true", "How the loss fell"])
    expect(html).toContain(`<h3>${title}</h3>`);
  expect(html.match(/what the data allow/g)?.length).toBeGreaterThanOrEqual(3);
});
