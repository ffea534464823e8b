/** What uniform and normal share: ops without inputs whose numbers depend on seed, step, stream and index. */

import type { FloatDType } from "../dtype.js";
import { ndFrom } from "../nd.js";
import type { Op } from "../op.js";
import { type Shape, sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { apply, constant } from "../trace.js";
import { DEFAULT_KEY, draw, nextStream } from "./randomStream.js";

type Attrs = { readonly shape: Shape; readonly dtype: FloatDType; readonly stream: number };

export interface RandomOptions {
  readonly dtype?: FloatDType;
  /** Tells random numbers of one program apart; numbered by itself unless given. */
  readonly stream?: number;
}

export function randomSource(name: "uniform" | "normal", flopsPerElement: number): Op<Attrs> {
  return {
    name,
    tolerance: "elementwise",
    infer: (_, { shape, dtype }) => [{ shape, dtype }],
    gradient: () => [],
    reference: (_, { shape, dtype, stream }, __, key = DEFAULT_KEY) => [
      ndFrom(shape, dtype, draw(name, dtype, sizeOf(shape), stream, key)),
    ],
    flops: (_, __, { shape }) => flopsPerElement * sizeOf(shape),
    cases: () =>
      [0, 1, 3, 8, 17, 257, 1031].flatMap((n) =>
        (["f32", "f64"] as const).map((dtype) => ({ name: `${dtype} ${n}`, inputs: [], attrs: { shape: [n], dtype, stream: n } })),
      ),
    lowering: { kind: "elementwise", strip: () => name, immediates: ({ stream }) => ["randomState", stream] },
  };
}

export function drawSource(op: Op<Attrs>, shape: Shape, { dtype = "f32", stream }: RandomOptions): Tensor {
  return apply(op, [], { shape, dtype, stream: stream ?? nextStream(constant(0).graph) });
}
