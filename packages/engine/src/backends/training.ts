/** The launches that follow the gradients of a training step: record the loss, clip, update each run of parameters, count the step, assign states. A loss that is not finite keeps all of them from changing anything. */

import { byteSize } from "../dtype.js";
import type { Operand } from "../op.js";
import { ALIGNMENT, type Piece } from "../optim/runs.js";
import { denseOperand, type Lowering } from "../plan/lower.js";
import type { Launch } from "../plan/plan.js";
import { type Graph, type Spec, Tensor } from "../tensor.js";
import { withGraph } from "../trace.js";
import { type BatchSource, type Binding, type Segment, STEP_SCALARS, type Training } from "./backend.js";

/** Entries of the loss ring and of the table of learning rates: the most steps of one job. */
export const RING = 4096;

/** Leaves that stand for flat storage in the plan of a training step. */
export interface TrainingLeaves {
  readonly bindings: Map<Tensor, Binding>;
  append(lowering: Lowering, pin: (base: Tensor, offset: number) => void): void;
  commit(lowering: Lowering, state: Tensor, value: Operand): void;
}

export interface TrainingStorage {
  readonly ring: Segment;
  readonly rates: Segment;
  readonly randomState: Segment;
  /** The flat gradients, once linked. */
  readonly gradients: Segment;
}

export function trainingLaunches(graph: Graph, training: Training, storage: TrainingStorage): TrainingLeaves {
  const bindings = new Map<Tensor, Binding>();
  const leaf = (label: string, segment: Segment, offset = 0, length = segment.length): Tensor => {
    const spec: Spec = { shape: [length], dtype: segment.dtype };
    const tensor = new Tensor(graph, graph.takeId(), "state", spec, label);
    bindings.set(tensor, { segment, offset });
    return tensor;
  };
  const scalars = leaf("@scalars", training.scalars, 0, STEP_SCALARS);
  return {
    bindings,
    commit(lowering, state, value) {
      lowering.emit({
        kernel: "commit",
        dtype: undefined,
        outputs: [state],
        inputs: [value, denseOperand(scalars)],
        scalars: [state.size, byteSize(state.dtype)],
        flops: 0,
        updates: true,
      });
    },
    append(lowering, pin) {
      const { optimizer, params } = training;
      const dtype = params.dtype as "f32" | "f64";
      const nothing = leaf("@none", params, 0, 0);
      for (const { gradient, offset } of training.gradients) pin(ownBase(lowering, gradient), offset);
      const loss = lowering.operand(training.loss);
      lowering.emit({
        kernel: "record_loss",
        dtype: undefined,
        outputs: [scalars, leaf("@losses", storage.ring)],
        inputs: [loss, denseOperand(leaf("@rates", storage.rates))],
        scalars: [Number(training.loss.dtype === "f64"), RING],
        flops: 0,
        bytes: 48,
        updates: true,
      });
      const flat = (run: { offset: number; length: number }, label: string): Operand =>
        denseOperand(leaf(label, storage.gradients, run.offset, run.length));
      if (optimizer.clipNorm !== undefined) {
        lowering.emit({
          kernel: "clip_norm",
          dtype,
          outputs: [scalars],
          inputs: [flat({ offset: 0, length: params.length }, "@gradients")],
          scalars: [params.length, { f64: optimizer.clipNorm }],
          flops: 2 * params.length,
          updates: true,
        });
      }
      for (const { update, shape, weightDecay, lrScale, moments: pieces, ...run } of training.runs) {
        // The padding behind a piece is its own: kernels need no tail.
        const part = (label: string, segment: Segment, { offset, length }: Piece) =>
          leaf(`${label}[${offset}..${offset + length}]`, segment, offset, Math.ceil(length / ALIGNMENT) * ALIGNMENT);
        const moments = pieces.map((piece, i) => part(`@moment${i}`, training.moments[i] as Segment, piece));
        const own = part("@params", params, run);
        const gradients = flat(run, `@gradients[${run.offset}..${run.offset + run.length}]`);
        if (update.kind === "flat") {
          lowering.emit({
            kernel: update.kernel,
            dtype,
            outputs: [own, ...update.pointers.map((index) => (index === undefined ? nothing : (moments[index] as Tensor)))],
            inputs: [gradients, denseOperand(scalars)],
            scalars: [run.length, ...update.scalars(weightDecay), { f64: lrScale }],
            flops: 12 * run.length,
            updates: true,
          });
          continue;
        }
        update.launch({
          shape,
          dtype,
          weightDecay,
          lrScale,
          params: own,
          moments,
          gradients,
          scalars: denseOperand(scalars),
          nothing,
          temp: (spec) => lowering.temp(spec),
          emit: (request) => lowering.emit({ ...request, dtype }),
          trace(f) {
            const before = graph.nodes.length;
            const result = withGraph(graph, f);
            for (const node of graph.nodes.slice(before)) lowering.lower(node);
            return lowering.operand(result);
          },
        });
      }
      lowering.emit({
        kernel: "end_step",
        dtype: undefined,
        outputs: [scalars, leaf("@random", storage.randomState)],
        inputs: [],
        scalars: [],
        flops: 0,
        updates: true,
      });
    },
  };
}

/**
 * The launches that gather a step's batch from a data set, in front of the step's own.
 * @param bind tells where the leaf that stands for a segment lies
 */
export function gatherLaunches(
  graph: Graph,
  { scalars }: Training,
  source: BatchSource,
  bind: (leaf: Tensor, segment: Segment) => void,
): Launch[] {
  return [...source.columns].map(([name, segment]) => {
    const batch = graph.inputs.get(name) as Tensor;
    const row = batch.size / (batch.shape[0] as number);
    const stand = (from: Segment): Tensor => {
      const spec: Spec = { shape: [from.length], dtype: from.dtype };
      const tensor = new Tensor(graph, graph.takeId(), "state", spec, `@${name}`);
      bind(tensor, from);
      return tensor;
    };
    return {
      kernel: "gather_batch",
      outputs: [batch],
      inputs: [segment, scalars].map((from) => denseOperand(stand(from))),
      scalars: [
        source.rows,
        row * byteSize(batch.dtype),
        source.batchRows,
        Number(source.shuffle),
        source.seed | 0,
        Math.floor(source.seed / 2 ** 32) | 0,
      ],
      nodes: [],
      flops: 0,
      bytes: 2 * batch.size * byteSize(batch.dtype),
    };
  });
}

/** A value that only this gradient lives in, so that it can be pinned to its place in the flat segment. */
function ownBase(lowering: Lowering, gradient: Tensor): Tensor {
  const base = lowering.stored(gradient);
  return lowering.claim(base) ? base : lowering.copyOf(gradient);
}
