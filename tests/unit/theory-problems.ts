// Least-squares problems with known answers. Misra1a and Thurber: NIST StRD (public domain), certified values to 11 digits; exact values are
// 50-digit solutions of the same data rounded to float64. Jacobians by hand, so that minimisers are tested without any engine.

export interface Problem {
  readonly name: string;
  readonly starts: readonly (readonly number[])[];
  /** Residuals [m] and Jacobian [m, n]. */
  readonly evaluate: (theta: ArrayLike<number>) => { residuals: number[]; jacobian: number[] };
  readonly solution: readonly number[];
  readonly minimum: number;
  readonly lower?: readonly number[];
  readonly upper?: readonly number[];
}

export interface CertifiedProblem extends Problem {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly certified: readonly number[];
  readonly standardDeviations: readonly number[];
}

function curve(
  x: readonly number[],
  y: readonly number[],
  model: (theta: ArrayLike<number>, x: number) => { value: number; slopes: number[] },
): Problem["evaluate"] {
  return (theta) => {
    const rows = x.map((xi) => model(theta, xi));
    return { residuals: rows.map((row, i) => row.value - (y[i] as number)), jacobian: rows.flatMap((row) => row.slopes) };
  };
}

/** Σ r² with its gradient. */
export function sumOfSquares(problem: Problem): (theta: ArrayLike<number>) => { value: number; gradient: number[] } {
  return (theta) => {
    const { residuals, jacobian } = problem.evaluate(theta);
    const n = theta.length;
    const gradient = Array.from({ length: n }, (_, j) => residuals.reduce((sum, r, i) => sum + 2 * r * (jacobian[i * n + j] as number), 0));
    return { value: residuals.reduce((sum, r) => sum + r * r, 0), gradient };
  };
}

const MISRA1A = {
  x: [77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0],
  y: [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.4, 75.47, 81.78],
};

const THURBER = {
  x: [
    -3.067, -2.981, -2.921, -2.912, -2.84, -2.797, -2.702, -2.699, -2.633, -2.481, -2.363, -2.322, -1.501, -1.46, -1.274, -1.212, -1.1,
    -1.046, -0.915, -0.714, -0.566, -0.545, -0.4, -0.309, -0.109, -0.103, 0.01, 0.119, 0.377, 0.79, 0.963, 1.006, 1.115, 1.572, 1.841,
    2.047, 2.2,
  ],
  y: [
    80.574, 84.248, 87.264, 87.195, 89.076, 89.608, 89.868, 90.101, 92.405, 95.854, 100.696, 101.06, 401.672, 390.724, 567.534, 635.316,
    733.054, 759.087, 894.206, 990.785, 1090.109, 1080.914, 1122.643, 1178.351, 1260.531, 1273.514, 1288.339, 1327.543, 1353.863, 1414.509,
    1425.208, 1421.384, 1442.962, 1464.35, 1468.705, 1447.894, 1457.628,
  ],
};

const DECAY = {
  x: [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0, 7.5, 8.0, 8.5, 9.0, 9.5],
  y: [5.12, 4.13, 3.35, 2.71, 2.31, 1.83, 1.57, 1.22, 1.11, 0.87, 0.83, 0.66, 0.64, 0.49, 0.52, 0.41, 0.45, 0.33, 0.39, 0.31],
};

export const rosenbrock: Problem = {
  name: "rosenbrock",
  starts: [[-1.2, 1]],
  evaluate: (theta) => {
    const [a, b] = Array.from(theta) as [number, number];
    return { residuals: [10 * (b - a * a), 1 - a], jacobian: [-20 * a, 10, -1, 0] };
  },
  solution: [1, 1],
  minimum: 0,
};

export const powellSingular: Problem = {
  name: "powell singular",
  starts: [[3, -1, 0, 1]],
  evaluate: (theta) => {
    const [a, b, c, d] = Array.from(theta) as [number, number, number, number];
    const p = b - 2 * c;
    const q = a - d;
    return {
      residuals: [a + 10 * b, Math.sqrt(5) * (c - d), p * p, Math.sqrt(10) * q * q],
      jacobian: [1, 10, 0, 0, 0, 0, Math.sqrt(5), -Math.sqrt(5), 0, 2 * p, -4 * p, 0, 2 * Math.sqrt(10) * q, 0, 0, -2 * Math.sqrt(10) * q],
    };
  },
  solution: [0, 0, 0, 0],
  minimum: 0,
};

export const misra1a: CertifiedProblem = {
  ...MISRA1A,
  name: "misra1a",
  starts: [
    [500, 0.0001],
    [250, 0.0005],
  ],
  evaluate: curve(MISRA1A.x, MISRA1A.y, (theta, x) => {
    const [a, k] = Array.from(theta) as [number, number];
    const e = Math.exp(-k * x);
    return { value: a * (1 - e), slopes: [1 - e, a * x * e] };
  }),
  solution: [238.9421291788617, 0.0005501564318059136],
  minimum: 0.12455138894440551,
  certified: [238.94212918, 0.00055015643181],
  standardDeviations: [2.7070075241, 7.2668688436e-6],
};

