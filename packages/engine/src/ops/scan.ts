/** A loop as one node: a body that is a graph of its own, run `length` times with carried values. Recurrent nets, ODE steps, chains. */

import { vjp } from "../autodiff.js";
import { interpret } from "../backends/reference.js";
import { isFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { Op, OpCase } from "../op.js";
import { formatShape, sameShape, sizeOf } from "../shape.js";
import { formatSite } from "../site.js";
import { Graph, type Spec, type Tensor } from "../tensor.js";
import { applyAll, traceFunction, withGraph } from "../trace.js";
import { isolate } from "../transforms/isolate.js";
import { Replay } from "../transforms/replay.js";
import { leaves, structureOf, type Tree, withLeaves } from "../transforms/tree.js";
import { add } from "./add.js";
import { zeros } from "./full.js";
import { identity, specOf } from "./identity.js";
import { mul } from "./mul.js";
import { nextStream } from "./randomStream.js";
import { moveAxis } from "./transpose.js";

/** One turn of the loop. A class of its own because attributes are compared as JSON, and a graph is a web. */
export class ScanBody {
  constructor(
    readonly graph: Graph,
    /** Carried values, this turn's slices, and captured tensors, which are the same in every turn. */
    readonly inputs: readonly Tensor[],
    /** The next carried values, then what is stacked. */
    readonly outputs: readonly Tensor[],
  ) {}

  toJSON(): string {
    return "ScanBody";
  }
}

export type ScanAttrs = {
  readonly body: ScanBody;
  /** How many of the node's inputs are carried; as many of its first outputs are their last values. */
  readonly carries: number;
  /** How many of the inputs after those are sliced along axis 0. */
  readonly xs: number;
  readonly length: number;
  /** Turns run from the last slice to the first; stacked values keep their slice's position. */
  readonly reverse: boolean;
  /** The highest random stream inside the body, so that random ops outside it take others; -1 when there is none. */
  readonly stream: number;
};

/**
 * Inputs: initial carries, sliced tensors (length, …), captured tensors. Outputs: last carries, stacked values (length, …), and each carry as it
 * was before every turn (length, …), which only the gradient reads: a backend need not store it when nobody does.
 */
export const scanOp: Op<ScanAttrs> = {
  name: "scan",
  tolerance: "reduction",
  infer(inputs, { body, carries, xs, length }) {
    body.inputs.forEach((slot, i) => {
      const given = inputs[i] as Spec;
      const expected = i >= carries && i < carries + xs ? [length, ...slot.shape] : slot.shape;
      if (!sameShape(given.shape, expected) || given.dtype !== slot.dtype) {
        throw new TetradError("SHAPE", {
          op: "scan",
          what: "an input differs from what the body was traced for",
          got: `${given.dtype} ${formatShape(given.shape)}`,
          expected: `${slot.dtype} ${formatShape(expected)}`,
        });
      }
    });
    const stacked = (x: Tensor): Spec => ({ shape: [length, ...x.shape], dtype: x.dtype });
    return [
      ...body.outputs.slice(0, carries).map(specOf),
      ...body.outputs.slice(carries).map(stacked),
      ...body.inputs.slice(0, carries).map(stacked),
    ];
  },
  gradient({ inputs, outputs, dys, attrs: { body, carries, xs, length, reverse } }) {
    const stacked = body.outputs.length - carries;
    const float = (list: readonly Tensor[]) => list.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []));
    const pick = <T>(list: readonly T[], which: readonly number[]): T[] => which.map((i) => list[i] as T);
    const [slots, slices, captured] = [body.inputs.slice(0, carries), inputs.slice(carries, carries + xs), inputs.slice(carries + xs)];
    const [floatCarries, floatSlices, floatCaptured] = [float(slots), float(slices), float(captured)];
    const flowing = float(body.outputs).filter((i) => i >= carries && dys[i] !== undefined);
    const before = outputs.slice(carries + stacked);
    const beforeFlows = floatCarries.map((i) => dys[carries + stacked + i]);
    const initial = {
      dCarries: floatCarries.map((i) => dys[i] ?? zeros((slots[i] as Tensor).shape, (slots[i] as Tensor).dtype)),
      dCaptured: pick(captured, floatCaptured).map((x) => zeros(x.shape, x.dtype)),
    };
    const turn = { before, slices, dStacked: pick(dys, flowing), dBefore: beforeFlows };
    const [last, dSlices] = scan<typeof initial, Tensor[], typeof turn>(
      (carry, now) => {
        const graph = (outputs[0] as Tensor).graph;
        const replay = new Replay(graph);
        const own = captured.map(identity);
        const values = [...now.before, ...now.slices, ...own];
        body.inputs.forEach((slot, i) => {
          replay.bind(slot, values[i] as Tensor);
        });
        replay.run(body.graph.nodes);
        const results = [...floatCarries, ...flowing].map((i) => replay.value(body.outputs[i] as Tensor));
        const wrt = [...pick(now.before, floatCarries), ...pick(now.slices, floatSlices), ...pick(own, floatCaptured)];
        const dxs = vjp(results, [...carry.dCarries, ...(now.dStacked as Tensor[])], wrt);
        const [a, b] = [floatCarries.length, floatCarries.length + floatSlices.length];
        const dCarries = dxs.slice(0, a).map((dx, i) => {
          const extra = now.dBefore[i];
          return extra === undefined ? dx : add(dx, extra);
        });
        const dCaptured = dxs.slice(b).map((dx, i) => add(carry.dCaptured[i] as Tensor, dx));
        return [{ dCarries, dCaptured }, dxs.slice(a, b)];
      },
      initial,
      turn,
      { length, reverse: !reverse },
    );
    const spread = (count: number, which: readonly number[], values: readonly Tensor[]) =>
      Array.from({ length: count }, (_, i) => values[which.indexOf(i)]);
    return [
      ...spread(carries, floatCarries, last.dCarries),
      ...spread(xs, floatSlices, dSlices),
      ...spread(captured.length, floatCaptured, last.dCaptured),
    ];
  },
  reference(inputs, { body, carries, xs, length, reverse }, specs, key) {
    const outputs = specs.map((spec) => ndZeros(spec.shape, spec.dtype));
    let carried = inputs.slice(0, carries);
    const stacked = body.outputs.length - carries;
    const put = (at: number, t: number, value: NdArray) => (outputs[at] as NdArray).data.set(value.data, t * value.data.length);
    for (let turn = 0; turn < length; turn++) {
      const t = reverse ? length - 1 - turn : turn;
      const feeds = new Map<Tensor, NdArray>();
      body.inputs.forEach((slot, i) => {
        const size = sizeOf(slot.shape);
        const whole = (i < carries ? carried[i] : inputs[i]) as NdArray;
        const sliced = i >= carries && i < carries + xs;
        feeds.set(slot, sliced ? { shape: slot.shape, dtype: slot.dtype, data: whole.data.subarray(t * size, (t + 1) * size) } : whole);
      });
      carried.forEach((value, i) => {
        put(carries + stacked + i, t, value);
      });
      const results = interpret(body.graph, body.outputs, feeds, key && { key });
      carried = results.slice(0, carries);
      results.slice(carries).forEach((value, i) => {
        put(carries + i, t, value);
      });
    }
    carried.forEach((value, i) => {
      (outputs[i] as NdArray).data.set(value.data);
    });
    return outputs;
  },
  flops: (_, __, { body, length }) =>
    length * body.graph.nodes.reduce((total, node) => total + node.op.flops(node.inputs, node.outputs, node.attrs), 0),
  cases: () => scanCases(),
  lowering: { kind: "scan" },
  batch(inputs, batched, { body, carries, xs, length, reverse }) {
    const extent = inputs[batched.indexOf(true)]?.shape[0] as number;
    const [{ graph }] = inputs as readonly [Tensor];
    const replayInto = new Replay(graph);
    const init = inputs.slice(0, carries).map((x, i) => {
      replayInto.bind(x, x, batched[i]);
      return replayInto.batchedValue(x, extent);
    });
    const slices = inputs.slice(carries, carries + xs).map((x, i) => (batched[carries + i] === true ? moveAxis(x, 0, 1) : x));
    const outputs = scanNode(
      (carry, now) => {
        const replay = new Replay(graph);
        [...carry, ...now, ...inputs.slice(carries + xs)].forEach((value, i) => {
          replay.bind(body.inputs[i] as Tensor, value, i < carries || batched[i] === true);
        });
        replay.run(body.graph.nodes);
        const results = body.outputs.map((y) => replay.batchedValue(y, extent));
        return [results.slice(0, carries), results.slice(carries)];
      },
      init,
      slices,
      length,
      reverse,
    );
    return outputs.map((y, i) => (i < carries ? y : moveAxis(y, 1, 0)));
  },
};

