/**
 * Kernels that come in variants: other blockings of the same arithmetic, to the same bits, one of which is the fastest for a shape on a machine.
 * A variant is a word among the launch's scalars; the plan is traced with the default one, and a tuning table may name another.
 */

import { kernelVariants } from "@tetrad/kernels-wasm";
import type { Count, Scalar } from "../op.js";
import { formatShape } from "../shape.js";
import type { Launch } from "./plan.js";

export interface VariantFamily {
  /** Index among the launch's scalars of the word that holds the variant. */
  readonly scalar: number;
  /** By the word's value; 0 is the default table's own choice. */
  readonly names: readonly string[];
}

/** By kernel without its dtype suffix; where the word lies among the scalars is the lowering's business, here ops/matmul.ts. */
const FAMILIES: ReadonlyMap<string, VariantFamily> = new Map([["gemm", { scalar: 11, names: kernelVariants.gemm }]]);

/** The choices that this launch has; undefined where its kernel is all there is. */
export function variantsOf(launch: Launch): VariantFamily | undefined {
  return FAMILIES.get(launch.kernel.replace(/_(f32|f64|i32)$/, ""));
}

/** The launch with another variant. */
export function withVariant(launch: Launch, { scalar }: VariantFamily, variant: number): Launch {
  return { ...launch, scalars: launch.scalars.map((value, i) => (i === scalar ? variant : value)) };
}

/** Kernel, shapes and scalars: what decides which variant is fastest, the same for equal products of any plan. A bounded count is told by the shapes. */
export function launchKey(launch: Launch): string {
  const family = variantsOf(launch);
  const words = launch.scalars
    .filter((_, i) => i !== family?.scalar)
    .map((scalar) => (isLive(scalar) ? `${scalar.times}·live` : JSON.stringify(scalar)));
  const shapes = [...launch.outputs, ...launch.inputs].map(({ shape }) => formatShape(shape));
  return `${launch.kernel} ${shapes.join(" ")} (${words.join(" ")})`;
}

function isLive(scalar: Scalar): scalar is Exclude<Count, number> {
  return typeof scalar === "object" && "live" in scalar;
}
