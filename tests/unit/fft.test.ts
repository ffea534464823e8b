// Fourier transforms on the kernels: accuracy to a few roundings, round trips at lengths beyond a thread's scratch, Parseval, NumPy's own values, axes, norms, bounded rows, bad input.
import { afterAll, describe, expect, test } from "vitest";
import { gradients } from "../../packages/engine/src/autodiff.js";
import { interpret } from "../../packages/engine/src/backends/reference.js";
import { WasmExecutable } from "../../packages/engine/src/backends/wasm/executable.js";
import { TetradError } from "../../packages/engine/src/errors.js";
import type { NdArray } from "../../packages/engine/src/nd.js";
import { slowTransform, unitRoot } from "../../packages/engine/src/ops/fourier.js";
import * as ops from "../../packages/engine/src/ops/index.js";
import type { Shape } from "../../packages/engine/src/shape.js";
import type { Tensor } from "../../packages/engine/src/tensor.js";
import { constant, traceFunction } from "../../packages/engine/src/trace.js";
import { vmap } from "../../packages/engine/src/transforms/index.js";
import { randoms } from "../support/ops-cases.js";
import { python } from "../support/python.js";
import { BUILDS, closeBackends, runOnWasm, wasmBackend } from "../support/wasm-executor.js";

afterAll(closeBackends);

type Float = "f32" | "f64";
const EPS = { f32: 2 ** -24, f64: 2 ** -53 } as const;

function traceOne<R>(shape: Shape, dtype: Float, f: (x: Tensor) => R) {
  const { graph, result } = traceFunction({ x: { shape, dtype } }, ({ x }) => f(x as Tensor));
  const next = randoms(shape.reduce((sum, n) => sum * 31 + n, 7) % 10007);
  const x = graph.inputs.get("x") as Tensor;
  const data = Float64Array.from({ length: x.size }, () => Math.fround(2 * next() - 1));
  return { graph, result, feeds: new Map<Tensor, NdArray>([[x, { shape, dtype, data }]]), data };
}

/** Root of the sum of squares, compensated: a plain sum of so many is off by more than what is tested. */
function norm(values: ArrayLike<number>): number {
  let [sum, lost] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const term = (values[i] as number) ** 2 - lost;
    const next = sum + term;
    lost = next - sum - term;
    sum = next;
  }
  return Math.sqrt(sum);
}

/** ‖got − want‖ / ‖want‖. */
function distance(got: ArrayLike<number>, want: ArrayLike<number>): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < want.length; i++) {
    difference += ((got[i] as number) - (want[i] as number)) ** 2;
    size += (want[i] as number) ** 2;
  }
  return Math.sqrt(difference / size);
}

test("roots of unity lie on the circle, good to the last bits", () => {
  for (const n of [1, 2, 3, 8, 12, 1009, 4096, 65537]) {
    for (const k of [0, 1, 2, Math.floor(n / 8), Math.floor(n / 4), Math.floor(n / 3), Math.floor(n / 2), n - 1]) {
      const [re, im] = unitRoot(k, n);
      expect(Math.abs(re * re + im * im - 1)).toBeLessThan(5e-16);
      // e^(−iθ) e^(−iθ) = e^(−2iθ), which ties every octant to the others.
      const [re2, im2] = unitRoot(2 * k, n);
      expect(Math.abs(re * re - im * im - re2)).toBeLessThan(5e-16);
      expect(Math.abs(2 * re * im - im2)).toBeLessThan(5e-16);
    }
  }
  expect(unitRoot(1, 4)).toEqual([0, -1]);
  expect(unitRoot(3, 4)).toEqual([0, 1]);
  expect(unitRoot(1, 2)).toEqual([-1, expect.closeTo(0, 30)]);
});

describe.each(BUILDS)("%s", (build) => {
  describe.each(["f32", "f64"] as const)("%s", (dtype) => {
    // The error of a stage is about one rounding of its numbers, and they add up like a random walk at most as √stages; 4 covers products and sums in one
    // stage. Primes cost a sum of p more, convolutions three transforms and three products.
    test.each([8, 64, 243, 625, 1000, 4096])("length %i is good to a few roundings", async (n) => {
      const { graph, result, feeds, data } = traceOne([n, 2], dtype, (x) => [ops.fft(x)]);
      const [y] = await runOnWasm(build, graph, result, feeds, [1]);
      expect(distance((y as NdArray).data, slowTransform(data, n, false, 1))).toBeLessThan(4 * EPS[dtype] * Math.sqrt(Math.log2(n)));
    });
    test.each([7, 31, 341, 257, 1009, 2018])("length %i with large primes is good to some roundings", async (n) => {
      const { graph, result, feeds, data } = traceOne([n, 2], dtype, (x) => [ops.fft(x)]);
      const [y] = await runOnWasm(build, graph, result, feeds, [1]);
      expect(distance((y as NdArray).data, slowTransform(data, n, false, 1))).toBeLessThan(16 * EPS[dtype] * Math.sqrt(Math.log2(n)));
    });

    test.each([1, 2, 960, 1009])("there and back, and Parseval, at length %i", (n) => thereAndBack(build, dtype, n));
  });
});

