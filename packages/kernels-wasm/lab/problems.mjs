/** What a kernel is tried on: the generated cases of every op whose plan calls it, the optimisers' flat segments, and shapes of real networks. */
import { caseGraph } from "../../../tests/support/case-graph.ts";
import { allowed, EPS } from "../../../tests/support/tolerance.ts";
import { interpret } from "../../engine/src/backends/reference.ts";
import * as engine from "../../engine/src/index.ts";
import { denseOperand } from "../../engine/src/plan/lower.ts";
import { makePlan } from "../../engine/src/plan/make.ts";
import { tensorBytes } from "../../engine/src/plan/plan.ts";
import { Graph } from "../../engine/src/tensor.ts";
import { kernelsOf } from "./placed.mjs";
import { hasShapes, optimizers, shapesOf } from "./shapes.mjs";

/** Kernels that half of all plans call (copies, sums) are tried on this many cases, spread evenly. */
const MOST_CASES = 300;
const SEED = 20260;

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
  const owner = (tensor) => {
    const storage = plan.storageOf(tensor);
    return storage === tensor ? tensor : owner(storage);
  };
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
    owner,
    outputs: traced.map((_, i) => ({
      tensor: plan.outputs.get(`${i}`),
      label: i < forward.length ? `output ${i}` : `gradient ${i - forward.length}`,
      tolerance: allowed(op.tolerance, elements, i >= forward.length) * eps,
    })),
    reference: once(() => interpret(graph, traced, feeds)),
  };
}

/** One launch of an optimiser over flat segments. @returns {Problem} */
function optimizerProblem(name, label, optimizer, length, dtype) {
  const graph = new Graph();
  const leaves = new Map();
  const leaf = (key, type, data) => {
    const tensor = graph.state(key, { shape: [data.length], dtype: type });
    leaves.set(tensor, type === "f64" ? Float64Array.from(data) : Float32Array.from(data));
    return tensor;
  };
  const step = 3;
  const draw = (scale, offset = 0) => randoms(length).map((x) => scale * x + offset);
  const params = leaf("params", dtype, draw(1));
  // Second moments are never negative.
  const moments = optimizer.moments.map((_, i) => leaf(`moment${i}`, dtype, draw(0.1, i === 0 && optimizer.moments.length > 1 ? 0 : 0.1)));
  const gradients = leaf("gradients", dtype, draw(1));
  const lr = 1e-3;
  const scalars = leaf("scalars", "f64", [step, lr, 1, 0, 0, 0, 0, 0]);
  const nothing = leaf("none", dtype, []);
  const own = optimizer.pointers.map((index) => (index === undefined ? nothing : moments[index]));
  const outputs = [params, ...own];
  const inputs = [denseOperand(gradients), denseOperand(scalars)];
  const launch = {
    kernel: `${optimizer.kernel}_${dtype}`,
    outputs,
    inputs,
    scalars: [length, ...optimizer.scalars(optimizer.weightDecay)],
    nodes: [],
    flops: 12 * length,
    bytes: 2 * outputs.reduce((sum, y) => sum + tensorBytes(y), 0) + tensorBytes(gradients),
  };
  return {
    name: label,
    op: name,
    launches: [launch],
    leaves,
    updated: new Set(outputs),
    constants: new Map(),
    owner: (tensor) => tensor,
    outputs: [params, ...moments].map((tensor) => ({
      tensor,
      label: tensor.label,
      tolerance: allowed("transcendental", 1, false) * EPS[dtype],
    })),
    reference: once(() => {
      const wide = (tensor) => Float64Array.from(leaves.get(tensor));
      const [p, ...m] = [params, ...moments].map(wide);
      optimizer.reference({ params: p, gradients: wide(gradients), moments: m, step, lr, weightDecay: optimizer.weightDecay });
      return [p, ...m].map((data) => ({ shape: [length], dtype, data }));
    }),
  };
}

function optimizerProblems(target, dtype, lengths) {
  return optimizers.flatMap(([name, options]) => {
    const make = exported.get(name);
    if (make === undefined) return [];
    const optimizer = make(options);
    if (!target.kernels.includes(`${optimizer.kernel}_${dtype}`)) return [];
    const text = JSON.stringify(options);
    return lengths.map(([label, length]) => optimizerProblem(name, text === "{}" ? label : `${label} ${text}`, optimizer, length, dtype));
  });
}

const calls = (target) => (problem) => [...kernelsOf(problem.launches)].some((kernel) => target.kernels.includes(kernel));

/** Generated cases that reach the target. @returns {Problem[]} */
export function hostileProblems(target, dtype) {
  // Segments of a store are whole cache lines: optimisers may write whole vectors.
  const lengths = [0, 16, 32, 48, 64, 80, 256, 1040, 4112].map((n) => [`n${n}`, n]);
  const reached = optimizerProblems(target, dtype, lengths);
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
  for (const [network, length] of [
    ["MLP 4-64-32-1, 2,448 words", 2448],
    ["MLP 784-512-256-10, 535,824 words", 535_824],
    ["GPT 6 × 192, 2,673,408 words of its blocks", 2_673_408],
  ])
    for (const { op, make } of optimizerProblems(target, dtype, [[network, length]]).map((problem) => ({
      op: problem.op,
      make: () => problem,
    })))
      found.push({ network, op, make });
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
  if (input.values !== undefined) return input;
  const [lo, hi] = input.range ?? [-2, 2];
  const middle = (lo + hi) / 2;
  const drawn = randoms(input.shape.reduce((a, b) => a * b, 1)).map((x) => middle + ((hi - lo) / 2) * x);
  return { ...input, values: input.dtype === "i32" ? drawn.map(Math.floor) : drawn };
}

let table;
let cursor = 0;
function randoms(length) {
  if (table === undefined) {
    table = new Float64Array(65_537); // a prime, so that no row of a power of two repeats another
    for (let i = 0, state = SEED; i < table.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      table[i] = state / 2 ** 31 - 1;
    }
  }
  const values = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    values[i] = table[cursor];
    if (++cursor === table.length) cursor = 0;
  }
  return values;
}

function once(compute) {
  let value;
  return () => {
    value ??= compute();
    return value;
  };
}
