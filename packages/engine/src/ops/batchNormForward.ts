/** The op that normalises channels by their batch, with or without a residual added first, and the function of either in training and evaluation. */

import type { BaseKernel } from "@tetrad/kernels-wasm";
import type { FloatDType } from "../dtype.js";
import { TetradError } from "../errors.js";
import { ndFrom } from "../nd.js";
import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { applyAll } from "../trace.js";
import { add } from "./add.js";
import type { BatchNormOptions, BatchNormResult } from "./batchNorm.js";
import { batchNormBackward } from "./batchNormBackward.js";
import { centredOver } from "./centred.js";
import {
  affineByChannel,
  batchAxes,
  type ChannelNormAttrs,
  channelCases,
  channelsOf,
  channelUnits,
  checkChannels,
  checkForward,
  normaliseReference,
  perChannel,
} from "./channelNorm.js";
import { composedBatch, composedGradient } from "./composed.js";
import { countOver } from "./count.js";
import { div } from "./div.js";
import { specOf } from "./identity.js";
import { mean } from "./mean.js";
import { mul } from "./mul.js";
import { checkResidual, splitInputs } from "./rowNorm.js";
import { rsqrt } from "./rsqrt.js";
import { square } from "./square.js";
import { liveCount } from "./strided.js";
import { sub } from "./sub.js";

function statistics(x: Tensor): { centred: Tensor; mean: Tensor; variance: Tensor } {
  const axes = batchAxes(x.rank);
  const average = mean(x, axes);
  const centred = centredOver(x, axes);
  return { centred, mean: average, variance: mean(square(centred), axes) };
}

function byOps(inputs: readonly Tensor[], attrs: ChannelNormAttrs): readonly Tensor[] {
  const { x: first, residual, weight, bias } = splitInputs(inputs, attrs);
  const x = residual === undefined ? first : add(first, residual);
  const { centred, mean: average, variance } = statistics(x);
  const normal = mul(centred, perChannel(rsqrt(add(variance, attrs.eps)), x.rank));
  const results = [affineByChannel(normal, weight, bias), average, variance];
  return residual === undefined ? results : [x, ...results];
}

function cases(residual: boolean) {
  const of = (weight: boolean, bias: boolean, wanted: (n: number) => boolean) =>
    channelCases<ChannelNormAttrs>({ residual, weight, bias }, (eps, [n]) =>
      wanted(n as number) ? { eps, weight, bias, residual } : undefined,
    );
  return [
    ...of(true, true, () => true),
    ...of(false, false, (n) => n === 3),
    ...of(true, false, (n) => n === 5),
    ...of(false, true, (n) => n === 7),
  ];
}

