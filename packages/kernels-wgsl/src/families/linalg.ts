/** Factorisations of small matrices, a workgroup each, and the systems that they solve. */
import { type Family, type Kernel, type LaunchShape, single } from "../kernel.js";

/** One workgroup for each of the matrices that the first word counts, square, of more threads for larger ones. */
function perMatrix(shader: string, n: (shape: LaunchShape) => number): Kernel {
  return single(
    shader,
    ({ words }) => words[0] as number,
    (shape) => ({ SIDE: n(shape) <= 32 ? 8 : 16 }),
  );
}

/** Systems of one matrix that a workgroup takes, and threads that share each. */
function team([, n, systems]: readonly number[]): { COLUMNS: number; ROWS: number } {
  const COLUMNS = Math.min(16, 2 ** Math.ceil(Math.log2(Math.max(systems as number, 1))));
  return { COLUMNS, ROWS: ((n as number) <= 64 ? 64 : 256) / COLUMNS };
}

/** Words begin with matrices, unknowns and systems per matrix. */
function perSystems(shader: string): Kernel {
  return single(
    shader,
    ({ words }) => (words[0] as number) * Math.max(Math.ceil((words[2] as number) / team(words).COLUMNS), 1),
    ({ words }) => team(words),
  );
}

const side = ({ words }: LaunchShape) => words[1] as number;

export const linalg = {
  cholesky: perMatrix("cholesky", side),
  eigh: perMatrix("eigh", side),
  lu_factor: perMatrix("lu_factor", side),
  lu_solve: perSystems("lu_solve"),
  qr: perMatrix("qr", ({ words }) => Math.max(words[1] as number, words[2] as number)),
  triangular_solve: perSystems("triangular_solve"),
} as const satisfies Family;