/** Traces one turn as a graph of its own and appends the node; returns all its outputs. */
function scanNode(
  f: (carry: readonly Tensor[], x: readonly Tensor[]) => readonly [readonly Tensor[], readonly Tensor[]],
  init: readonly Tensor[],
  xs: readonly Tensor[],
  length: number,
  reverse: boolean,
): readonly Tensor[] {
  const graph = ([...init, ...xs][0] as Tensor).graph;
  const specs = [
    ...init.map((x): Spec => ({ shape: x.shape, dtype: x.dtype })),
    ...xs.map((x): Spec => ({ shape: x.shape.slice(1), dtype: x.dtype })),
  ];
  const { placeholders, result, nodes } = isolate("scan", graph, specs, (inner) => {
    const [carry, stacked] = f(inner.slice(0, init.length), inner.slice(init.length));
    return [...carry, ...stacked];
  });
  init.forEach((x, i) => {
    const next = result[i] as Tensor;
    if (!sameShape(next.shape, x.shape) || next.dtype !== x.dtype) {
      throw new TetradError("SHAPE", {
        op: "scan",
        what: `carried value ${i} changes its shape or type in a turn`,
        got: `${next.dtype} ${formatShape(next.shape)}`,
        expected: `${x.dtype} ${formatShape(x.shape)}`,
        at: formatSite(next.node?.site),
      });
    }
  });
  const body = new Graph();
  const replay = new Replay(body);
  const slots = placeholders.map((placeholder, i) => body.input(`${i < init.length ? "carry" : "slice"}${i}`, specOf(placeholder)));
  placeholders.forEach((placeholder, i) => {
    replay.bind(placeholder, slots[i] as Tensor);
  });
  const made = new Set<Tensor>([...placeholders, ...nodes.flatMap((node) => node.outputs)]);
  const captured = [...new Set([...nodes.flatMap((node) => node.inputs), ...result])].filter(
    (x) => !made.has(x) && !graph.constants.has(x),
  );
  captured.forEach((x, i) => {
    const slot = body.input(`captured${i}`, { shape: x.shape, dtype: x.dtype });
    replay.bind(x, slot);
    slots.push(slot);
  });
  replay.run(nodes);
  const attrs = {
    body: new ScanBody(
      body,
      slots,
      result.map((y) => replay.value(y)),
    ),
    carries: init.length,
    xs: xs.length,
    length,
    reverse,
    stream: nextStream(body) - 1,
  };
  return withGraph(graph, () => applyAll(scanOp, [...init, ...xs, ...captured], attrs));
}

