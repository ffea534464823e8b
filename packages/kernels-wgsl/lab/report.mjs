/** A turn with a shader as lines for a person. */
import { raceLines } from "../../kernels-wasm/lab/report.mjs";

export function reportText(result) {
  const { kernel, build, against, error, check, checkMs, variants, roof, races } = result;
  const title = `${kernel} on ${build}, ${new Date().toTimeString().slice(0, 8)}`;
  if (error !== undefined) return `${title}\n${error}`;
  const lines = [`${title}: compiled and checked in ${(checkMs / 1000).toFixed(1)} s`];
  const { failure } = check;
  lines.push(
    failure === undefined
      ? `right: ${check.cases} cases, twice with the same bits, nothing written outside`
      : `WRONG: ${failure.op} "${failure.case}": ${failure.where}`,
  );
  for (const { constants, workgroup } of variants)
    lines.push(
      `variant ${constants.length === 0 ? "without constants" : constants.join(", ")}${workgroup ? `; workgroup ${workgroup}` : ""}`,
    );
  if (races === undefined) return lines.join("\n");
  lines.push(`roof as measured: ${roof.gflops.toFixed(1)} GFLOP/s, ${roof.gbytes.toFixed(1)} GB/s; against ${against}`);
  return [...lines, ...raceLines(races)].join("\n");
}
