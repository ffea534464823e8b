/**
 * Integrals of one integrand to many upper limits, such as distances to a thousand supernovae: the integrand is computed once, at
 * the Legendre nodes of the widest interval, and each integral is a product with weights known beforehand. With twice the nodes
 * of the rule it replaces, the interpolation errs as that rule does on the widest interval (ρ^−2K; see quadrature.ts).
 */

import { type Known, mapKnown } from "./evaluate.js";
import { gaussLegendre } from "./quadrature.js";
import { type Expression, everyNode, type IntegralNode, type VariableNode } from "./tree.js";

export interface Interpolation {
  readonly rows: number;
  /** Where the integrand is computed [k]. */
  readonly nodes: Float64Array;
  /** A row's integral is Σ weights · values [rows, k]. */
  readonly weights: Float64Array;
}

/** Below this many rows the rule itself needs no more values. */
const FEWEST_ROWS = 4;
/** Of the rule to be replaced: who asks for more has an integrand that is not smooth. */
const MOST_NODES = 128;

/** Variables of the outermost integrals whose integrands are the same in every row. */
export function sharedIntegrals(root: Expression, isOneValue: (name: string) => boolean): ReadonlySet<VariableNode> {
  const integrals = everyNode(root).filter((node): node is IntegralNode => node.kind === "integral" && node.variable.level === 0);
  const shared = new Set(integrals.map(({ variable }) => variable));
  for (const { variable, body } of integrals) {
    const parts = everyNode(body, (node) => node === variable);
    if (parts.some((part) => part.kind === "state" || (part.kind === "name" && !isOneValue(part.name)))) shared.delete(variable);
  }
  return shared;
}

/** @param count nodes of the rule to be replaced; undefined where replacing it would gain nothing */
export function interpolationOf(from: Known, to: Known, count: number): Interpolation | undefined {
  const ends = mapKnown((_, b = 0) => b, [from, to]);
  const begins = mapKnown((a = 0) => a, [from, to]);
  if (typeof ends === "number" || typeof begins === "number") return undefined;
  const rows = ends.shape[0] as number;
  if (rows !== ends.data.length || rows < FEWEST_ROWS || count > MOST_NODES) return undefined;
  let [low, high] = [Infinity, -Infinity];
  for (const x of [...begins.data, ...ends.data]) {
    if (!Number.isFinite(x)) return undefined;
    low = Math.min(low, x);
    high = Math.max(high, x);
  }
  if (low === high) return undefined;
  const wide = gaussLegendre(2 * count);
  const narrow = gaussLegendre(count); // exact for the interpolating polynomial, whose degree is 2 count − 1
  const nodes = wide.nodes.map((t) => (low + high) / 2 + ((high - low) / 2) * t);
  const barycentric = barycentricWeights(wide.nodes, wide.weights);
  const weights = new Float64Array(rows * nodes.length);
  const basis = new Float64Array(nodes.length);
  for (let row = 0; row < rows; row++) {
    const [a, b] = [begins.data[row] as number, ends.data[row] as number];
    for (let i = 0; i < count; i++) {
      const x = (a + b) / 2 + ((b - a) / 2) * (narrow.nodes[i] as number);
      lagrange(nodes, barycentric, x, basis);
      const share = ((b - a) / 2) * (narrow.weights[i] as number);
      for (let k = 0; k < nodes.length; k++)
        weights[row * nodes.length + k] = (weights[row * nodes.length + k] as number) + share * (basis[k] as number);
    }
  }
  return { rows, nodes, weights };
}

/** (−1)^k √((1 − x²) w): H. Wang, S. Xiang, Math. Comp. 81 (2012) 861, theorem 3.1. */
function barycentricWeights(nodes: Float64Array, weights: Float64Array): Float64Array {
  return nodes.map((x, k) => (k % 2 === 0 ? 1 : -1) * Math.sqrt((1 - x * x) * (weights[k] as number)));
}

/** Lagrange's polynomials at x: J.-P. Berrut, L. N. Trefethen, SIAM Rev. 46 (2004) 501, eq. 4.2. */
function lagrange(nodes: Float64Array, barycentric: Float64Array, x: number, basis: Float64Array): void {
  const hit = nodes.indexOf(x);
  if (hit >= 0) {
    basis.fill(0);
    basis[hit] = 1;
    return;
  }
  let sum = 0;
  for (let k = 0; k < nodes.length; k++) {
    basis[k] = (barycentric[k] as number) / (x - (nodes[k] as number));
    sum += basis[k] as number;
  }
  for (let k = 0; k < nodes.length; k++) basis[k] = (basis[k] as number) / sum;
}