/** Inputs: x, with `residual` what is added to it, perhaps weight, bias. Outputs: with `residual` the sum; y, mean and population variance of each channel. */
export function batchNormForwardOp(name: string, kernel: BaseKernel, residual: boolean): Op<ChannelNormAttrs> {
  const flops = ({ shape }: Spec) => (residual ? 9 : 8) * sizeOf(shape);
  return {
    name,
    tolerance: "reduction",
    infer(inputs, attrs) {
      const x = inputs[0] as Spec;
      checkForward(name, inputs, attrs);
      if (x.shape[0] === 0) throw new TetradError("SHAPE", { op: name, what: "a batch without rows has no statistics" });
      const channel: Spec = { shape: [channelsOf(x.shape).c], dtype: x.dtype };
      return [...(residual ? [specOf(x)] : []), specOf(x), channel, channel];
    },
    gradient({ inputs, outputs, dys, attrs }) {
      const { x: first, weight } = splitInputs(inputs, attrs);
      const x = residual ? (outputs[0] as Tensor) : first;
      const [dsum, dy, dmean, dvariance] = residual ? dys : [undefined, ...dys];
      const [normal, dweight, dbias] = dy === undefined ? [dsum] : batchNormBackward(x, dy, dsum, weight, attrs.eps);
      const [own] =
        dmean === undefined && dvariance === undefined
          ? []
          : composedGradient((xs) => Object.values(statistics(xs[0] as Tensor)).slice(1), {
              inputs: [x],
              outputs: outputs.slice(-2),
              dys: [dmean, dvariance],
              dy: dmean as Tensor,
              attrs,
            });
      const dx = normal && own ? add(normal, own) : (normal ?? own);
      return [dx, ...(residual ? [dx] : []), ...(attrs.weight ? [dweight] : []), ...(attrs.bias ? [dbias] : [])];
    },
    reference(inputs, attrs) {
      const { sum, y, means, variances } = normaliseReference(channelUnits, inputs, attrs);
      return [...(residual ? [sum] : []), y, ndFrom([means.length], y.dtype, means), ndFrom([variances.length], y.dtype, variances)];
    },
    flops: ([x]) => flops(x as Spec),
    cases: () => cases(residual),
    lowering: {
      // Words after the pointers as in norm/slabs.ts: a unit is a channel, whose slabs lie a sample apart.
      kind: "launch",
      launch(context, node, attrs) {
        const { x, residual: other, weight, bias } = splitInputs(node.inputs, attrs);
        const { n, c, s } = channelsOf(x.shape);
        const inputs = [x, ...(other === undefined ? [] : [other]), weight ?? x, bias ?? x];
        context.emit({
          kernel,
          dtype: x.dtype as FloatDType,
          outputs: node.outputs,
          inputs: inputs.map((input) => context.contiguous(input)),
          scalars: [c, liveCount(n, x.bound, n), s, s, c * s, c, 1, 0, Number(attrs.weight), Number(attrs.bias), { f64: attrs.eps }],
          flops: flops(x),
        });
      },
    },
    bounded: true,
    batch: (inputs, batched, attrs) => composedBatch(byOps, inputs, batched, attrs),
  };
}

/** What batchNorm and addBatchNorm return, by the op of either; `sum` is x where nothing is added. */
export function applyBatchNorm(
  op: Op<ChannelNormAttrs>,
  x: Tensor,
  residual: Tensor | undefined,
  { training, weight, bias, runningMean, runningVar, momentum = 0.1, eps = 1e-5 }: BatchNormOptions,
): BatchNormResult & { readonly sum: Tensor } {
  checkChannels(op.name, x, [
    ["weight", weight],
    ["bias", bias],
    ["runningMean", runningMean],
    ["runningVar", runningVar],
  ]);
  if (residual !== undefined) checkResidual(op.name, x, residual);
  if (!training) {
    if (runningMean === undefined || runningVar === undefined)
      throw new TetradError("ARGUMENT", { op: op.name, what: "evaluation needs runningMean and runningVar" });
    const sum = residual === undefined ? x : add(x, residual);
    const inverse = rsqrt(add(runningVar, eps));
    const normal = mul(sub(sum, perChannel(runningMean, x.rank)), perChannel(inverse, x.rank));
    return { sum, y: affineByChannel(normal, weight, bias), runningMean, runningVar };
  }
  const operands = [x, residual, weight, bias].filter((operand) => operand !== undefined);
  const attrs = { eps, weight: weight !== undefined, bias: bias !== undefined, residual: residual !== undefined };
  const results = applyAll(op, operands, attrs);
  const [y, average, variance] = results.slice(-3) as [Tensor, Tensor, Tensor];
  const moved = (old: Tensor | undefined, value: Tensor) => old && add(mul(old, 1 - momentum), mul(value, momentum));
  const count = countOver(x, batchAxes(x.rank), x.dtype as FloatDType);
  return {
    sum: residual === undefined ? x : (results[0] as Tensor),
    y,
    runningMean: moved(runningMean, average),
    runningVar: moved(runningVar, mul(variance, typeof count === "number" ? count / (count - 1) : div(count, sub(count, 1)))),
  };
}
