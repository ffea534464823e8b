// LSTM and GRU beyond PyTorch's goldens: rows of unlike length, stacked layers, second derivatives, bounded batches, vmap, dropout, bad input.
import { afterAll, describe, expect, test } from "vitest";
import { gradients } from "../../packages/engine/src/autodiff.js";
import { interpret } from "../../packages/engine/src/backends/reference.js";
import { WasmExecutable } from "../../packages/engine/src/backends/wasm/executable.js";
import { TetradError } from "../../packages/engine/src/errors.js";
import type { NdArray } from "../../packages/engine/src/nd.js";
import { type GruOptions, gru, gruLayer } from "../../packages/engine/src/nn/gru.js";
import { type LstmOptions, lstm, lstmLayer } from "../../packages/engine/src/nn/lstm.js";
import * as ops from "../../packages/engine/src/ops/index.js";
import type { Shape } from "../../packages/engine/src/shape.js";
import type { Tensor } from "../../packages/engine/src/tensor.js";
import { constant, traceFunction } from "../../packages/engine/src/trace.js";
import { vmap } from "../../packages/engine/src/transforms/index.js";
import { randoms } from "../support/ops-cases.js";
import { closeBackends, runOnWasm, wasmBackend } from "../support/wasm-executor.js";

afterAll(closeBackends);

const [T, B, I, H] = [5, 3, 4, 3];

interface Kind {
  readonly gates: number;
  readonly layer: typeof lstmLayer;
  /** y and the last states, joined. */
  run(x: Tensor, weights: Readonly<Record<string, Tensor>>, options?: LstmOptions & GruOptions): { y: Tensor; last: Tensor[] };
}
const kinds: Readonly<Record<string, Kind>> = {
  lstm: {
    gates: 4,
    layer: lstmLayer,
    run(x, weights, options) {
      const { y, hn, cn } = lstm(x, weights, options);
      return { y, last: [hn, cn] };
    },
  },
  gru: {
    gates: 3,
    layer: gruLayer,
    run(x, weights, options) {
      const { y, hn } = gru(x, weights, options);
      return { y, last: [hn] };
    },
  },
};

type Specs = Record<string, { shape: Shape; dtype: "f64" | "i32"; bound?: { name: string; times: number } }>;

function weightSpecs(kind: Kind, options: { layers?: number; bidirectional?: boolean; bias?: boolean } = {}): Specs {
  const { params } = kind.layer(I, H, options);
  return Object.fromEntries(
    Object.entries(params).map(([name, spec]) => [name, { shape: (spec as { shape: Shape }).shape, dtype: "f64" as const }]),
  );
}

/** The same numbers for the same name and size, whatever else there is. */
function feed(
  graph: { inputs: ReadonlyMap<string, Tensor> },
  values: Readonly<Record<string, readonly number[]>> = {},
): Map<Tensor, NdArray> {
  return new Map(
    [...graph.inputs].map(([name, x]) => {
      const next = randoms([...name].reduce((sum, c) => sum * 31 + c.charCodeAt(0), 7) % 10007);
      const data = Float64Array.from(values[name] ?? Array.from({ length: x.size }, () => 2 * next() - 1));
      return [x, { shape: x.shape, dtype: x.dtype, data }];
    }),
  );
}

function expectClose(got: readonly NdArray[], want: readonly NdArray[], tolerance: number): void {
  expect(got.length).toBe(want.length);
  want.forEach((w, i) => {
    expect(got[i]?.shape).toEqual(w.shape);
    w.data.forEach((v, k) => expect(Math.abs((got[i]?.data[k] as number) - v), `output ${i}, element ${k}`).toBeLessThan(tolerance));
  });
}

