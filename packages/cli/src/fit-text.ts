/** A fit and a comparison of fits as text for a terminal. */
import type { Comparison, FitResult } from "@tetrad/theory";
import { aligned, measured } from "./numbers.js";

export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

export function fitText(fit: FitResult, { bold, dim }: Style): string {
  const parameters = fit.parameters.map(({ name, value, uncertainty, unit, fixed, atBound }) => [
    `  ${name}`,
    measured(value, uncertainty),
    `${unit ?? ""}${fixed ? " (fixed)" : atBound === null ? "" : ` (at its ${atBound} bound)`}`,
  ]);
  const derived = fit.derived.map(({ name, value, uncertainty, unit }) => [
    `  ${name}`,
    measured(value, uncertainty),
    `${unit ?? ""} (derived)`,
  ]);
  const several = fit.sets.length > 1;
  const nuisances = fit.sets.flatMap(({ name, offset, scale }) =>
    [
      { what: "offset", nuisance: offset },
      { what: "factor", nuisance: scale },
    ].flatMap(({ what, nuisance }) =>
      nuisance === null
        ? []
        : [
            [
              `  ${what}${several ? ` of ${name}` : ""}`,
              measured(nuisance.value, nuisance.uncertainty ?? nuisance.uncertaintyGivenTheory),
              nuisance.uncertainty === null ? "(marginalised, for exactly known parameters)" : "(marginalised)",
            ],
          ],
    ),
  );
  return [
    `${bold(fit.title)}  ${dim(fit.model)}`,
    ...withUnits([...parameters, ...nuisances, ...derived]),
    `  χ² = ${fit.chi2.toFixed(3)} with ${fit.dof} degrees of freedom, p = ${probability(fit.pValue)}, AIC = ${fit.aic.toFixed(2)}, BIC = ${fit.bic.toFixed(2)}`,
    ...(several ? fit.sets.map(({ name, chi2, n }) => `    ${name}: χ² = ${chi2.toFixed(3)} of ${n} points`) : []),
    ...correlations(fit),
    dim(
      `  ${fit.n} points, compiled in ${fit.milliseconds.compile.toFixed(0)} ms, fitted in ${fit.milliseconds.fit.toFixed(1)} ms by ${fit.method}`,
    ),
    ...fit.messages.map((message) => `  ${message}`),
  ].join("\n");
}

function correlations({ covarianceOf, correlation }: FitResult): string[] {
  if (correlation === null || covarianceOf.length < 2) return [];
  const pairs = covarianceOf.flatMap((a, i) =>
    covarianceOf.slice(0, i).map((b, j) => `${b}–${a} ${((correlation[i] as readonly number[])[j] as number).toFixed(3)}`),
  );
  return [`  correlations: ${pairs.join(", ")}`];
}

export function comparisonText(fits: readonly FitResult[], comparison: Comparison, { bold }: Style): string {
  const weight = (theory: string) => comparison.aic.find((ranked) => ranked.theory === theory)?.weight ?? 0;
  const rows = fits.map((fit) => [
    fit.theory,
    fit.chi2.toFixed(2),
    String(fit.dof),
    probability(fit.pValue),
    fit.aic.toFixed(2),
    fit.bic.toFixed(2),
    weight(fit.theory).toFixed(3),
  ]);
  return [
    bold("Which theory do the data prefer?"),
    ...aligned([["theory", "χ²", "dof", "p", "AIC", "BIC", "AIC weight"], ...rows]).map((line) => `  ${line}`),
    ...comparison.summary.map((line) => `  ${line}`),
  ].join("\n");
}

export function probability(p: number | null): string {
  if (p === null) return "–";
  if (p < 1e-300) return "below 1e-300";
  return p < 1e-3 ? p.toExponential(1) : p.toFixed(3);
}

/** Names and values in columns, units right behind. */
function withUnits(rows: readonly (readonly string[])[]): string[] {
  const lines = aligned(rows.map((row) => row.slice(0, 2)));
  return lines.map((line, i) => `${line} ${rows[i]?.[2] ?? ""}`.trimEnd());
}
