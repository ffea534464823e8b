/**
 * Gauss–Legendre rules. A rule of K nodes is exact for polynomials of degree 2K − 1; for an integrand analytic in the ellipse
 * with foci ±1 and semi-axis sum ρ its error is below 64/15 · M ρ^{1−2K}/(1 − ρ⁻²) (L. N. Trefethen, SIAM Rev. 50 (2008) 67).
 */

export interface Rule {
  /** In (−1, 1), rising. */
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/** Nodes by Newton's method on P_K from Tricomi's estimate; accurate to the last bits for K up to a few thousand. */
export function gaussLegendre(count: number): Rule {
  const nodes = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let i = 0; i < (count + 1) >> 1; i++) {
    let x = (1 - (count - 1) / (8 * count ** 3)) * Math.cos((Math.PI * (4 * i + 3)) / (4 * count + 2));
    let slope = 0;
    for (let step = 0; step < 10; step++) {
      let previous = 1;
      let value = x;
      for (let k = 2; k <= count; k++) [previous, value] = [value, x * value + ((k - 1) / k) * (x * value - previous)];
      slope = (count * (x * value - previous)) / (x * x - 1);
      const change = value / slope;
      x -= change;
      if (Math.abs(change) < 1e-16) break;
    }
    nodes[i] = -x;
    nodes[count - 1 - i] = x;
    weights[i] = weights[count - 1 - i] = 2 / ((1 - x * x) * slope * slope);
  }
  if (count % 2 === 1) nodes[count >> 1] = 0;
  return { nodes, weights };
}