describe.each(Object.entries(kinds))("%s", (_, kind) => {
  test.each([false, true])("rows of unlike length are as if run alone (bidirectional: %s)", async (bidirectional) => {
    const weights = weightSpecs(kind, { layers: 2, bidirectional });
    const names = Object.keys(weights);
    const lengths = [T, 2, 4];
    const whole = traceFunction({ x: { shape: [T, B, I], dtype: "f64" }, lengths: { shape: [B], dtype: "i32" }, ...weights }, (inputs) => {
      const { y, last } = kind.run(inputs["x"] as Tensor, inputs, { lengths: inputs["lengths"] as Tensor });
      const loss = ops.sum(ops.square(ops.concat([ops.flatten(y), ...last.map((s) => ops.flatten(ops.mul(s, 2)))], 0)));
      return [
        y,
        ...last,
        ...gradients(
          loss,
          ["x", ...names].map((name) => inputs[name] as Tensor),
        ),
      ];
    });
    const feeds = feed(whole.graph, { lengths });
    const got = interpret(whole.graph, whole.result, feeds);
    expectClose(await runOnWasm("relaxed", whole.graph, whole.result, feeds), got, 1e-13);

    // Each row alone, at its own length, and the sum of what they give.
    const x = feeds.get(whole.graph.inputs.get("x") as Tensor) as NdArray;
    const want = got.map((array) => ({ ...array, data: new Float64Array(array.data.length) }));
    lengths.forEach((length, b) => {
      const alone = traceFunction({ x: { shape: [length, 1, I], dtype: "f64" }, ...weights }, (inputs) => {
        const { y, last } = kind.run(inputs["x"] as Tensor, inputs);
        const loss = ops.sum(ops.square(ops.concat([ops.flatten(y), ...last.map((s) => ops.flatten(ops.mul(s, 2)))], 0)));
        return [
          y,
          ...last,
          ...gradients(
            loss,
            ["x", ...names].map((name) => inputs[name] as Tensor),
          ),
        ];
      });
      const own = Array.from({ length: length * I }, (__, i) => x.data[(Math.floor(i / I) * B + b) * I + (i % I)] as number);
      const parts = interpret(alone.graph, alone.result, feed(alone.graph, { x: own }));
      const states = got.length - names.length - 2;
      parts.forEach((part, i) => {
        const target = want[i] as NdArray;
        const isWeight = i > states + 1;
        const width = isWeight ? 0 : (part.shape[2] as number);
        part.data.forEach((v, k) => {
          const at = isWeight ? k : (Math.floor(k / width) * B + b) * width + (k % width);
          target.data[at] = (target.data[at] as number) + v;
        });
      });
    });
    expectClose(got, want, 1e-12);
  });

  test("what lies behind a row's end does not matter, not even NaN", () => {
    const weights = weightSpecs(kind);
    const { graph, result } = traceFunction(
      { x: { shape: [T, B, I], dtype: "f64" }, lengths: { shape: [B], dtype: "i32" }, ...weights },
      (inputs) => {
        const { y } = kind.run(inputs["x"] as Tensor, inputs, { lengths: inputs["lengths"] as Tensor });
        return [
          y,
          ...gradients(ops.sum(ops.square(y)), [inputs["x"] as Tensor, inputs["weight_hh_l0"] as Tensor, inputs["weight_ih_l0"] as Tensor]),
        ];
      },
    );
    const feeds = feed(graph, { lengths: [1, 0, 3] });
    const clean = interpret(graph, result, feeds);
    const { data } = feeds.get(graph.inputs.get("x") as Tensor) as NdArray;
    for (let t = 1; t < T; t++) data.fill(NaN, t * B * I, t * B * I + I);
    expectClose(interpret(graph, result, feeds), clean, 1e-15);
  });

  test("batch first, two layers, no biases: as layers of one", () => {
    const weights = weightSpecs(kind, { layers: 2, bias: false });
    const { graph, result } = traceFunction({ x: { shape: [B, T, I], dtype: "f64" }, ...weights }, (inputs) => {
      const both = kind.run(inputs["x"] as Tensor, inputs, { batchFirst: true });
      const layer = (x: Tensor, n: number) =>
        kind.run(x, { weight_ih_l0: inputs[`weight_ih_l${n}`] as Tensor, weight_hh_l0: inputs[`weight_hh_l${n}`] as Tensor });
      const first = layer(ops.swapAxes(inputs["x"] as Tensor, 0, 1), 0);
      const second = layer(first.y, 1);
      return [
        both.y,
        ...both.last,
        ops.swapAxes(second.y, 0, 1),
        ...both.last.map((__, i) => ops.concat([first.last[i] as Tensor, second.last[i] as Tensor], 0)),
      ];
    });
    const values = interpret(graph, result, feed(graph));
    expectClose(values.slice(0, values.length / 2), values.slice(values.length / 2), 1e-15);
  });

  test("second derivative against differences of the first", () => {
    const weights = weightSpecs(kind);
    const names = ["x", ...Object.keys(weights)];
    const { graph, result } = traceFunction({ x: { shape: [3, 2, I], dtype: "f64" }, ...weights }, (inputs) => {
      const leaves = names.map((name) => inputs[name] as Tensor);
      const { y, last } = kind.run(inputs["x"] as Tensor, inputs);
      const loss = ops.add(ops.sum(ops.sin(y)), ops.sum(ops.square(last.at(-1) as Tensor)));
      const first = gradients(loss, leaves);
      // Σ g · w with a fixed w, which is different for every element.
      const along = first
        .map((g) => ops.sum(ops.mul(g, ops.reshape(ops.cos(ops.arange(g.size, { dtype: "f64" })), g.shape))))
        .reduce((a, b) => ops.add(a, b));
      return [along, ...gradients(along, leaves)];
    });
    const feeds = feed(graph);
    const [, ...seconds] = interpret(graph, result, feeds);
    names.forEach((name, i) => {
      const { data } = feeds.get(graph.inputs.get(name) as Tensor) as NdArray;
      for (const at of [0, Math.floor(data.length / 2), data.length - 1]) {
        const [h, kept] = [1e-5, data[at] as number];
        const value = (v: number) => {
          data[at] = v;
          return interpret(graph, result.slice(0, 1), feeds)[0]?.data[0] as number;
        };
        const numeric = (value(kept + h) - value(kept - h)) / (2 * h);
        data[at] = kept;
        expect(Math.abs((seconds[i]?.data[at] as number) - numeric), `${name} ${at}`).toBeLessThan(1e-7 * Math.max(1, Math.abs(numeric)));
      }
    });
  });

  test("a bounded batch gives what a batch of the live length gives", async () => {
    const most = 9;
    const weights = weightSpecs(kind, { bidirectional: true });
    const names = Object.keys(weights);
    const trace = (rows: number, bounded: boolean) => {
      const bound = bounded ? { bound: { name: "rows", times: 1 } } : {};
      return traceFunction(
        { x: { shape: [rows, T, I], dtype: "f64", ...bound }, lengths: { shape: [rows], dtype: "i32", ...bound }, ...weights },
        (inputs) => {
          const { y } = kind.run(inputs["x"] as Tensor, inputs, { batchFirst: true, lengths: inputs["lengths"] as Tensor });
          const loss = ops.mean(ops.square(y));
          return [
            y,
            loss,
            ...gradients(
              loss,
              ["x", ...names].map((name) => inputs[name] as Tensor),
            ),
          ];
        },
      );
    };
    const backend = await wasmBackend("baseline");
    const { graph, result } = trace(most, true);
    const executable = await WasmExecutable.compile(backend.runtime, {
      graph,
      outputs: new Map(result.map((tensor, i) => [`${i}`, tensor])),
      leaves: new Map(),
      seed: 1,
      maxima: new Map([["rows", most]]),
      threads: 1,
    });
    try {
      for (const rows of [most, 2, 5]) {
        const single = trace(rows, false);
        const feeds = feed(single.graph, { lengths: Array.from({ length: rows }, (__, i) => 1 + ((i * 3) % T)) });
        const want = interpret(single.graph, single.result, feeds);
        executable.setLive("rows", rows);
        for (const [name, x] of single.graph.inputs) executable.write(name, (feeds.get(x) as NdArray).data);
        executable.runSync();
        want.forEach(({ data }, i) => {
          const got = executable.read(`${i}`);
          data.forEach((v, k) => expect(Math.abs((got[k] as number) - v), `${rows} rows, output ${i}, element ${k}`).toBeLessThan(1e-12));
        });
      }
    } finally {
      executable.close();
    }
  });

  test("maps over a leading axis", () => {
    const weights = weightSpecs(kind);
    const { graph, result } = traceFunction({ x: { shape: [2, T, B, I], dtype: "f64" }, ...weights }, (inputs) => {
      const f = (x: Tensor) => {
        const { y } = kind.run(x, inputs);
        return [y, ...gradients(ops.sum(ops.square(y)), [x])];
      };
      const x = inputs["x"] as Tensor;
      const [y, dx] = vmap(f)(x) as [Tensor, Tensor];
      const each = [0, 1].map((i) => f(ops.select(x, 0, i)));
      return [y, dx, ops.stack(each.map((e) => e[0] as Tensor)), ops.stack(each.map((e) => e[1] as Tensor))];
    });
    const [y, dx, wantY, wantDx] = interpret(graph, result, feed(graph)) as [NdArray, NdArray, NdArray, NdArray];
    expectClose([y, dx], [wantY, wantDx], 1e-14);
  });

  test("dropout acts between layers, while training", () => {
    const weights = weightSpecs(kind, { layers: 2 });
    const net = kind.layer(I, H, { layers: 2, dropout: 0.5 });
    const { graph, result } = traceFunction({ x: { shape: [T, B, I], dtype: "f64" }, ...weights }, (inputs) => [
      net.apply(inputs, inputs["x"] as Tensor, { training: false }),
      kind.run(inputs["x"] as Tensor, inputs).y,
      net.apply(inputs, inputs["x"] as Tensor, { training: true }),
    ]);
    const [without, plain, dropped] = interpret(graph, result, feed(graph)) as [NdArray, NdArray, NdArray];
    expect(without.data).toEqual(plain.data);
    expect(dropped.data).not.toEqual(plain.data);
    expect(graph.nodes.filter((node) => node.op.name === "dropout").length).toBe(1);
  });

  const zeros = (...shape: number[]) => ops.zeros(shape, "f64");
  const ih = () => zeros(kind.gates * H, I);
  const hh = () => zeros(kind.gates * H, H);
  test.each<[string, () => unknown, string, RegExp]>([
    ["no weights", () => kind.run(zeros(T, B, I), {}), "ARGUMENT", /lacks weights of "l0"/],
    [
      "a second layer without weight_hh",
      () => kind.run(zeros(T, B, I), { weight_ih_l0: ih(), weight_hh_l0: hh(), weight_ih_l1: ih() }),
      "ARGUMENT",
      /"l1"/,
    ],
    ["weights of another input", () => kind.run(zeros(T, B, I + 1), { weight_ih_l0: ih(), weight_hh_l0: hh() }), "SHAPE", /weight_ih_l0/],
    [
      "gates of another kind",
      () => kind.run(zeros(T, B, I), { weight_ih_l0: ih(), weight_hh_l0: zeros(2 * H, H) }),
      "SHAPE",
      /weight_hh_l0/,
    ],
    [
      "a bias of another size",
      () => kind.run(zeros(T, B, I), { weight_ih_l0: ih(), weight_hh_l0: hh(), bias_hh_l0: zeros(1) }),
      "SHAPE",
      /bias_hh_l0/,
    ],
    ["a matrix", () => kind.run(zeros(T, I), { weight_ih_l0: ih(), weight_hh_l0: hh() }), "SHAPE", /sequence/],
    ["no steps", () => kind.run(zeros(0, B, I), { weight_ih_l0: ih(), weight_hh_l0: hh() }), "SHAPE", /without steps/],
    [
      "a state of another batch",
      () => kind.run(zeros(T, B, I), { weight_ih_l0: ih(), weight_hh_l0: hh() }, { h0: zeros(1, B + 1, H) }),
      "SHAPE",
      /initial state/,
    ],
    [
      "states of more layers",
      () => kind.run(zeros(T, B, I), { weight_ih_l0: ih(), weight_hh_l0: hh() }, { h0: zeros(2, B, H) }),
      "SHAPE",
      /too many rows/,
    ],
    [
      "lengths of another batch",
      () => kind.run(zeros(T, B, I), { weight_ih_l0: ih(), weight_hh_l0: hh() }, { lengths: constant([1], [1], "i32") }),
      "SHAPE",
      /lengths/,
    ],
    ["no units", () => kind.layer(I, 0), "ARGUMENT", /units/],
  ])("refuses %s", (__, f, code, message) => {
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
    expect(caught?.message).toMatch(message);
  });
});