// The buffers of these do not fit into a thread's scratch; 30011 is a prime, whose convolution has 65536 numbers.
test.each([
  ["f32", 65536],
  ["f64", 32768],
  ["f64", 30011],
] as const)("%s there and back, and Parseval, at length %i", (dtype, n) => thereAndBack("relaxed", dtype, n));

async function thereAndBack(build: (typeof BUILDS)[number], dtype: Float, n: number): Promise<void> {
  const { graph, result, feeds, data } = traceOne([2, n, 2], dtype, (x) => {
    const y = ops.fft(x, { norm: "ortho" });
    const real = ops.select(x, -1, 0);
    return [y, ops.ifft(y, { norm: "ortho" }), ops.irfft(ops.rfft(real), { n })];
  });
  const [y, back, real] = (await runOnWasm(build, graph, result, feeds, [1, 2])) as [NdArray, NdArray, NdArray];
  const tolerance = 32 * EPS[dtype] * Math.sqrt(Math.log2(n + 1));
  expect(Math.abs(norm(y.data) / norm(data) - 1)).toBeLessThan(tolerance);
  expect(distance(back.data, data)).toBeLessThan(tolerance);
  const even = data.filter((_, i) => i % 2 === 0);
  expect(distance(real.data, even)).toBeLessThan(tolerance);
}

test("agrees with NumPy along any axis, at any length, under any norm", async () => {
  const py = python(["numpy"]);
  const cases = [
    { shape: [5, 12, 7], axis: 1, n: undefined, norm: "backward" },
    { shape: [6, 9], axis: 0, n: undefined, norm: "ortho" },
    { shape: [4, 10], axis: -1, n: 7, norm: "forward" },
    { shape: [4, 10], axis: -2, n: 37, norm: "ortho" },
    { shape: [2, 257], axis: 1, n: undefined, norm: "backward" },
    { shape: [3, 1], axis: 1, n: undefined, norm: "forward" },
  ] as const;
  for (const { shape, axis, n, norm } of cases) {
    const options = { axis, norm, ...(n !== undefined && { n }) };
    const { graph, result, feeds, data } = traceOne([...shape, 2], "f64", (x) => {
      const short = [ops.fft(x, options), ops.ifft(x, options), ops.rfft(ops.select(x, -1, 0), options)];
      // An inverse of a single number has no length of its own.
      return shape[1] === 1 ? short : [...short, ops.irfft(x, options), ops.fft2(x, { norm }), ops.ifft2(x, { norm })];
    });
    const got = await runOnWasm("relaxed", graph, result, feeds, [1]);
    const source = `
import json, sys, numpy as np
case = json.loads(sys.argv[1])
x = np.array(case["data"]).reshape(case["shape"] + [2])
z = x[..., 0] + 1j * x[..., 1]
o = dict(axis=case["axis"], norm=case["norm"], n=case.get("n"))
outs = [np.fft.fft(z, **o), np.fft.ifft(z, **o), np.fft.rfft(z.real, **o)]
if case["count"] > 3: outs += [np.fft.irfft(z, **o), np.fft.fft2(z, norm=case["norm"]), np.fft.ifft2(z, norm=case["norm"])]
print(json.dumps([(np.stack([y.real, y.imag], -1) if np.iscomplexobj(y) else y).ravel().tolist() for y in outs]))
`;
    const want = JSON.parse(py(source, JSON.stringify({ data: [...data], shape, axis, n, norm, count: got.length }))) as number[][];
    got.forEach((y, i) => {
      expect(y.data.length, `${shape} output ${i}`).toBe(want[i]?.length);
      expect(distance(y.data, want[i] as number[]), `${shape} along ${axis}, output ${i}`).toBeLessThan(2e-15);
    });
  }
});

