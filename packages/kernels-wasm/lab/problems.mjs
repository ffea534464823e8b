/** What a kernel is tried on: the generated cases of every op whose plan calls it, the optimisers' flat segments, and shapes of real networks. */
import { caseGraph } from "../../../tests/support/case-graph.ts";
import { allowed, EPS } from "../../../tests/support/tolerance.ts";
import { interpret } from "../../engine/src/backends/reference.ts";
import * as engine from "../../engine/src/index.ts";
import { makePlan } from "../../engine/src/plan/make.ts";
import { optimizerProblems } from "./optimizer-problems.mjs";
import { kernelsOf } from "./placed.mjs";
import { hasShapes, optimizers, shapesOf } from "./shapes.mjs";
import { once, owners, randoms } from "./values.mjs";

/** Kernels that half of all plans call (copies, sums) are tried on this many cases, spread evenly. */
const MOST_CASES = 300;

/**
 * @typedef {object} Problem
 * @property {string} name
 * @property {string} op
 * @property {readonly import("../../engine/src/plan/plan.js").Launch[]} launches
 * @property {ReadonlyMap<object, ArrayLike<number>>} leaves values written before each run
 * @property {ReadonlySet<object>} updated leaves that the kernel changes in place
 * @property {ReadonlyMap<object, Float64Array>} constants
 * @property {(tensor: object) => object} owner whose storage a value lives in
 * @property {readonly { tensor: object, label: string, tolerance: number }[]} outputs
 * @property {() => readonly import("../../engine/src/nd.js").NdArray[]} reference
 * @property {boolean} [cold] its operands are never in a cache
 */

const exported = new Map(Object.entries(engine));
const ops = () =>
  [...exported.values()].filter((value) => typeof value === "object" && value !== null && "lowering" in value && "cases" in value);

/** @returns {Problem} */
function problemOf(op, opCase, dtype) {
  const { graph, feeds, forward, gradients } = caseGraph(op, opCase, dtype);
  const traced = [...forward, ...gradients];
  const plan = makePlan({ graph, outputs: new Map(traced.map((tensor, i) => [`${i}`, tensor])) });
  const elements = Math.max(1, ...opCase.inputs.map(({ shape }) => shape.reduce((a, b) => a * b, 1)));
  // A value that was f32 on its way is no better than that.
  const eps = graph.nodes.some((node) => node.outputs.some((y) => y.dtype === "f32")) ? EPS.f32 : EPS[dtype];
  return {
    name: opCase.name,
    op: op.name,
    launches: plan.launches,
    leaves: new Map([...feeds].map(([tensor, { data }]) => [tensor, data])),
    updated: new Set(),
    constants: plan.constants,
    owner: owners(plan),
    outputs: traced.map((_, i) => ({
      tensor: plan.outputs.get(`${i}`),
      label: i < forward.length ? `output ${i}` : `gradient ${i - forward.length}`,
      tolerance: allowed(op.tolerance, elements, i >= forward.length) * eps,
    })),
    reference: once(() => interpret(graph, traced, feeds)),
  };
}

/** A target says itself what reaches it where a kernel's name does not. */
const calls = (target) =>
  target.reaches ?? ((problem) => [...kernelsOf(problem.launches)].some((kernel) => target.kernels.includes(kernel)));

/** Generated cases that reach the target. @returns {Problem[]} */
export function hostileProblems(target, dtype) {
  const reached = optimizerProblems(exported, optimizers, target, dtype, false);
  for (const op of ops()) for (const opCase of op.cases()) reached.push(problemOf(op, opCase, dtype));
  // The simplest first, so that a failure names the op whose kernel this is, not one that uses it on its way.
  const weight = new Map(reached.map((problem) => [problem, kernelsOf(problem.launches).size]));
  const all = reached.filter(calls(target)).sort((a, b) => weight.get(a) - weight.get(b));
  const stride = Math.max(1, all.length / MOST_CASES);
  return Array.from({ length: Math.min(all.length, MOST_CASES) }, (_, i) => all[Math.floor(i * stride)]);
}

/**
 * Shapes of real networks that reach the target, made one at a time because they are large.
 * @returns {{ network: string, op: string, make(): Problem }[]}
 */
export function realProblems(target, dtype, reachedOps) {
  const found = [];
  for (const op of ops()) {
    if (!reachedOps.has(op.name) || !(hasShapes(op) || callsForward(target, op, dtype))) continue;
    for (const { network, inputs, attrs, cold = false } of shapesOf(op)) {
      const make = () => ({
        ...problemOf(op, { name: network, inputs: inputs.map(withValues), attrs: attrs ?? op.cases()[0]?.attrs ?? {} }, dtype),
        cold,
      });
      found.push({ network, op: op.name, make });
    }
  }
  for (const problem of optimizerProblems(exported, optimizers, target, dtype, true))
    found.push({ network: problem.name, op: problem.op, make: () => problem });
  return found;
}

/** Whether the op itself calls the target, not only its gradient: else every op whose derivative squares would race the square. */
function callsForward(target, op, dtype) {
  return op.cases().some((single) => {
    const { graph, forward } = caseGraph(op, single, dtype);
    return calls(target)(makePlan({ graph, outputs: new Map(forward.map((tensor, i) => [`${i}`, tensor])) }));
  });
}

/** Random numbers in [-1, 1) from a table that is drawn once: filling a vocabulary by Philox would take seconds. */
function withValues(input) {
  if (input.make !== undefined) return input.make();
  if (input.values !== undefined) return input;
  const [lo, hi] = input.range ?? [-2, 2];
  const middle = (lo + hi) / 2;
  const drawn = randoms(input.shape.reduce((a, b) => a * b, 1)).map((x) => middle + ((hi - lo) / 2) * x);
  return { ...input, values: input.dtype === "i32" ? drawn.map(Math.floor) : drawn };
}