export const thurber: CertifiedProblem = {
  ...THURBER,
  name: "thurber",
  starts: [
    [1000, 1000, 400, 40, 0.7, 0.3, 0.03],
    [1300, 1500, 500, 75, 1, 0.4, 0.05],
  ],
  evaluate: curve(THURBER.x, THURBER.y, (theta, x) => {
    const [a, b, c, d, p, q, r] = Array.from(theta) as [number, number, number, number, number, number, number];
    const below = 1 + x * (p + x * (q + x * r));
    const value = (a + x * (b + x * (c + x * d))) / below;
    return { value, slopes: [1, x, x * x, x ** 3, -value * x, -value * x * x, -value * x ** 3].map((slope) => slope / below) };
  }),
  solution: [
    1288.1396799537592, 1491.0792535421924, 583.2383687666528, 75.41664429100803, 0.9662950286446008, 0.3979728579739003,
    0.0497272973488459,
  ],
  minimum: 5642.708239667012,
  certified: [1288.13968, 1491.0792535, 583.23836877, 75.416644291, 0.96629502864, 0.39797285797, 0.049727297349],
  standardDeviations: [4.6647963344, 39.571156086, 28.698696102, 5.567537027, 0.031333340687, 0.014984928198, 0.0065842344623],
};

const decayCurve = curve(DECAY.x, DECAY.y, (theta, t) => {
  const [a, k, c] = Array.from(theta) as [number, number, number];
  const e = Math.exp(-k * t);
  return { value: a * e + c, slopes: [e, -a * t * e, 1] };
});

export const decay: Problem = {
  name: "exponential decay",
  starts: [[1, 1, 0]],
  evaluate: decayCurve,
  solution: [4.839216881941701, 0.4474592901801047, 0.26927786990037356],
  minimum: 0.02852523175679579,
};

export const boundedDecay: Problem = {
  name: "exponential decay, active bound",
  starts: [[1, 1, 0.1]],
  evaluate: decayCurve,
  lower: [0, 0, 0],
  upper: [10, 2, 0.2],
  solution: [4.872143930276566, 0.4269942373684808, 0.2],
  minimum: 0.047102388912459665,
};

/** An exponential above a floor with three outliers. */
export const robustData = {
  x: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  y: [10.2, 7.9, 6.1, 5.2, 9.5, 2.9, 2.4, 1.7, 1.6, 1, 3.9, 0.8],
  s: [0.3, 0.2, 0.2, 0.3, 0.2, 0.2, 0.1, 0.2, 0.1, 0.1, 0.2, 0.1],
};

/**
 * SciPy 1.17.1: fit = least_squares(lambda p: (y - p[0]*exp(-x/p[1]) - p[2])/s, [10, 4, 0.1], jac, loss=…, f_scale=…, xtol=3e-16, ftol=3e-16,
 * gtol=1e-15); `best` is fit.x, `cost` fit.cost, `gaussNewton` sqrt(diag(inv(fit.jac.T @ fit.jac))). From there, with PyTorch's float64 autograd:
 * H = hessian of the cost, J = jacobian of the residuals r, `hessian` sqrt(diag(inv(H))), `sandwich` sqrt(diag(inv(H) @ (J.T*ψ(r)²) @ J @ inv(H)))
 * without the factor n/(n − k).
 */
export const ROBUST_FITS = [
  {
    loss: "huber",
    scale: 1.345,
    best: [10.019913725548257, 4.073046326314158, 0.10983434573192526],
    cost: 59.67709849090258,
    hessian: [0.2169784839699282, 0.2579455628562433, 0.19296679260101463],
    sandwich: [0.1618349046207969, 0.18610835142783738, 0.16726084134891192],
    gaussNewton: [0.21701811, 0.25940132, 0.19390174],
  },
  {
    loss: "soft_l1",
    scale: 0.8,
    best: [9.984969826775332, 4.030769243126062, 0.14672053884232494],
    cost: 35.730772414102304,
    hessian: [0.24175122048482708, 0.2787847385787086, 0.2033308228389907],
    sandwich: [0.12323294399740199, 0.1422657079193795, 0.11305913250876594],
    gaussNewton: [0.24176052, 0.2790749, 0.20350797],
  },
  {
    loss: "cauchy",
    scale: 1.5,
    best: [9.979628831620522, 3.9781203333580137, 0.1598947402847993],
    cost: 14.517221205984905,
    hessian: [0.2346893099310212, 0.27235105227093354, 0.20177768832829648],
    sandwich: [0.10703536192951728, 0.10503471256942376, 0.09130618231636456],
    gaussNewton: [0.23274056, 0.2711581, 0.19928338],
  },
] as const;
