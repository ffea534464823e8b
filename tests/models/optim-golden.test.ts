// Every optimiser's 25-step trajectory against PyTorch's, through the engine's own graph, gradients and update kernels.
import {
  adadelta,
  adafactor,
  adagrad,
  adam,
  adamax,
  adamw,
  createEngine,
  type EngineOptions,
  type FloatDType,
  lamb,
  lbfgs,
  lion,
  matmul,
  mean,
  mul,
  muon,
  nadam,
  type Optimizer,
  radam,
  rmsprop,
  sgd,
  slice,
  square,
  sub,
  sum,
  type Tensor,
  valueAndGrad,
} from "@tetrad/engine";
import { describe, expect, test } from "vitest";
import golden from "../goldens/optim/optimizers.json" with { type: "json" };
import { largestError } from "../support/error.js";

interface Case {
  readonly problem: "vector" | "matrix" | "wide" | "stack" | "rosenbrock";
  readonly class: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly trajectory: readonly (readonly number[] | readonly (readonly number[])[])[];
  readonly loss: readonly number[];
  readonly f32_error: number;
}

const cases = Object.entries(golden.cases as unknown as Record<string, Case>);
const STEPS = 25;

interface Options {
  readonly lr: number;
  readonly weight_decay: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  readonly amsgrad: boolean;
  readonly alpha: number;
  readonly centered: boolean;
  readonly lr_decay: number;
  readonly initial_accumulator_value: number;
  readonly rho: number;
  readonly momentum_decay: number;
  readonly decoupled_weight_decay: boolean;
  readonly always_adapt: boolean;
  readonly decay_rate: number;
  readonly beta2_decay: number;
  readonly clip_threshold: number;
  readonly d: number;
  readonly scale_parameter: boolean;
  readonly warmup_init: boolean;
  readonly ns_coefficients: readonly [number, number, number];
  readonly ns_steps: number;
  readonly adjust_lr_fn: "match_rms_adamw" | null;
}

function optimizerOf(golden: Case): Optimizer {
  const o = golden.options as unknown as Options;
  // Adafactor's only: a pair where the others have a number, and null for what is left to it.
  const { eps: floors, lr, beta1 } = golden.options as unknown as { eps: [number, number]; lr: number | null; beta1: number | null };
  const common = { lr: o.lr, weightDecay: o.weight_decay, decays: () => true };
  switch (golden.class) {
    case "torch.SGD":
      return sgd({ ...common, momentum: o.momentum, dampening: o.dampening, nesterov: o.nesterov });
    case "torch.Adam":
      return adam({ ...common, beta1: o.betas[0], beta2: o.betas[1], eps: o.eps, amsgrad: o.amsgrad });
    case "torch.AdamW":
      return adamw({ ...common, beta1: o.betas[0], beta2: o.betas[1], eps: o.eps, amsgrad: o.amsgrad });
    case "torch.RMSprop":
      return rmsprop({ ...common, alpha: o.alpha, eps: o.eps, momentum: o.momentum, centered: o.centered });
    case "torch.Adagrad":
      return adagrad({ ...common, lrDecay: o.lr_decay, initialAccumulator: o.initial_accumulator_value, eps: o.eps });
    case "torch.Adadelta":
      return adadelta({ ...common, rho: o.rho, eps: o.eps });
    case "torch.NAdam":
      return nadam({
        ...common,
        beta1: o.betas[0],
        beta2: o.betas[1],
        eps: o.eps,
        momentumDecay: o.momentum_decay,
        decoupledWeightDecay: o.decoupled_weight_decay,
      });
    case "torch.RAdam":
      return radam({ ...common, beta1: o.betas[0], beta2: o.betas[1], eps: o.eps, decoupledWeightDecay: o.decoupled_weight_decay });
    case "torch.Adamax":
      return adamax({ ...common, beta1: o.betas[0], beta2: o.betas[1], eps: o.eps });
    case "lion_pytorch.Lion":
      return lion({ ...common, beta1: o.betas[0], beta2: o.betas[1] });
    case "timm.Lamb":
      return lamb({ ...common, beta1: o.betas[0], beta2: o.betas[1], eps: o.eps, alwaysAdapt: o.always_adapt });
    case "torch.Adafactor":
      return adafactor({ ...common, decayRate: o.beta2_decay, eps1: floors[0], eps2: floors[1], clipThreshold: o.d });
    case "transformers.Adafactor": {
      const { lr: _, ...rest } = common;
      return adafactor({
        ...rest,
        form: "paper",
        ...(lr !== null && { lr }),
        ...(beta1 !== null && { beta1 }),
        decayRate: o.decay_rate,
        eps1: floors[0],
        eps2: floors[1],
        clipThreshold: o.clip_threshold,
        scaleParameter: o.scale_parameter,
        warmupInit: o.warmup_init,
      });
    }
    case "torch.Muon":
      return muon({
        ...common,
        momentum: o.momentum,
        nesterov: o.nesterov,
        coefficients: o.ns_coefficients,
        eps: o.eps,
        iterations: o.ns_steps,
        adjustLr: o.adjust_lr_fn ?? "original",
      });
    default:
      throw new Error(`no optimiser stands for ${golden.class}`);
  }
}

