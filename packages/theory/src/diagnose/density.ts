/** Smoothed densities of draws, and the levels of their highest-density regions: what corner plots are drawn from. */

export interface DensityAxis {
  readonly low: number;
  readonly high: number;
  /** Hard limits within which the draws lie: the density does not leak across them. */
  readonly walls: readonly [number, number];
}

/** Cells an axis; a standard deviation is then a dozen of them. */
export const DENSITY_CELLS = 64;

export function densityAxis(values: ArrayLike<number>, walls: readonly [number, number]): DensityAxis {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
  const margin = 0.25 * (at(0.999) - at(0.001)) || Math.abs(at(0.5)) || 1;
  return { low: Math.max(walls[0], at(0.001) - margin), high: Math.min(walls[1], at(0.999) + margin), walls };
}

/** Width of the smoothing kernel in cells: D. W. Scott, Multivariate Density Estimation, 1992, 6.42, for the effective number of draws. */
function bandwidth(values: ArrayLike<number>, { low, high }: DensityAxis, dimensions: number, effective: number): number {
  const n = values.length;
  let [mean, square] = [0, 0];
  for (let i = 0; i < n; i++) mean += (values[i] as number) / n;
  for (let i = 0; i < n; i++) square += ((values[i] as number) - mean) ** 2 / n;
  return Math.max(0.6, ((Math.sqrt(square) * effective ** (-1 / (dimensions + 4))) / (high - low)) * DENSITY_CELLS);
}

function cell(value: number, { low, high }: DensityAxis): number {
  return Math.floor(((value - low) / (high - low)) * DENSITY_CELLS);
}

/** Gaussian smoothing along one axis of [rows, DENSITY_CELLS]; divided by the kernel's share inside the walls, so that a density is not lowered beside them. */
function smooth(rows: readonly Float64Array[], width: number, axis: DensityAxis): Float64Array[] {
  const reach = Math.ceil(4 * width);
  const kernel = Float64Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-0.5 * ((i - reach) / width) ** 2));
  const size = (axis.high - axis.low) / DENSITY_CELLS;
  const below = axis.low - axis.walls[0] < size ? 0 : -reach;
  const above = axis.walls[1] - axis.high < size ? DENSITY_CELLS : DENSITY_CELLS + reach;
  return rows.map((row) =>
    row.map((_, at) => {
      let sum = 0;
      let weight = 0;
      for (let i = -reach; i <= reach; i++) {
        if (at + i < below || at + i >= above) continue;
        weight += kernel[i + reach] as number;
        sum += (kernel[i + reach] as number) * (row[at + i] ?? 0);
      }
      return sum / weight;
    }),
  );
}

function transposed(rows: readonly Float64Array[]): Float64Array[] {
  return Array.from({ length: DENSITY_CELLS }, (_, j) => Float64Array.from(rows, (row) => row[j] as number));
}

/** Heights at the cells' centres [DENSITY_CELLS], the highest 1. */
export function density1d(values: ArrayLike<number>, axis: DensityAxis, effective: number): Float64Array {
  const counts = new Float64Array(DENSITY_CELLS);
  for (let i = 0; i < values.length; i++) {
    const at = cell(values[i] as number, axis);
    if (at >= 0 && at < DENSITY_CELLS) counts[at] = (counts[at] as number) + 1;
  }
  const [smoothed] = smooth([counts], bandwidth(values, axis, 1, effective), axis) as [Float64Array];
  const most = Math.max(...smoothed);
  return smoothed.map((value) => value / most);
}

/** Densities at the cells' centres, row by row along y [DENSITY_CELLS · DENSITY_CELLS]. */
export function density2d(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  axisX: DensityAxis,
  axisY: DensityAxis,
  effective: number,
): Float64Array {
  const rows = Array.from({ length: DENSITY_CELLS }, () => new Float64Array(DENSITY_CELLS));
  for (let i = 0; i < x.length; i++) {
    const [column, row] = [cell(x[i] as number, axisX), cell(y[i] as number, axisY)];
    if (column < 0 || column >= DENSITY_CELLS || row < 0 || row >= DENSITY_CELLS) continue;
    (rows[row] as Float64Array)[column] = ((rows[row] as Float64Array)[column] as number) + 1;
  }
  const alongX = smooth(rows, bandwidth(x, axisX, 2, effective), axisX);
  const alongY = transposed(smooth(transposed(alongX), bandwidth(y, axisY, 2, effective), axisY));
  const all = new Float64Array(DENSITY_CELLS * DENSITY_CELLS);
  alongY.forEach((row, r) => {
    all.set(row, r * DENSITY_CELLS);
  });
  return all;
}

/** The density above which a share of the probability lies. */
export function densityLevel(density: Float64Array, share: number): number {
  const sorted = Float64Array.from(density).sort().reverse();
  const wanted = share * sorted.reduce((sum, value) => sum + value, 0);
  let sum = 0;
  for (const value of sorted) {
    sum += value;
    if (sum >= wanted) return value;
  }
  return 0;
}
