// `tetrad verify` through the real binary: verdicts, JSON alone on stdout, exit code 3 for a failed check, the report, bad input.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { example, workplace } from "./tetrad.js";

const theory = example("cosmic-chronometers/flat-lcdm.yaml");
const data = example("cosmic-chronometers/hz.csv");

interface Facts {
  outcome: string;
  findings: { check: string; outcome: string; verdict: string; numbers: Record<string, number | null> }[];
  information: Record<string, number>;
}

test("cosmic chronometers: verdicts with their numbers, as JSON and a report", () => {
  const place = workplace();
  const { code, stdout, stderr } = place.tetrad("verify", theory, data, "--quiet", "--fits", "4", "--json", "--report", "v.html");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const facts = JSON.parse(stdout) as Facts;
  // χ² of fits.json's best fit: 14.4999857743 of 29 degrees, p = 0.98853742821. So calm a scatter is told.
  const chi2 = facts.findings.find(({ check }) => check === "chi-square");
  expect(chi2).toMatchObject({ outcome: "doubtful", verdict: expect.stringContaining("the errors look too large") });
  expect(chi2?.numbers["chi2"]).toBeCloseTo(14.499985774, 8);
  expect(chi2?.numbers["pValue"]).toBeCloseTo(0.98853742821, 10);
  expect(facts.outcome).toBe("doubtful");
  expect(Object.keys(facts.information)).toEqual(["aic", "bic", "dic", "waic", "loo", "looError", "looParameters"]);
  const html = readFileSync(place.path("v.html"), "utf8");
  expect(html).toContain("<h2>Verdicts</h2>");
  for (const { verdict } of facts.findings.slice(0, 3)) expect(html).toContain(verdict.slice(0, 40));
  expect(html).not.toMatch(/(src|href)=|url\((?!#)|@import|<script|NaN/);
});

test("a theory that the data refuse: exit code 3, and which checks failed; bad input is told before", () => {
  const place = workplace();
  const flat = place.write(
    "flat.yaml",
    "name: flat\nmodel: a + 0*z\ndata: {x: z, y: H, error: sigma_H}\nparameters:\n  a: {start: 70, bounds: [0, 300]}\n",
  );
  const refused = place.tetrad("verify", flat, data, "--quiet", "--draws", "0", "--fits", "0", "--folds", "0");
  expect(refused).toMatchObject({
    code: 3,
    stderr: "",
    stdout: expect.stringMatching(/FAILED: \d of \d checks failed: Distance from the data/),
  });
  expect(refused.stdout).toMatch(/\n {2}✗ Distance from the data: χ² = [\d.]+ with 30 degrees of freedom/);
  expect(refused.stdout).toContain("– Posterior draws: No draws were asked for.");
  expect(place.tetrad("verify", flat, data, "--draws", "2")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error\[ARGUMENT\]: verify: draws out of range — got 2/),
  });
});