function scanCases(): OpCase<ScanAttrs>[] {
  const one = (name: string, n: number, length: number, reverse: boolean): OpCase<ScanAttrs> => {
    // c' = c w + x, y = c' · c'
    const { graph, result } = traceFunction(
      { c: { shape: [n], dtype: "f64" }, x: { shape: [n], dtype: "f64" }, w: { shape: [n], dtype: "f64" } },
      ({ c, x, w }) => {
        const next = add(mul(c as Tensor, w as Tensor), x as Tensor);
        return [next, mul(next, next)] as const;
      },
    );
    const body = new ScanBody(graph, [...graph.inputs.values()], result);
    return {
      name,
      inputs: [
        { shape: [n], dtype: "f64" },
        { shape: [length, n], dtype: "f64" },
        { shape: [n], dtype: "f64", range: [-0.9, 0.9] },
      ],
      attrs: { body, carries: 1, xs: 1, length, reverse, stream: -1 },
    };
  };
  return [one("one", 1, 1, false), one("none", 3, 0, false), one("forwards", 5, 7, false), one("backwards", 3, 4, true)];
}

/**
 * `scan(f, init, xs)` runs `[carry, y] = f(carry, x)` over the slices of `xs` along axis 0 and returns the last carry and the stacked `y`s,
 * as jax.lax.scan. Carry, `x` and `y` are tensors or arrays or records of tensors. `f` is traced once, so thousands of turns are one node; it may use
 * tensors of the surrounding function, which are the same in every turn and get gradients. Gradients run the loop backwards over the carries it went through.
 * Random ops in `f` draw the same numbers in every turn: pass drawn numbers in as slices where turns must differ.
 * Throws SHAPE when a carry changes its shape or type, or slices differ in number.
 * @param length how many turns; needed when there are no `xs`
 * @param reverse run from the last slice to the first; `y`s keep their slice's position
 */
export function scan<C extends Tree, Y extends Tree, X extends Tree>(
  f: (carry: C, x: X) => readonly [C, Y],
  init: C,
  xs: X,
  { length, reverse = false }: { length?: number; reverse?: boolean } = {},
): [C, Y] {
  const [initial, slices] = [leaves(init), leaves(xs)];
  if (initial.length + slices.length === 0)
    throw new TetradError("ARGUMENT", { op: "scan", what: "neither a carry nor slices: there is nothing to loop over" });
  const extents = [...new Set([...slices.map((x) => x.shape[0]), ...(length === undefined ? [] : [length])])];
  const [turns] = extents;
  if (extents.length !== 1 || turns === undefined) {
    throw new TetradError("SHAPE", {
      op: "scan",
      what: extents.length === 0 ? "neither slices nor a length tell how many turns" : "slices differ in number",
      got: extents.map((n) => n ?? "a scalar").join(", "),
    });
  }
  let shape: Y | undefined;
  const outputs = scanNode(
    (carry, now) => {
      const [next, y] = f(withLeaves(init, carry), withLeaves(xs, now));
      if (structureOf(next) !== structureOf(init)) {
        throw new TetradError("ARGUMENT", {
          op: "scan",
          what: "a turn must carry on what it was given",
          got: structureOf(next),
          expected: structureOf(init),
          hint: "a number that changes is carried as a tensor: full([], 0)",
        });
      }
      shape = y;
      return [leaves(next), leaves(y)];
    },
    initial,
    slices,
    turns,
    reverse,
  );
  const carried = initial.length;
  return [withLeaves(init, outputs.slice(0, carried)), withLeaves(shape as Y, outputs.slice(carried))];
}