type Numbers = readonly (number | Numbers)[];
const flat = (values: Numbers): number[] => values.flat(2) as number[];

/** Extents of nested numbers. */
const shapeOf = (values: number | Numbers): number[] =>
  typeof values === "number" ? [] : [values.length, ...shapeOf(values[0] as number | Numbers)];

/** mean((A x − b)²) for x [7], W [5, 3] or [3, 5], or a stack [2, 4, 3]. */
function leastSquares(x: Tensor, A: Tensor, b: Tensor): Tensor {
  return mean(square(sub(matmul(A, x), b)));
}

const rosenbrock = (x: Tensor): Tensor => {
  const head = slice(x, [0], [6]);
  const tail = slice(x, [1], [7]);
  return sum(sub(mul(10, square(sub(tail, square(head)))), sub(0, square(sub(1, head)))));
};

const machines: readonly { readonly name: string; readonly options: EngineOptions; readonly dtype: FloatDType }[] = [
  { name: "reference", options: { backend: "reference" }, dtype: "f64" },
  ...(["baseline", "relaxed"] as const).flatMap((build) =>
    (["f32", "f64"] as const).map((dtype) => ({ name: `${build} ${dtype}`, options: { build, threads: 1 }, dtype })),
  ),
  { name: "webgpu f32", options: { backend: "webgpu" }, dtype: "f32" },
];

describe.each(machines)("$name", ({ options, dtype }) => {
  /** The goldens' own rule: 8 times what PyTorch's f32 run of the same case loses. */
  const tolerance = ({ f32_error }: Case) => (dtype === "f64" ? 1e-12 : Math.max(8 * f32_error, 1e-5));

  test.each(cases.filter(([, { class: name }]) => name !== "torch.LBFGS"))("%s", async (_, golden_) => {
    const engine = await createEngine(options);
    try {
      const { A, b, start } = golden.problems[golden_.problem as "vector"] as { A: Numbers; b: Numbers; start: Numbers };
      const store = engine.store({ x: { shape: shapeOf(start), init: "zeros" } }, { dtype });
      store.set("x", flat(start));
      const inputs = { A: { shape: shapeOf(A), dtype }, b: { shape: shapeOf(b), dtype } };
      const program = await engine.compile(store, inputs, ({ x }, { A, b }) => leastSquares(x as Tensor, A as Tensor, b as Tensor), {
        optimizer: optimizerOf(golden_),
      });
      program.set({ A: flat(A), b: flat(b) });
      const points = [...store.get("x")];
      const losses: number[] = [];
      for (let step = 0; step < STEPS; step++) {
        losses.push((await (options.backend === "webgpu" ? program.step() : program.stepSync())).loss);
        await store.pull();
        points.push(...store.get("x"));
      }
      expect(largestError(points, (golden_.trajectory as unknown as number[][][][]).flat(3))).toBeLessThan(tolerance(golden_));
      expect(largestError(losses, golden_.loss.slice(0, STEPS))).toBeLessThan(tolerance(golden_));
    } finally {
      await engine.close();
    }
  });

  if (dtype === "f64") {
    test.each(cases.filter(([, { class: name }]) => name === "torch.LBFGS"))("%s", async (_, golden_) => {
      const engine = await createEngine(options);
      try {
        const { A, b } = golden.problems.vector;
        const f =
          golden_.problem === "rosenbrock"
            ? rosenbrock
            : (x: Tensor, { A, b }: Record<string, Tensor>) => leastSquares(x, A as Tensor, b as Tensor);
        const program = await engine.compileFunction(
          ({ x, ...rest }) => {
            const { value, grad } = valueAndGrad((x: Tensor) => f(x, rest))(x as Tensor);
            return { value, grad };
          },
          golden_.problem === "rosenbrock"
            ? { x: { shape: [7], dtype } }
            : { x: { shape: [7], dtype }, A: { shape: [11, 7], dtype }, b: { shape: [11], dtype } },
        );
        if (golden_.problem === "vector") program.set({ A: flat(A), b });
        const o = golden_.options as Readonly<Record<string, number | string | null>>;
        const minimiser = lbfgs({
          lr: o["lr"] as number,
          maxIterations: o["max_iter"] as number,
          toleranceGradient: o["tolerance_grad"] as number,
          toleranceChange: o["tolerance_change"] as number,
          historySize: o["history_size"] as number,
          lineSearch: o["line_search_fn"] === null ? "none" : "strongWolfe",
        });
        const x = Float64Array.from(flat(golden.problems[golden_.problem].start));
        const points = [...x];
        const losses: number[] = [];
        for (let step = 0; step < STEPS; step++) {
          const { value } = minimiser.step(x, (at) => {
            const { value, grad } = program.callSync({ x: at });
            return { value: (value as Float64Array)[0] as number, gradient: grad as Float64Array };
          });
          losses.push(value);
          points.push(...x);
        }
        expect(largestError(points, (golden_.trajectory as number[][]).flat())).toBeLessThan(1e-10);
        expect(largestError(losses, golden_.loss.slice(0, STEPS))).toBeLessThan(1e-10);
      } finally {
        await engine.close();
      }
    });
  }
});
