/** The op that normalises groups of channels, with or without a residual added first. */

import type { BaseKernel } from "@tetrad/kernels-wasm";
import type { FloatDType } from "../dtype.js";
import type { Op } from "../op.js";
import { sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { add } from "./add.js";
import { caseGroups, checkGroups, groupNormal, groupWords } from "./channelGroups.js";
import { affineByChannel, type ChannelNormAttrs, channelCases, checkForward, groupUnits, normaliseReference } from "./channelNorm.js";
import { composedBatch } from "./composed.js";
import { groupNormBackward } from "./groupNormBackward.js";
import { specOf } from "./identity.js";
import { reshape } from "./reshape.js";
import { splitInputs } from "./rowNorm.js";

export type GroupNormAttrs = ChannelNormAttrs & { readonly groups: number };

function byOps(inputs: readonly Tensor[], attrs: GroupNormAttrs): readonly Tensor[] {
  const { x: first, residual, weight, bias } = splitInputs(inputs, attrs);
  const x = residual === undefined ? first : add(first, residual);
  const y = affineByChannel(reshape(groupNormal(x, attrs.groups, attrs.eps).normal, x.shape), weight, bias);
  return residual === undefined ? [y] : [x, y];
}

function cases(residual: boolean) {
  const of = (weight: boolean, bias: boolean, wanted: (n: number) => boolean) =>
    channelCases<GroupNormAttrs>({ residual, weight, bias }, (eps, shape) =>
      wanted(shape[0] as number) ? { eps, weight, bias, residual, groups: caseGroups(shape) } : undefined,
    );
  const empty = { shape: [0, 4, 3] };
  return [
    // 70 rows of a few columns: a group of two or three elements far from zero has no digits to test.
    ...of(true, true, (n) => n !== 70),
    ...of(false, false, (n) => n === 3),
    ...of(true, false, (n) => n === 5),
    ...of(false, true, (n) => n === 7),
    {
      name: "no samples",
      inputs: residual ? [empty, empty] : [empty],
      attrs: { eps: 0.1, weight: false, bias: false, residual, groups: 2 },
    },
  ];
}

/** Inputs: x, with `residual` what is added to it, perhaps weight, bias. Outputs: with `residual` the sum, then y. */
export function groupNormForwardOp(name: string, kernel: BaseKernel, residual: boolean): Op<GroupNormAttrs> {
  const flops = ({ shape }: Spec) => (residual ? 9 : 8) * sizeOf(shape);
  return {
    name,
    tolerance: "reduction",
    infer(inputs, attrs) {
      const x = inputs[0] as Spec;
      checkForward(name, inputs, attrs);
      checkGroups(name, x, attrs.groups);
      return residual ? [specOf(x), specOf(x)] : [specOf(x)];
    },
    gradient({ inputs, outputs, dys, attrs }) {
      const { x, weight } = splitInputs(inputs, attrs);
      const [dsum, dy] = residual ? dys : [undefined, dys[0]];
      if (dy === undefined) return [dsum, dsum];
      const [dx, dweight, dbias] = groupNormBackward(residual ? (outputs[0] as Tensor) : x, dy, dsum, weight, attrs);
      return [dx, ...(residual ? [dx] : []), ...(attrs.weight ? [dweight] : []), ...(attrs.bias ? [dbias] : [])];
    },
    reference(inputs, attrs) {
      const { sum, y } = normaliseReference(groupUnits(attrs.groups), inputs, attrs);
      return residual ? [sum, y] : [y];
    },
    flops: ([x]) => flops(x as Spec),
    cases: () => cases(residual),
    lowering: {
      kind: "launch",
      launch(context, node, attrs) {
        const { x, residual: other, weight, bias } = splitInputs(node.inputs, attrs);
        const inputs = [x, ...(other === undefined ? [] : [other]), weight ?? x, bias ?? x];
        context.emit({
          kernel,
          dtype: x.dtype as FloatDType,
          outputs: node.outputs,
          inputs: inputs.map((input) => context.contiguous(input)),
          scalars: [...groupWords(x, attrs.groups), Number(attrs.weight), Number(attrs.bias), { f64: attrs.eps }],
          flops: flops(x),
        });
      },
    },
    bounded: true,
    batch: (inputs, batched, attrs) => composedBatch(byOps, inputs, batched, attrs),
  };
}
