// Where the survey looks and how well: redshifts and errors (design.csv), and what its magnitudes have in common (systematics.txt).
// node design.ts FOLDER
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2] ?? "report";
const COUNT = 60;
const [NEAREST, FURTHEST] = [0.02, 1.2];
/** Magnitudes: intrinsic scatter with lensing, which grows with distance. */
const sigmaAt = (z: number): number => Math.hypot(0.1, 0.055 * z);
/** Zero points of the near and the far sample, and dust that dims further ones: each an unknown common to many. */
const ZERO_POINT = 0.02;
const DUST = 0.03;
const NEAR = 0.1;

const z = Array.from({ length: COUNT }, (_, i) => Number((NEAREST * (FURTHEST / NEAREST) ** (i / (COUNT - 1))).toFixed(4)));
const common = (a: number, b: number): number => (a < NEAR === b < NEAR ? ZERO_POINT ** 2 : 0) + DUST ** 2 * a * b;
mkdirSync(folder, { recursive: true });
// The magnitudes are placeholders: simulate draws them.
writeFileSync(join(folder, "design.csv"), `z,m,sigma\n${z.map((one) => `${one},0,${sigmaAt(one).toFixed(4)}`).join("\n")}\n`);
writeFileSync(join(folder, "systematics.txt"), `${z.map((a) => z.map((b) => common(a, b).toExponential(9)).join(" ")).join("\n")}\n`);
console.log(`${COUNT} supernovae from z = ${z[0]} to ${z.at(-1)} in ${folder}`);
