/** A turn of the laboratory as lines for a person. */
import { FASTER, FASTER_ON, isFaster } from "./history.mjs";

export function reportText(result) {
  const { kernel, dtype, build, against, error, check, compileMs, bytes } = result;
  const title = `${kernel} ${dtype} ${build}, ${new Date().toTimeString().slice(0, 8)}`;
  if (error !== undefined) return `${title}\n${error}`;
  const lines = [`${title}: compiled in ${(compileMs / 1000).toFixed(2)} s, ${bytes} bytes`];
  const { failure } = check;
  if (failure === undefined)
    lines.push(`right: ${check.cases} cases on ${check.threads.join(" and ")} threads, bits equal, nothing written outside`);
  else
    lines.push(`WRONG: ${failure.op} "${failure.case}" on ${failure.threads} thread${failure.threads === 1 ? "" : "s"}: ${failure.where}`);
  for (const loop of result.mix) {
    const parts = ["loads", "fma", "simd", "stores", "scalar", "locals"].map((key) => `${loop[key]} ${key}`);
    lines.push(
      `loop ${loop.function} at depth ${loop.depth}: ${parts.join(", ")}; ${loop.vectors} vectors in locals${loop.spills ? ", more than 16 registers hold" : ""}`,
    );
  }
  const { races, roof } = result;
  if (races === undefined) return lines.join("\n");
  lines.push(
    `roof of one thread: ${roof.gflops.toFixed(1)} GFLOP/s (f32: twice f64), ${roof.gbytes.toFixed(1)} GB/s from memory; against ${against}`,
  );
  return [...lines, ...raceLines(races)].join("\n");
}

/** Races as a table, and whether they make the version a faster one. */
export function raceLines(races) {
  const lines = [];
  const rows = races.map(({ op, network, microseconds, rate, unit, share, ratio, low, high }) => [
    `${op} · ${network}`,
    `${microseconds.toFixed(2)} µs`,
    `${rate.toFixed(1)} ${unit}`,
    `${(100 * share).toFixed(0)} %`,
    `× ${ratio.toFixed(3)}`,
    `[${low.toFixed(3)}, ${high.toFixed(3)}]`,
    low > FASTER ? "faster" : high < 1 / FASTER ? "SLOWER" : "",
  ]);
  const widths = rows.reduce((most, row) => row.map((cell, i) => Math.max(cell.length, most[i] ?? 0)), []);
  for (const row of rows)
    lines.push(
      row
        .map((cell, i) => (i === 0 || i === 6 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join("  ")
        .trimEnd(),
    );
  if (races.length === 0) lines.push("no shape to race on");
  else
    lines.push(
      isFaster(races)
        ? `faster: the interval lies above ${FASTER} on at least ${FASTER_ON} shapes`
        : "not faster by the rule of lab/history.mjs",
    );
  return lines;
}
