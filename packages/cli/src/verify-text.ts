/** A verification as text for a terminal. */
import type { Finding, Outcome, Verification } from "@tetrad/theory";
import type { Style } from "./fit-text.js";
import { measured } from "./numbers.js";
import { duration } from "./progress.js";

export const MARKS: Readonly<Record<Outcome, string>> = { passed: "✓", doubtful: "?", failed: "✗", skipped: "–" };

export function overallText({ findings, outcome }: Pick<Verification, "findings" | "outcome">): string {
  const count = (of: Outcome): number => findings.filter((one) => one.outcome === of).length;
  const made = findings.length - count("skipped");
  const names = (of: Outcome): string =>
    findings
      .filter((one) => one.outcome === of)
      .map(({ title }) => title)
      .join(", ");
  if (outcome === "failed") return `${count("failed")} of ${made} checks failed: ${names("failed")}.`;
  if (outcome === "doubtful")
    return `none of ${made} checks failed, ${count("doubtful")} ${count("doubtful") === 1 ? "deserves" : "deserve"} a look: ${names("doubtful")}.`;
  return `all ${made} checks passed.`;
}

export function verifyText(verification: Verification, seconds: number, { bold, dim }: Style): string {
  const { title, findings, fit, outcome } = verification;
  const values = fit.parameters
    .filter(({ fixed }) => !fixed)
    .map(({ name, value, uncertainty }) => `${name} = ${measured(value, uncertainty)}`);
  const line = ({ outcome: own, title: what, verdict }: Finding): string => {
    const text = `  ${MARKS[own]} ${what}${what.endsWith("?") ? "" : ":"} ${verdict}`;
    return own === "failed" ? bold(text) : own === "skipped" ? dim(text) : text;
  };
  const overall = overallText(verification);
  return [
    `${bold(title)}  ${dim(fit.model)}`,
    `  ${values.join(", ")}`,
    ...findings.map(line),
    bold(`${outcome === "failed" ? "FAILED: " : ""}${overall.charAt(0).toUpperCase()}${overall.slice(1)}`),
    dim(`  ${verification.n} data, ${duration(seconds)}`),
  ].join("\n");
}
