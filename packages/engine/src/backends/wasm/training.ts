/** The launches that follow the gradients of a training step: record the loss, clip, update each run of parameters, count the step. */

import type { Operand, Scalar } from "../../op.js";
import { denseOperand, type Lowering } from "../../plan/lower.js";
import { type Graph, type Spec, Tensor } from "../../tensor.js";
import { type Binding, type Segment, STEP_SCALARS, type Training } from "../backend.js";

/** Entries of the loss ring and of the table of learning rates: the most steps of one job. */
export const RING = 4096;

/** Leaves that stand for flat storage in the plan of a training step. */
export interface TrainingLeaves {
  readonly bindings: Map<Tensor, Binding>;
  append(lowering: Lowering, pin: (base: Tensor, offset: number) => void): void;
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
  return {
    bindings,
    append(lowering, pin) {
      const { optimizer, params } = training;
      const dtype = params.dtype as "f32" | "f64";
      const scalars = leaf("@scalars", training.scalars, 0, STEP_SCALARS);
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
      for (const run of training.runs) {
        const part = (label: string, segment: Segment) =>
          leaf(`${label}[${run.offset}..${run.offset + run.length}]`, segment, run.offset, run.length);
        const moments = optimizer.pointers.map((index) =>
          index === undefined ? undefined : part(`@moment${index}`, training.moments[index] as Segment),
        );
        const constants: Scalar[] = [run.length, ...optimizer.scalars(run.decay ? optimizer.weightDecay : 0)];
        lowering.emit({
          kernel: optimizer.kernel,
          dtype,
          outputs: [part("@params", params), ...moments.map((moment) => moment ?? nothing)],
          inputs: [flat(run, `@gradients[${run.offset}..${run.offset + run.length}]`), denseOperand(scalars)],
          scalars: constants,
          flops: 12 * run.length,
          updates: true,
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

/** A value that only this gradient lives in, so that it can be pinned to its place in the flat segment. */
function ownBase(lowering: Lowering, gradient: Tensor): Tensor {
  const base = lowering.stored(gradient);
  return lowering.claim(base) ? base : lowering.copyOf(gradient);
}