test("multiplication of transforms is circular convolution, and its gradient correlation", () => {
  const n = 12;
  const { graph, result } = traceFunction({ a: { shape: [n], dtype: "f64" }, b: { shape: [n], dtype: "f64" } }, ({ a, b }) => {
    const [x, y] = [ops.rfft(a as Tensor), ops.rfft(b as Tensor)];
    const [xr, xi, yr, yi] = [x, y].flatMap((z) => [ops.select(z, -1, 0), ops.select(z, -1, 1)]) as [Tensor, Tensor, Tensor, Tensor];
    const product = ops.stack([ops.sub(ops.mul(xr, yr), ops.mul(xi, yi)), ops.add(ops.mul(xr, yi), ops.mul(xi, yr))], -1);
    const c = ops.irfft(product, { n });
    return [c, gradients(ops.sum(ops.square(c)), [a as Tensor])[0] as Tensor];
  });
  const next = randoms(3);
  const [a, b] = [0, 1].map(() => Float64Array.from({ length: n }, () => 2 * next() - 1)) as [Float64Array, Float64Array];
  const feeds = new Map([...graph.inputs.values()].map((x, i) => [x, { shape: [n], dtype: "f64" as const, data: i === 0 ? a : b }]));
  const [c, da] = interpret(graph, result, feeds);
  const at = (v: ArrayLike<number>, i: number) => v[((i % n) + n) % n] as number;
  for (let k = 0; k < n; k++) {
    const direct = a.reduce((sum, v, j) => sum + v * at(b, k - j), 0);
    expect(c?.data[k]).toBeCloseTo(direct, 13);
    const correlated = b.reduce((sum, v, j) => sum + 2 * v * at(c?.data as Float64Array, k + j), 0);
    expect(da?.data[k]).toBeCloseTo(correlated, 12);
  }
});

test("rows of a bounded axis, and vmap", async () => {
  const f = (x: Tensor) => {
    const loss = ops.mean(ops.square(ops.square(ops.rfft(x))));
    return [loss, gradients(loss, [x])[0] as Tensor];
  };
  const [most, n] = [11, 10];
  const { graph, result } = traceFunction({ x: { shape: [most, n], dtype: "f64", bound: { name: "rows", times: 1 } } }, ({ x }) =>
    f(x as Tensor),
  );
  const backend = await wasmBackend("baseline");
  const executable = await WasmExecutable.compile(backend.runtime, {
    graph,
    outputs: new Map(result.map((y, i) => [`${i}`, y])),
    leaves: new Map(),
    seed: 1,
    maxima: new Map([["rows", most]]),
    threads: 1,
  });
  try {
    for (const rows of [most, 3]) {
      const single = traceOne([rows, n], "f64", f);
      executable.setLive("rows", rows);
      executable.write("x", single.data);
      executable.runSync();
      interpret(single.graph, single.result, single.feeds).forEach(({ data }, i) => {
        expect(distance(executable.read(`${i}`).subarray(0, data.length), data)).toBeLessThan(1e-14);
      });
    }
  } finally {
    executable.close();
  }
  const mapped = traceOne([3, 2, 8, 2], "f64", (x) => [vmap((z: Tensor) => ops.fft(z, { axis: 0 }))(x) as Tensor, ops.fft(x, { axis: 1 })]);
  const [one, other] = interpret(mapped.graph, mapped.result, mapped.feeds);
  expect(one?.data).toEqual(other?.data);
});

test("one table serves all transforms of a length", () => {
  const { graph } = traceOne([4, 16, 2], "f64", (x) => gradients(ops.sum(ops.square(ops.fft(ops.ifft(x)))), [x]));
  expect([...graph.constants.keys()].filter((x) => x.rank === 2).length).toBe(1);
});

test.each<[string, () => unknown, string]>([
  ["real numbers", () => ops.fft(constant([1, 2, 3])), "SHAPE"],
  ["an empty axis", () => ops.rfft(ops.zeros([3, 0])), "SHAPE"],
  ["whole numbers", () => ops.rfft(constant([1, 2], [2], "i32")), "DTYPE"],
  ["an axis that is not there", () => ops.fft(ops.zeros([3, 4, 2]), { axis: 2 }), "SHAPE"],
  ["half a length", () => ops.fft(ops.zeros([3, 4, 2]), { n: 2.5 }), "ARGUMENT"],
  ["no length", () => ops.irfft(ops.zeros([3, 1, 2])), "ARGUMENT"],
  ["a norm of its own", () => ops.rfft(ops.zeros([4]), { norm: "unitary" as "ortho" }), "ARGUMENT"],
])("refuses %s", (_, f, code) => {
  const caught = (() => {
    try {
      traceFunction({}, f);
    } catch (error) {
      return error as TetradError;
    }
    return undefined;
  })();
  expect(caught).toBeInstanceOf(TetradError);
  expect(caught?.code).toBe(code);
});
