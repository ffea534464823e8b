/** Adafactor (Shazeer and Stern 2018, "Adaptive Learning Rates with Sublinear Memory Cost", arXiv 1804.04235). */

import { TetradError } from "../errors.js";
import type { Scalar } from "../op.js";
import { type Shape, sizeOf } from "../shape.js";
import { checkBetas, decaysAlways, makeOptimizer, type Optimizer, type OptimizerOptions, type TensorUpdate } from "./optimizer.js";

export interface AdafactorOptions extends OptimizerOptions {
  /**
   * `torch` (the default): torch.optim.Adafactor, whose steps are relative to the parameter's size and whose rate, 0.01 unless told, is at
   * most 1/√t. `paper`: as in fairseq and transformers; without `lr` the rate is min(0.01, 1/√t).
   */
  readonly form?: "torch" | "paper";
  /** The moving averages take t^decayRate of the new squares at step t. */
  readonly decayRate?: number;
  /** Least root of a second moment (torch; 2^-23), or what is added to squared gradients (paper; 1e-30). */
  readonly eps1?: number;
  /** Least size of a parameter that steps are relative to. */
  readonly eps2?: number;
  /** Largest root mean square of an update before the rate. */
  readonly clipThreshold?: number;
  /** Momentum of updates (paper); none unless told. */
  readonly beta1?: number;
  /** Steps relative to the parameter's size (paper); true unless told. */
  readonly scaleParameter?: boolean;
  /** Without `lr`, the rate rises by 1e-6 a step before it falls (paper). */
  readonly warmupInit?: boolean;
}

/** Flags of the kernels' words, see tensorwise/adafactor_step.ts. */
const FLAG = { torch: 1, relative: 2 } as const;

/** The matrices that a parameter is factored into: its last two axes, as many as the others say. */
function matrices(shape: Shape): { batch: number; rows: number; columns: number } {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return { batch: sizeOf(shape.slice(0, -2)), rows, columns };
}

/**
 * Of the second moments of a matrix it keeps means of rows and columns only, and no momentum unless asked: the state of an m × n matrix is
 * m + n numbers. Vectors keep theirs whole. Decay (0 unless told) is decoupled.
 * @throws TetradError ARGUMENT for an option of the other form
 */
export function adafactor(options: AdafactorOptions = {}): Optimizer {
  const { form = "torch", decayRate = -0.8, eps2 = 1e-3, clipThreshold = 1, beta1 = 0, weightDecay = 0, decays = decaysAlways } = options;
  const torch = form === "torch";
  const { eps1 = torch ? 2 ** -23 : 1e-30, scaleParameter = true, warmupInit = false } = options;
  if ((torch && (beta1 !== 0 || !scaleParameter)) || (warmupInit && (torch || options.lr !== undefined))) {
    throw new TetradError("ARGUMENT", {
      op: "adafactor",
      what: "beta1, scaleParameter and warmupInit belong to the paper's form, and warmupInit to its own rates",
      got: `form "${form}"${options.lr === undefined ? "" : " with lr"}`,
      hint: warmupInit && !torch ? "leave lr out" : 'say form: "paper"',
    });
  }
  checkBetas("adafactor", { beta1 });
  const ownRate = (step: number) => Math.min(warmupInit ? 1e-6 * (step + 1) : 1e-2, 1 / Math.sqrt(step + 1));
  const lr = options.lr ?? (torch ? 1e-2 : ownRate);
  const flags = Number(torch) * FLAG.torch + Number(scaleParameter) * FLAG.relative;
  const update: TensorUpdate = {
    kind: "tensor",
    moments(shape) {
      const momentum = beta1 === 0 ? [] : [sizeOf(shape)];
      if (shape.length < 2) return [sizeOf(shape), 0, ...momentum];
      const { batch, rows, columns } = matrices(shape);
      return [batch * rows, batch * columns, ...momentum];
    },
    launch({ shape, params, moments, gradients, scalars, nothing, weightDecay: decay, lrScale, emit }) {
      const [second, columnMeans, momentum = nothing] = moments as [(typeof moments)[0], (typeof moments)[0], (typeof moments)[0]?];
      const constants: Scalar[] = [decayRate, eps1, eps2, clipThreshold, beta1, decay, lrScale].map((f64) => ({ f64 }));
      const factored = shape.length >= 2;
      const { batch, rows, columns } = matrices(shape);
      emit({
        kernel: factored ? "adafactor_matrix" : "adafactor_vector",
        outputs: factored ? [params, second, columnMeans, momentum] : [params, second, momentum],
        inputs: [gradients, scalars],
        scalars: [...(factored ? [batch, rows, columns] : [sizeOf(shape)]), flags, ...constants],
        flops: 16 * sizeOf(shape),
        updates: true,
      });
    },
    reference({ shape, params, gradients, moments, step, lr: rate, weightDecay: decay }) {
      const n = params.length;
      const [second, columnMeans, momentum] = moments as [Float64Array, Float64Array, Float64Array | undefined];
      const fresh = (step + 1) ** decayRate;
      const added = torch ? 0 : eps1;
      const average = (means: Float64Array, at: number, value: number) => {
        means[at] = (1 - fresh) * (means[at] as number) + fresh * value;
      };
      const variance = new Float64Array(n);
      if (shape.length < 2) {
        gradients.forEach((g, i) => {
          average(second, i, g * g + added);
        });
        variance.set(second);
      } else {
        const { batch, rows, columns } = matrices(shape);
        for (let b = 0; b < batch; b++) {
          const square = (i: number, j: number) => (gradients[(b * rows + i) * columns + j] as number) ** 2 + added;
          for (let i = 0; i < rows; i++)
            average(
              second,
              b * rows + i,
              meanOf(columns, (j) => square(i, j)),
            );
          for (let j = 0; j < columns; j++)
            average(
              columnMeans,
              b * columns + j,
              meanOf(rows, (i) => square(i, j)),
            );
          const all = meanOf(rows, (i) => second[b * rows + i] as number);
          const whole = torch ? Math.max(all, eps1) : all;
          for (let i = 0; i < rows; i++) {
            for (let j = 0; j < columns; j++) {
              const at = b * rows + i;
              variance[at * columns + j] = ((second[at] as number) / whole) * (columnMeans[b * columns + j] as number);
            }
          }
        }
      }
      const least = torch ? eps1 * eps1 : 0;
      const direction = gradients.map((g, i) => g / Math.sqrt(Math.max(variance[i] as number, least)));
      const rootMeanSquare = (values: Float64Array) => Math.sqrt(meanOf(n, (i) => (values[i] as number) ** 2));
      const bounded = torch ? Math.min(rate, 1 / Math.sqrt(step + 1)) : rate;
      const now = scaleParameter ? bounded * Math.max(eps2, rootMeanSquare(params)) : bounded;
      const factor = now / Math.max(1, rootMeanSquare(direction) / clipThreshold);
      for (let i = 0; i < n; i++) {
        let change = factor * (direction[i] as number);
        if (momentum !== undefined) {
          change = beta1 * (momentum[i] as number) + (1 - beta1) * change;
          momentum[i] = change;
        }
        params[i] = (params[i] as number) * (1 - decay * (torch ? rate : now)) - change;
      }
    },
  };
  return makeOptimizer("adafactor", { ...options, lr, weightDecay, decays }, update);
}

function meanOf(n: number, f: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += f(i);
  return sum / n;
}
