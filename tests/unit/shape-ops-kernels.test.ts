// The kernels of index, shape and linear algebra ops called directly, on the ops' own cases: nothing is written outside outputs, shares of 1 to 5 threads give the same
// bits, and bad indices are left out and reported.
import { type Build, control, loadModule, moduleOf, supportsRelaxedSimd } from "@tetrad/kernels-wasm";
import { describe, expect, test } from "vitest";
import { byteSize, type DType, type FloatDType, hostArray, isFloat } from "../../packages/engine/src/dtype.js";
import { type NdArray, ndFrom } from "../../packages/engine/src/nd.js";
import type { CaseInput, LaunchRequest, Op, Operand } from "../../packages/engine/src/op.js";
import * as ops from "../../packages/engine/src/ops/index.js";
import { sizeOf, stridesOf } from "../../packages/engine/src/shape.js";
import { Graph, type Node, type Spec, type Tensor } from "../../packages/engine/src/tensor.js";
import { randoms } from "./transforms-support.js";

type Kernel = (params: number, thread: number, threads: number) => void;

const GUARD = 64;
const SENTINEL = 0xa5;
const PARAMS = 1024;
const MOST_THREADS = 5;
const builds: Build[] = supportsRelaxedSimd() ? ["baseline", "relaxed"] : ["baseline"];
const BAD_INDEX = 2;

/** Memory in which every value stands between guards. */
class Bench {
  readonly memory = new WebAssembly.Memory({ initial: 128, maximum: 65536, shared: true });
  readonly bytes = new Uint8Array(this.memory.buffer);
  readonly words = new Int32Array(this.memory.buffer);
  readonly #kernels = new Map<string, Kernel>();
  readonly #values = new Map<Tensor, number>();
  readonly #start = 8192 + MOST_THREADS * control.SCRATCH_BYTES;
  #next = this.#start;

