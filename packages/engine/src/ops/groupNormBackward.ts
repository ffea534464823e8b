/** Gradient of groupNorm by its input, weight and bias. */

import type { FloatDType } from "../dtype.js";
import { TetradError } from "../errors.js";
import type { Op } from "../op.js";
import { formatShape, sameShape, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { applyAll } from "../trace.js";
import { backwardReference, batchAxes, channelCases, channelsOf, checkChannels, groupUnits, perChannel } from "./channelNorm.js";
import { composedBatch, composedGradient } from "./composed.js";
import { caseGroups, checkGroups, groupMoments, groupWords } from "./groupNorm.js";
import { specOf } from "./identity.js";
import { mean } from "./mean.js";
import { mul } from "./mul.js";
import { reshape } from "./reshape.js";
import { liveCount } from "./strided.js";
import { sub } from "./sub.js";
import { sum } from "./sum.js";

type Attrs = { readonly eps: number; readonly groups: number; readonly weight: boolean };

function byOps([first, second, weight]: readonly Tensor[], { eps, groups }: Attrs): readonly Tensor[] {
  const [x, dy] = [first as Tensor, second as Tensor];
  const { centred, inverse } = groupMoments(x, groups, eps);
  const normal = mul(centred, inverse);
  const g = reshape(weight === undefined ? dy : mul(dy, perChannel(weight, x.rank)), normal.shape);
  const average = (values: Tensor) => mean(values, 2, { keepDims: true });
  const dx = mul(inverse, sub(sub(g, average(g)), mul(normal, average(mul(g, normal)))));
  const axes = batchAxes(x.rank);
  return [reshape(dx, x.shape), sum(mul(dy, reshape(normal, x.shape)), axes), sum(dy, axes)];
}

/** Inputs: x, dy, perhaps the weight. Outputs: dx, dweight, dbias. */
export const groupNormBackwardOp: Op<Attrs> = {
  name: "groupNormBackward",
  tolerance: "reduction",
  infer([first, second, weight], { groups }) {
    const [x, dy] = [first as Spec, second as Spec];
    checkChannels("groupNormBackward", x, [["weight", weight]]);
    checkGroups("groupNormBackward", x, groups);
    if (!sameShape(x.shape, dy.shape))
      throw new TetradError("SHAPE", {
        op: "groupNormBackward",
        what: "x and dy differ",
        got: formatShape(dy.shape),
        expected: formatShape(x.shape),
      });
    const channel: Spec = { shape: [channelsOf(x.shape).c], dtype: x.dtype };
    return [specOf(x), channel, channel];
  },
  gradient: (context) => composedGradient(byOps, context),
  reference: (inputs, { eps, groups }) => backwardReference(groupUnits(groups), inputs, eps),
  flops: ([x]) => 16 * sizeOf((x as Spec).shape),
  cases: () => {
    const of = (weight: boolean, wanted: (n: number) => boolean) =>
      channelCases<Attrs>({ dy: true, weight, bias: false }, (eps, shape) =>
        wanted(shape[0] as number) ? { eps, weight, groups: caseGroups(shape) } : undefined,
      );
    return [...of(true, (n) => n !== 70), ...of(false, (n) => n === 3)];
  },
  lowering: {
    // The kernel leaves sums per sample; two more launches add them.
    kind: "launch",
    launch(context, node, { eps, groups, weight: weighted }) {
      const [x, dy, weight] = node.inputs as readonly [Tensor, Tensor, Tensor | undefined];
      const [dx, ...parameters] = node.outputs as readonly [Tensor, Tensor, Tensor];
      const dtype = x.dtype as FloatDType;
      const { n, c } = channelsOf(x.shape);
      const partials = parameters.map(() => context.temp({ shape: [n, c], dtype }));
      context.emit({
        kernel: "group_norm_backward",
        dtype,
        outputs: [dx, ...partials],
        inputs: [x, dy, weight ?? x].map((input) => context.contiguous(input)),
        scalars: [...groupWords(x, groups), Number(weighted), 0, { f64: eps }],
        flops: 16 * x.size,
      });
      parameters.forEach((y, i) => {
        context.emit({
          kernel: "reduce_sum",
          dtype,
          outputs: [y],
          inputs: [{ base: partials[i] as Tensor, offset: 0, shape: [n, c], strides: [c, 1] }],
          scalars: [c, liveCount(n, x.bound, n), 1, c, 1, 1, n, c],
          flops: n * c,
        });
      });
    },
  },
  bounded: true,
  batch: (inputs, batched, attrs) => composedBatch(byOps, inputs, batched, attrs),
};

/** dx, dweight, dbias. */
export function groupNormBackward(
  x: Tensor,
  dy: Tensor,
  weight: Tensor | undefined,
  { eps, groups }: { readonly eps: number; readonly groups: number },
): readonly Tensor[] {
  const operands = [x, dy, ...(weight === undefined ? [] : [weight])];
  return applyAll(groupNormBackwardOp, operands, { eps, groups, weight: weight !== undefined });
}
