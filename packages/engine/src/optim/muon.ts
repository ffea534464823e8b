/**
 * Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon; Liu et al. 2025, "Muon is Scalable for LLM Training", arXiv 2502.16982) for
 * hidden matrices, in PyTorch's form, and AdamW for everything else.
 */

import { TetradError } from "../errors.js";
import type { Scalar } from "../op.js";
import { add } from "../ops/add.js";
import { matmul } from "../ops/matmul.js";
import { mul } from "../ops/mul.js";
import { type Shape, sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { type AdamOptions, adamUpdate } from "./adam.js";
import { checkBetas, decaysByDefault, makeOptimizer, type Optimizer, type OptimizerOptions, type TensorUpdate } from "./optimizer.js";

export interface MuonOptions extends OptimizerOptions {
  readonly momentum?: number;
  readonly nesterov?: boolean;
  /** Newton–Schulz iterations. */
  readonly iterations?: number;
  /** Coefficients of X, (X Xᵀ) X and (X Xᵀ)² X in one of them. */
  readonly coefficients?: readonly [number, number, number];
  readonly eps?: number;
  /**
   * The step of an m × n matrix as a multiple of the rate: √max(1, m/n) (`original`, the default), or 0.2 √max(m, n) (`match_rms_adamw`),
   * with which rates and decays are those of AdamW.
   */
  readonly adjustLr?: "original" | "match_rms_adamw";
  /** Which parameters of two axes are hidden matrices; by default those whose name speaks of neither embedding nor output. */
  readonly hidden?: (name: string, shape: Shape) => boolean;
  /** AdamW's side: a factor on the rate, and its own constants. */
  readonly adamw?: Pick<AdamOptions, "beta1" | "beta2" | "eps"> & { readonly lrScale?: number };
}

/** Embeddings and output layers in the names of GPT-2, Llama, BERT and T5. */
const NOT_HIDDEN = /embed|wte|wpe|lm_head|shared|classifier|output_projection/;

/**
 * The momentum of a matrix, made nearly orthogonal by five iterations of matrix products; everything that is no hidden matrix takes AdamW's
 * step. Decay (0.1 unless told) is decoupled, on parameters of two or more axes.
 * @throws TetradError ARGUMENT when `hidden` chooses a parameter that is no matrix (when the program is compiled)
 */
export function muon(options: MuonOptions = {}): Optimizer {
  const { lr = 1e-3, momentum = 0.95, nesterov = true, iterations = 5, coefficients = [3.4445, -4.775, 2.0315], eps = 1e-7 } = options;
  const { adjustLr = "original", hidden = (name) => !NOT_HIDDEN.test(name), weightDecay = 0.1, decays = decaysByDefault } = options;
  const { lrScale: adamwScale = 1, ...adamw } = options.adamw ?? {};
  const ownScale = options.lrScale ?? (() => 1);
  checkBetas("muon", { momentum });
  const ratio = ([m, n]: readonly [number, number]) =>
    adjustLr === "original" ? Math.sqrt(Math.max(1, m / n)) : 0.2 * Math.sqrt(Math.max(m, n));
  const orthogonal: TensorUpdate = {
    kind: "tensor",
    moments: (shape) => [sizeOf(shape)],
    launch({ shape, dtype, params, moments, gradients, scalars, weightDecay: decay, lrScale, temp, emit, trace }) {
      const n = sizeOf(shape);
      const start = temp({ shape, dtype });
      emit({
        kernel: "muon_momentum",
        outputs: [...moments, start],
        inputs: [gradients, scalars],
        scalars: [n, Number(nesterov), { f64: momentum }, { f64: eps }],
        flops: 10 * n,
        updates: true,
      });
      const update = trace(() => newtonSchulz(start, iterations, coefficients));
      const constants: Scalar[] = [ratio(shape as [number, number]), decay, lrScale].map((f64) => ({ f64 }));
      emit({
        kernel: "muon_apply",
        outputs: [params],
        inputs: [update, scalars],
        scalars: [n, ...constants],
        flops: 3 * n,
        updates: true,
      });
    },
    reference({ shape, params, gradients, moments, lr: rate, weightDecay: decay }) {
      const buffer = moments[0] as Float64Array;
      const update = gradients.map((g, i) => {
        buffer[i] = momentum * (buffer[i] as number) + (1 - momentum) * g;
        return nesterov ? momentum * (buffer[i] as number) + (1 - momentum) * g : (buffer[i] as number);
      });
      const size = shape as [number, number];
      const step = rate * ratio(size);
      const direction = newtonSchulzReference(update, size, iterations, coefficients, eps);
      for (let i = 0; i < params.length; i++) params[i] = (params[i] as number) * (1 - rate * decay) - step * (direction[i] as number);
    },
  };
  const plain = adamUpdate(true, adamw);
  const isHidden = (name: string, shape: Shape) => {
    const chosen = (options.hidden !== undefined || shape.length === 2) && hidden(name, shape);
    if (chosen && shape.length !== 2) {
      throw new TetradError("ARGUMENT", {
        op: "muon",
        what: `hidden chooses "${name}", which is no matrix`,
        got: `${shape.length} axes`,
        expected: "2 axes",
      });
    }
    return chosen;
  };
  return makeOptimizer(
    "muon",
    { ...options, lr, weightDecay, decays, lrScale: (name, shape) => ownScale(name, shape) * (isHidden(name, shape) ? 1 : adamwScale) },
    (name, shape) => (isHidden(name, shape) ? orthogonal : plain),
  );
}

/** Iterations on the smaller of the two Gram matrices; U is symmetric, so a tall X is multiplied from the right instead of transposed. */
function newtonSchulz(start: Tensor, iterations: number, [a, b, c]: readonly [number, number, number]): Tensor {
  const [m, n] = start.shape as [number, number];
  const tall = m > n;
  let x = start;
  for (let i = 0; i < iterations; i++) {
    const gram = tall ? matmul(x, x, { transposeA: true }) : matmul(x, x, { transposeB: true });
    const u = add(mul(c, matmul(gram, gram)), mul(b, gram));
    x = add(tall ? matmul(x, u) : matmul(u, x), mul(a, x));
  }
  return x;
}

/** The same on plain arrays, by way of a transposed copy as PyTorch has it. */
function newtonSchulzReference(
  update: Float64Array,
  [m, n]: readonly [number, number],
  iterations: number,
  [a, b, c]: readonly [number, number, number],
  eps: number,
): Float64Array {
  const tall = m > n;
  const [rows, columns] = tall ? [n, m] : [m, n];
  const at = (k: number) => (tall ? (k % columns) * n + Math.floor(k / columns) : k);
  const norm = Math.sqrt(update.reduce((sum, u) => sum + u * u, 0));
  let x = update.map((_, k) => (update[at(k)] as number) / Math.max(norm, eps));
  const product = (p: Float64Array, q: Float64Array, inner: number, width: number, transposed: boolean) =>
    Float64Array.from({ length: rows * width }, (_, k) => {
      const [i, j] = [Math.floor(k / width), k % width];
      let sum = 0;
      for (let l = 0; l < inner; l++) sum += (p[i * inner + l] as number) * (q[transposed ? j * inner + l : l * width + j] as number);
      return sum;
    });
  for (let step = 0; step < iterations; step++) {
    const gram = product(x, x, columns, rows, true);
    const square = product(gram, gram, rows, rows, false);
    const u = gram.map((g, k) => b * g + c * (square[k] as number));
    const moved = product(u, x, rows, columns, false);
    x = x.map((value, k) => a * value + (moved[k] as number));
  }
  const result = new Float64Array(m * n);
  x.forEach((value, k) => {
    result[at(k)] = value;
  });
  return result;
}
