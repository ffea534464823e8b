/** What an optimiser's kernels are tried on: one parameter in whole cache lines, as a store keeps it, updated once, against the optimiser's own float64 arithmetic. */
import { allowed, EPS } from "../../../tests/support/tolerance.ts";
import { ALIGNMENT } from "../../engine/src/optim/runs.ts";
import { denseOperand } from "../../engine/src/plan/lower.ts";
import { makePlan } from "../../engine/src/plan/make.ts";
import { Graph } from "../../engine/src/tensor.ts";
import { withGraph } from "../../engine/src/trace.ts";
import { once, owners, randoms } from "./values.mjs";

const SHAPES = [[1], [7], [16], [17], [33], [257], [4099], [1, 1], [3, 7], [17, 33], [65, 31], [1, 65], [128, 40]];
const REAL = [
  ["MLP 4-64-32-1, all 2,433 parameters", [2433]],
  ["MLP 784-512-256-10: first layer", [512, 784]],
  ["GPT 6 × 192: up", [768, 192]],
  ["GPT 6 × 192: all 2,672,640 parameters of its blocks", [2_672_640]],
];
/** Steps taken before, and the rate. */
const STEP = 3;
const LR = 1e-3;

/** @returns {import("./problems.mjs").Problem[]} */
export function optimizerProblems(exported, optimizers, target, dtype, real) {
  return optimizers.flatMap(([name, options]) => {
    const make = exported.get(name);
    if (make === undefined) return [];
    const shapes = real ? REAL : SHAPES.map((shape) => [shape.join(" × "), shape]);
    const text = JSON.stringify(options);
    return shapes.flatMap(([label, shape]) => {
      const optimizer = make(options);
      const update = optimizer.updateOf("w", shape);
      if (update.kind === "flat" && !target.kernels.includes(`${update.kernel}_${dtype}`)) return [];
      const weightDecay = optimizer.decays("w", shape) ? optimizer.weightDecay : 0;
      return [problem(name, text === "{}" ? label : `${label} ${text}`, update, shape, weightDecay, dtype, target.wholeLines)];
    });
  });
}

/** @param wholeLines the kernel is told of whole cache lines, as in a store; else of the elements, which hides no tail */
function problem(name, label, update, shape, weightDecay, dtype, wholeLines = false) {
  const size = shape.reduce((a, b) => a * b, 1);
  const graph = new Graph();
  const leaves = new Map();
  const typed = (data) => (dtype === "f32" ? Float32Array.from(data) : Float64Array.from(data));
  /** In whole cache lines; what is past the last element is 0 and must stay so. */
  const leaf = (key, data) => {
    const padded = new Float64Array(Math.ceil(data.length / ALIGNMENT) * ALIGNMENT);
    padded.set(data);
    const tensor = graph.state(key, { shape: [padded.length], dtype });
    leaves.set(tensor, typed(padded));
    return tensor;
  };
  const lengths = update.kind === "flat" ? update.moments.map(() => size) : update.moments(shape);
  const params = leaf("params", randoms(size));
  // Second moments are never negative.
  const moments = lengths.map((length, i) =>
    leaf(
      `moment${i}`,
      randoms(length).map((x) => 0.1 * Math.abs(x) + 0.01),
    ),
  );
  const gradients = leaf("gradients", randoms(size));
  const nothing = leaf("none", []);
  const scalars = graph.state("scalars", { shape: [8], dtype: "f64" });
  leaves.set(scalars, Float64Array.of(STEP, LR, 1, 0, 0, 0, 0, 0));
  const plan = makePlan({
    graph,
    outputs: new Map(),
    append: (lowering) => {
      const emit = (request) => lowering.emit({ ...request, dtype });
      if (update.kind === "flat") {
        emit({
          kernel: update.kernel,
          outputs: [params, ...update.pointers.map((index) => (index === undefined ? nothing : moments[index]))],
          inputs: [denseOperand(gradients), denseOperand(scalars)],
          scalars: [wholeLines ? params.size : size, ...update.scalars(weightDecay), { f64: 1 }],
          flops: 12 * size,
          updates: true,
        });
        return;
      }
      update.launch({
        shape,
        dtype,
        weightDecay,
        lrScale: 1,
        params,
        moments,
        gradients: denseOperand(gradients),
        scalars: denseOperand(scalars),
        nothing,
        temp: (spec) => lowering.temp(spec),
        emit,
        trace(f) {
          const before = graph.nodes.length;
          const result = withGraph(graph, f);
          for (const node of graph.nodes.slice(before)) lowering.lower(node);
          return lowering.operand(result);
        },
      });
    },
  });
  const changed = [params, ...moments];
  return {
    name: label,
    op: name,
    launches: plan.launches,
    leaves,
    updated: new Set(changed),
    constants: plan.constants,
    owner: owners(plan),
    // Norms and matrix products of the whole parameter stand behind every element.
    outputs: changed.map((tensor) => ({
      tensor,
      label: tensor.label,
      tolerance: allowed(update.kind === "flat" ? "transcendental" : "reduction", size, false) * EPS[dtype],
    })),
    reference: once(() => {
      const own = (tensor, length) => Float64Array.from(leaves.get(tensor).subarray(0, length));
      const values = [own(params, size), ...moments.map((tensor, i) => own(tensor, lengths[i]))];
      const [p, ...m] = values;
      update.reference({ params: p, gradients: own(gradients, size), moments: m, step: STEP, lr: LR, weightDecay, shape });
      return values.map((value, i) => {
        const data = new Float64Array(changed[i].size);
        data.set(value);
        return { shape: changed[i].shape, dtype, data };
      });
    }),
  };
}
