// What the tests of shape ops, linear algebra and transforms share: running a function on the reference backend in float64, and checking an op's own cases.
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { vjp } from "../../packages/engine/src/autodiff.js";
import { interpret } from "../../packages/engine/src/backends/reference.js";
import { type DType, isFloat } from "../../packages/engine/src/dtype.js";
import { openSafetensors } from "../../packages/engine/src/io/safetensors.js";
import type { NdArray } from "../../packages/engine/src/nd.js";
import type { CaseInput, Op, OpCase } from "../../packages/engine/src/op.js";
import { type Shape, sizeOf } from "../../packages/engine/src/shape.js";
import { type Attrs, Tensor } from "../../packages/engine/src/tensor.js";
import { applyAll, constant, flatten, type NestedNumbers, traceFunction } from "../../packages/engine/src/trace.js";
import { leaves, type Tree } from "../../packages/engine/src/transforms/tree.js";

/** Numbers in [0, 1), the same in every run. */
export function randoms(seed = 1): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function nd(shape: Shape, data: ArrayLike<number>, dtype: DType = "f64"): NdArray {
  return { shape, dtype, data: Float64Array.from(data) };
}

/** An array of random numbers in (−1, 1). */
export function randomNd(shape: Shape, seed = 1): NdArray {
  const next = randoms(seed);
  return nd(
    shape,
    Array.from({ length: sizeOf(shape) }, () => 2 * next() - 1),
  );
}

/** Traces `f` over arrays, runs it on the reference backend and returns every tensor of its result. */
export function runNd(f: (...inputs: Tensor[]) => Tree, ...inputs: NdArray[]): NdArray[] {
  const specs = Object.fromEntries(inputs.map((x, i) => [`x${i}`, { shape: x.shape, dtype: x.dtype }]));
  const { graph, result } = traceFunction(specs, (named) => leaves(f(...inputs.map((_, i) => named[`x${i}`] as Tensor))));
  const feeds = new Map([...graph.inputs.values()].map((tensor, i) => [tensor, inputs[i] as NdArray]));
  return interpret(graph, result, feeds);
}

/** As `runNd` for nested numbers, which become float64; the first tensor's elements. */
export function run(f: (...inputs: Tensor[]) => Tree, ...inputs: NestedNumbers[]): number[] {
  const arrays = inputs.map((input) => {
    const { shape, values } = flatten(input);
    return nd(shape, values);
  });
  return [...(runNd(f, ...arrays)[0] as NdArray).data];
}

export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-9): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i] as number, expected[i] as number];
    if (Object.is(a, e) || a === e) continue;
    const error = Math.abs(a - e) / Math.max(1, Math.abs(e));
    expect(error <= tolerance, `element ${i}: got ${a}, expected ${e}`).toBe(true);
  }
}

function fill(input: CaseInput, seed: number): NdArray {
  const dtype = input.dtype ?? "f32";
  const wide = isFloat(dtype) ? "f64" : dtype;
  if (input.values !== undefined) return nd(input.shape, input.values, wide);
  const next = randoms(seed);
  const [lo, hi] = input.range ?? [-2, 2];
  const draw = () => lo + (hi - lo) * next();
  const value = () => (dtype === "bool" ? Number(next() < 0.5) : dtype === "i32" ? Math.floor(draw()) : draw());
  return nd(input.shape, Array.from({ length: sizeOf(input.shape) }, value), wide);
}

/** The case's shape rule, reference and gradient: every float input that is not frozen is compared with central differences of a weighted sum of the outputs. */
export function checkCase<A extends Attrs>(op: Op<A>, { inputs, attrs, kink = false }: OpCase<A>, tolerance = 2e-6): void {
  const arrays = inputs.map((input, i) => fill(input, 17 + i));
  const specs = Object.fromEntries(arrays.map((x, i) => [`x${i}`, { shape: x.shape, dtype: x.dtype }]));
  const chosen = inputs.flatMap((input, i) => (input.frozen !== true && isFloat((arrays[i] as NdArray).dtype) ? [i] : []));
  const weights: Float64Array[] = [];
  const { graph, result } = traceFunction(specs, (named) => {
    const xs = arrays.map((_, i) => named[`x${i}`] as Tensor);
    const outputs = applyAll(op, xs, attrs);
    const floats = outputs.filter((y) => isFloat(y.dtype));
    const cotangents = floats.map((y, i) => y.graph.input(`dy${i}`, { shape: y.shape, dtype: y.dtype }));
    const gradients =
      chosen.length > 0 && !kink
        ? vjp(
            floats,
            cotangents,
            chosen.map((i) => xs[i] as Tensor),
          )
        : [];
    return { xs, outputs, floats, cotangents, gradients };
  });
  const feeds = new Map<Tensor, NdArray>(result.xs.map((x, i) => [x, arrays[i] as NdArray]));
  const values = interpret(graph, result.outputs, feeds);
  values.forEach((value, i) => {
    expect(value.shape).toEqual(result.outputs[i]?.shape);
    expect(value.data.length).toBe(sizeOf(value.shape));
  });
  result.cotangents.forEach((dy, i) => {
    const next = randoms(91 + i);
    const data = Float64Array.from({ length: dy.size }, () => 2 * next() - 1);
    weights.push(data);
    feeds.set(dy, { shape: dy.shape, dtype: dy.dtype, data });
  });
  if (result.gradients.length === 0) return;
  const gradients = interpret(graph, result.gradients, feeds);
  const loss = () => {
    let total = 0;
    interpret(graph, result.floats, feeds).forEach((y, i) => {
      y.data.forEach((v, k) => {
        total += v * (weights[i]?.[k] as number);
      });
    });
    return total;
  };
  chosen.forEach((i, j) => {
    const { data } = arrays[i] as NdArray;
    const gradient = gradients[j] as NdArray;
    expect(gradient.shape).toEqual((arrays[i] as NdArray).shape);
    // Large inputs are sampled: every 7th element and the last.
    const stride = data.length > 100 ? 7 : 1;
    for (let at = 0; at < data.length; at = at + stride < data.length || at === data.length - 1 ? at + stride : data.length - 1) {
      const x = data[at] as number;
      const h = 1e-5 * Math.max(1, Math.abs(x));
      data[at] = x + h;
      const above = loss();
      data[at] = x - h;
      const below = loss();
      data[at] = x;
      const numeric = (above - below) / (2 * h);
      const analytic = gradient.data[at] as number;
      const error = Math.abs(analytic - numeric) / Math.max(1, Math.abs(numeric));
      expect(error <= tolerance, `input ${i} element ${at}: gradient ${analytic}, differences ${numeric}`).toBe(true);
    }
  });
}