  constructor(private readonly build: Build) {
    this.words[control.SCRATCH_BASE >> 2] = 8192;
    this.bytes.fill(SENTINEL, this.#start);
  }

  /** Forgets all values; only what they took needs filling again, since the guards were checked. */
  reset(): void {
    this.bytes.fill(SENTINEL, this.#start, this.#next);
    this.#values.clear();
    this.#next = this.#start;
    this.words[control.STOP >> 2] = 0;
  }

  async kernel(name: string): Promise<Kernel> {
    const known = this.#kernels.get(name);
    if (known !== undefined) return known;
    const module = await loadModule(this.build, moduleOf(name as Parameters<typeof moduleOf>[0]));
    const table = new WebAssembly.Table({ initial: 8, element: "anyfunc" });
    const { exports } = await WebAssembly.instantiate(module, { env: { memory: this.memory, table } });
    for (const [exported, kernel] of Object.entries(exports)) this.#kernels.set(exported, kernel as Kernel);
    return this.#kernels.get(name) as Kernel;
  }

  address(tensor: Tensor): number {
    const known = this.#values.get(tensor);
    if (known !== undefined) return known;
    const at = this.#next + GUARD;
    this.#next = Math.ceil((at + tensor.size * byteSize(tensor.dtype) + GUARD) / 64) * 64;
    this.#values.set(tensor, at);
    return at;
  }

  view(tensor: Tensor) {
    const array = hostArray(tensor.dtype, 0).constructor as new (
      buffer: ArrayBufferLike,
      at: number,
      length: number,
    ) => ReturnType<typeof hostArray>;
    return new array(this.memory.buffer, this.address(tensor), tensor.size);
  }

  /** Every byte between values is as it was. */
  checkGuards(): void {
    const inside = [...this.#values]
      .map(([tensor, at]) => [at, at + tensor.size * byteSize(tensor.dtype)] as const)
      .sort((a, b) => a[0] - b[0]);
    let from = this.#start;
    for (const [begin, end] of [...inside, [this.#next, this.#next] as const]) {
      for (let at = from; at < begin; at++) if (this.bytes[at] !== SENTINEL) expect.fail(`byte ${at} outside any value was written`);
      from = end;
    }
  }

  async launch(request: LaunchRequest, threads: number): Promise<void> {
    const kernel = await this.kernel(request.dtype === undefined ? request.kernel : `${request.kernel}_${request.dtype}`);
    const params = new DataView(this.memory.buffer, PARAMS, 7168);
    let at = 0;
    const word = (value: number) => {
      params.setInt32(at, value | 0, true);
      at += 4;
    };
    for (const y of request.outputs) word(this.address(y));
    for (const x of request.inputs) word(this.address(x.base) + x.offset * byteSize(x.base.dtype));
    for (const scalar of request.scalars) {
      if (typeof scalar !== "number") throw new Error("no live counts here");
      word(scalar);
    }
    for (let thread = 0; thread < threads; thread++) kernel(PARAMS, thread, threads);
  }
}

function values(input: CaseInput, seed: number): ArrayLike<number> {
  const next = randoms(seed);
  return input.values ?? Array.from({ length: sizeOf(input.shape) }, () => 4 * next() - 2);
}

/** The launches of one op on inputs that are dense, or stored transposed where the case says so. */
function lower<A extends Record<string, unknown>>(
  op: Op<A>,
  inputs: readonly CaseInput[],
  attrs: A,
  float: FloatDType,
): { requests: LaunchRequest[]; leaves: Tensor[]; outputs: readonly Tensor[] } {
  const graph = new Graph();
  const dtypes = inputs.map((input) => (input.dtype === undefined || isFloat(input.dtype) ? float : input.dtype));
  const stored = (input: CaseInput) => (input.transposed === true ? [...input.shape].reverse() : [...input.shape]);
  const leaves = inputs.map((input, i) => graph.input(`x${i}`, { shape: stored(input), dtype: dtypes[i] as DType }));
  const traced = inputs.map((input, i) => (input.transposed === true ? ops.transpose(leaves[i] as Tensor) : (leaves[i] as Tensor)));
  const outputs = graph.append(op as Op, traced, attrs, op.infer(traced, attrs));
  const requests: LaunchRequest[] = [];
  const operand = (tensor: Tensor): Operand => {
    const i = traced.indexOf(tensor);
    const base = leaves[i] as Tensor;
    const strides = stridesOf(base.shape);
    return { base, offset: 0, shape: tensor.shape, strides: inputs[i]?.transposed === true ? strides.reverse() : strides };
  };
  if (op.lowering.kind !== "launch") throw new Error(`${op.name} is no launch`);
  const copyInto = (copy: Tensor, direct: Operand) =>
    requests.push({
      kernel: "copy_strided",
      dtype: undefined,
      outputs: [copy],
      inputs: [direct],
      scalars: [
        byteSize(copy.dtype),
        1,
        copy.size,
        0,
        copy.rank,
        ...copy.shape.flatMap((n, k) => [n, stridesOf(copy.shape)[k] as number, direct.strides[k] as number]),
      ],
      flops: 0,
    });
  const context = {
    operand,
    contiguous: (tensor: Tensor) => {
      const direct = operand(tensor);
      if (direct.shape.length < 2 || inputs[traced.indexOf(tensor)]?.transposed !== true) return direct;
      // What the planner would do: a copy of its own.
      const copy = graph.input(`copy${requests.length}`, { shape: tensor.shape, dtype: tensor.dtype });
      copyInto(copy, direct);
      return { base: copy, offset: 0, shape: copy.shape, strides: stridesOf(copy.shape) };
    },
    begunAs: (y: Tensor, x: Tensor) => {
      if (y.size > 0) copyInto(y, operand(x));
      return y;
    },
    temp: (spec: Spec) => graph.input(`temp${graph.inputs.size}`, spec),
    emit: (request: LaunchRequest) => {
      if (request.outputs.some((y) => y.size > 0)) requests.push(request);
    },
  };
  op.lowering.launch(context, (outputs[0] as Tensor).node as Node, attrs);
  return { requests, leaves, outputs };
}

const launched = [
  ops.concatOp,
  ops.flipOp,
  ops.gatherOp,
  ops.indexCopyOp,
  ops.padOp,
  ops.scatterAddOp,
  ops.scatterRowsOp,
  ops.takeOp,
  ops.choleskyOp,
  ops.eighOp,
  ops.luFactorOp,
  ops.luSolveOp,
  ops.qrOp,
  ops.triangularSolveOp,
] as readonly Op[];
const epsilon = { f32: 2 ** -23, f64: 2 ** -52 };

describe.each(builds)("%s build", (build) => {
  const bench = new Bench(build);

  /** Fills the leaves, runs with a number of threads, returns the outputs' bytes and values. */
  async function play(
    lowered: ReturnType<typeof lower>,
    data: readonly ArrayLike<number>[],
    threads: number,
  ): Promise<{ bytes: Uint8Array[]; arrays: NdArray[] }> {
    bench.reset();
    lowered.leaves.forEach((leaf, i) => {
      bench.view(leaf).set(data[i] as ArrayLike<number>);
    });
    for (const request of lowered.requests) await bench.launch(request, threads);
    bench.checkGuards();
    const views = lowered.outputs.map((y) => bench.view(y));
    return {
      bytes: views.map((view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice()),
      arrays: views.map((view, i) => ndFrom((lowered.outputs[i] as Tensor).shape, (lowered.outputs[i] as Tensor).dtype, view)),
    };
  }

  for (const float of ["f32", "f64"] as const) {
    test.each(launched.map((op) => [op.name, op] as const))(`%s ${float}`, async (_, op) => {
      for (const { name, inputs, attrs } of op.cases()) {
        const lowered = lower(op, inputs, attrs, float);
        const data = inputs.map((input, i) => values(input, 3 + i));
        const first = await play(lowered, data, 1);
        for (const threads of [2, 3, MOST_THREADS]) {
          const { bytes } = await play(lowered, data, threads);
          expect(
            bytes.every((part, i) => Buffer.compare(part, first.bytes[i] as Uint8Array) === 0),
            `${op.name} ${name}: ${threads} threads give other bits than one`,
          ).toBe(true);
        }
        const arrays = inputs.map((input, i) => {
          const dtype = (lowered.leaves[i] as Tensor).dtype;
          const rounded = hostArray(dtype, sizeOf(input.shape));
          rounded.set(data[i] as ArrayLike<number>);
          const flat = ndFrom((lowered.leaves[i] as Tensor).shape, dtype, rounded);
          return input.transposed === true
            ? (ops.transposeOp.reference([flat], { permutation: [1, 0] }, [{ shape: input.shape, dtype }])[0] as NdArray)
            : flat;
        });
        const wanted = op.reference(arrays, attrs, lowered.outputs);
        const n = Math.max(1, ...inputs.map((input) => input.shape.at(-1) ?? 1));
        const tolerance = op.tolerance === "exact" ? 0 : op.tolerance === "reduction" ? 64 * epsilon[float] : 64 * n * n * epsilon[float];
        wanted.forEach((want, k) => {
          const scale = want.data.reduce((most, x) => Math.max(most, Math.abs(x) || 0), 1);
          want.data.forEach((w, i) => {
            const g = first.arrays[k]?.data[i] as number;
            const same = g === w || (Number.isNaN(g) && Number.isNaN(w)) || Math.abs(g - w) <= tolerance * scale;
            if (!same) expect.fail(`${op.name} ${name} output ${k} element ${i}: got ${g}, expected ${w}`);
          });
        });
      }
    });
  }

  test("indices out of range are left out and reported; neither read nor written beyond the table", async () => {
    const bad = { shape: [4], dtype: "i32" as const, values: [1, -1, 3, 2 ** 31 - 1] };
    const stopped = () => bench.words[control.STOP >> 2];
    const table: CaseInput = { shape: [3, 2], values: [1, 2, 3, 4, 5, 6] };
    const taken = await play(lower(ops.takeOp, [table, bad], { axis: 0, padding: -1 }, "f32"), [table.values as number[], bad.values], 2);
    expect([...(taken.arrays[0] as NdArray).data]).toEqual([3, 4, 0, 0, 0, 0, 0, 0]);
    expect(stopped()).toBe(BAD_INDEX);
    const fresh: CaseInput = { shape: [4, 2], values: [10, 20, 30, 40, 50, 60, 70, 80] };
    const put = lower(ops.indexCopyOp, [table, bad, fresh], {}, "f32");
    const copied = await play(put, [table.values as number[], bad.values, fresh.values as number[]], 2);
    expect([...(copied.arrays[0] as NdArray).data]).toEqual([1, 2, 10, 20, 5, 6]);
    expect(stopped()).toBe(BAD_INDEX);
    const line: CaseInput = { shape: [3], values: [1, 2, 3] };
    const gathered = await play(lower(ops.gatherOp, [line, bad], { axis: 0 }, "f64"), [line.values as number[], bad.values], 2);
    expect([...(gathered.arrays[0] as NdArray).data]).toEqual([2, 0, 0, 0]);
    expect(stopped()).toBe(BAD_INDEX);
    const added: CaseInput = { shape: [4], values: [10, 20, 30, 40] };
    const sums = await play(
      lower(ops.scatterAddOp, [line, bad, added], { axis: 0 }, "f32"),
      [line.values as number[], bad.values, added.values as number[]],
      2,
    );
    expect([...(sums.arrays[0] as NdArray).data]).toEqual([1, 12, 3]);
    expect(stopped()).toBe(BAD_INDEX);
    const slabs: CaseInput = { shape: [4, 1], values: [10, 20, 30, 40] };
    const rows = await play(
      lower(ops.scatterRowsOp, [slabs, bad], { axis: 0, extent: 3, padding: -1 }, "f64"),
      [slabs.values as number[], bad.values],
      2,
    );
    expect([...(rows.arrays[0] as NdArray).data]).toEqual([0, 10, 0]);
    expect(stopped()).toBe(BAD_INDEX);
    const good = { shape: [1], dtype: "i32" as const, values: [2] };
    await play(lower(ops.takeOp, [table, good], { axis: 0, padding: -1 }, "f32"), [table.values as number[], good.values], 2);
    expect(stopped()).toBe(0);
  });

  test("eigenvalues of a graded matrix keep their own accuracy; NaN and infinity end", async () => {
    const graded: CaseInput = { shape: [3, 3], values: [1e12, 1e3, 0, 1e3, 1, 1e-7, 0, 1e-7, 1e-12] };
    const { arrays } = await play(lower(ops.eighOp, [graded], {}, "f64"), [graded.values as number[]], 1);
    const [want] = ops.eighOp.reference(
      [ndFrom([3, 3], "f64", graded.values as number[])],
      {},
      ops.eighOp.infer([{ shape: [3, 3], dtype: "f64" }], {}),
    ) as [NdArray];
    want.data.forEach((w, i) => {
      expect(Math.abs(((arrays[0] as NdArray).data[i] as number) / w - 1)).toBeLessThan(1e-9);
    });
    for (const poison of [Number.NaN, Infinity]) {
      const data = [1, poison, 2, 3];
      for (const op of [ops.eighOp, ops.choleskyOp, ops.qrOp, ops.luFactorOp] as Op[]) {
        const result = await play(lower(op, [{ shape: [2, 2], values: data }], {}, "f64"), [data], 1);
        // Elimination and reflections keep what the poison did not reach.
        const all = op === ops.eighOp || op === ops.choleskyOp;
        expect(
          result.arrays.flatMap((y) => [...y.data])[all ? "every" : "some"]((x) => !Number.isFinite(x)),
          `${op.name} of ${poison}`,
        ).toBe(true);
      }
    }
  });
});