/** The op's batch rule against a loop over the leading axis, for every choice of mapped inputs. */
export function checkBatch<A extends Attrs>(op: Op<A>, { inputs, attrs }: OpCase<A>, extent = 2): void {
  for (let mask = 1; mask < 2 ** inputs.length; mask++) {
    const batched = inputs.map((_, i) => ((mask >> i) & 1) === 1);
    const arrays = inputs.map((input, i) => {
      if (batched[i] !== true) return fill(input, 17 + i);
      const items = Array.from({ length: extent }, (_, k) => fill(input, 17 + i + 100 * k));
      const [first] = items as [NdArray];
      return nd(
        [extent, ...first.shape],
        items.flatMap((item) => [...item.data]),
        first.dtype,
      );
    });
    const rule = op.batch;
    if (rule === undefined) throw new Error(`${op.name} has no batch rule`);
    const together = runNd((...xs) => rule(xs, batched, attrs), ...arrays);
    for (let k = 0; k < extent; k++) {
      const single = arrays.map((x, i) =>
        batched[i] === true
          ? nd(x.shape.slice(1), x.data.slice((k * x.data.length) / extent, ((k + 1) * x.data.length) / extent), x.dtype)
          : x,
      );
      const alone = runNd((...xs) => applyAll(op, xs, attrs), ...single);
      alone.forEach((y, i) => {
        const whole = together[i] as NdArray;
        expect(whole.shape).toEqual([extent, ...y.shape]);
        expectClose(whole.data.subarray(k * y.data.length, (k + 1) * y.data.length), y.data, 1e-12);
      });
    }
  }
}

/** A golden file's outputs and the gradient of every float input, for the upstream gradients it names. */
export function compareGolden(
  path: string,
  names: readonly string[],
  f: (...xs: Tensor[]) => Tensor | Record<string, Tensor>,
  tolerance = 1e-9,
): void {
  const file = openSafetensors(readFileSync(path), path);
  const read = (name: string) => {
    const { shape, data } = file.read(name);
    return { shape: [...shape], data: Float64Array.from(data as ArrayLike<number>) };
  };
  const arrays = names.map((name) =>
    nd(read(`in.${name}`).shape, read(`in.${name}`).data, file.read(`in.${name}`).data instanceof Int32Array ? "i32" : "f64"),
  );
  const specs = Object.fromEntries(arrays.map((x, i) => [names[i] as string, { shape: x.shape, dtype: x.dtype }]));
  const wanted = names.filter((name) => file.entries.has(`din.${name}`));
  const { graph, result } = traceFunction(specs, (named) => {
    const y = f(...names.map((name) => named[name] as Tensor));
    const outputs: Record<string, Tensor> = y instanceof Tensor ? { y } : y;
    const flowing = Object.keys(outputs).filter((name) => file.entries.has(`dout.${name}`));
    const cotangents = flowing.map((name) => constant(read(`dout.${name}`).data, read(`dout.${name}`).shape, "f64"));
    const slopes = vjp(
      flowing.map((name) => outputs[name] as Tensor),
      cotangents,
      wanted.map((name) => named[name] as Tensor),
    );
    return { names: Object.keys(outputs), tensors: [...Object.values(outputs), ...slopes] };
  });
  const feeds = new Map([...graph.inputs.values()].map((tensor, i) => [tensor, arrays[i] as NdArray]));
  const values = interpret(graph, result.tensors, feeds);
  [...result.names.map((name) => `out.${name}`), ...wanted.map((name) => `din.${name}`)].forEach((name, i) => {
    const expected = read(name);
    expect(values[i]?.shape).toEqual(expected.shape);
    expectClose((values[i] as NdArray).data, expected.data, tolerance);
  });
}
