/** Rotary position embedding: pairs of a head's elements turned by angles that grow with the position. */

import { type FloatDType, requireFloat } from "../dtype.js";
import { TetradError } from "../errors.js";
import { type NdArray, ndZeros } from "../nd.js";
import type { CaseInput, Op, OpCase } from "../op.js";
import { formatShape, type Shape, sameShape, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply, constant } from "../trace.js";
import { broadcastTo } from "./broadcastTo.js";
import { identity, specOf } from "./identity.js";
import { checkedIndex, requireIndices } from "./indices.js";
import { reshape } from "./reshape.js";
import { liveCount } from "./strided.js";

type Attrs = { readonly interleaved: boolean; readonly back: boolean };

/** Inputs: x (…, dim), positions (…) of each row, tables cos and sin (positions, half), 2·half ≤ dim. */
export const ropeOp: Op<Attrs> = {
  name: "rope",
  tolerance: "elementwise",
  infer([first, positions, cos, sin]) {
    const [x, table] = [first as Spec, cos as Spec];
    requireIndices("rope", positions as Spec);
    requireFloat("rope", x.dtype);
    const [, half = 0] = table.shape;
    const fits = table.shape.length === 2 && sameShape(table.shape, (sin as Spec).shape) && 2 * half <= (x.shape.at(-1) ?? 0);
    if (!fits || table.dtype !== x.dtype || !sameShape((positions as Spec).shape, x.shape.slice(0, -1))) {
      throw new TetradError("SHAPE", {
        op: "rope",
        what: "positions or tables do not fit",
        got: `x ${formatShape(x.shape)}, positions ${formatShape((positions as Spec).shape)}, tables ${table.dtype} ${formatShape(table.shape)}`,
        expected: `positions of each row, ${x.dtype} tables of (positions, at most half a row)`,
      });
    }
    return [specOf(x)];
  },
  gradient: ({ inputs: [, positions, cos, sin], dy, attrs }) => [
    apply(ropeOp, [dy, positions as Tensor, cos as Tensor, sin as Tensor], { ...attrs, back: !attrs.back }),
    undefined,
  ],
  reference([first, positions, cos, sin], { interleaved, back }) {
    const [x, table] = [first as NdArray, cos as NdArray];
    const y = ndZeros(x.shape, x.dtype);
    y.data.set(x.data);
    const [extent, half] = table.shape as [number, number];
    const n = x.shape.at(-1) as number;
    for (let row = 0; row < sizeOf(x.shape.slice(0, -1)); row++) {
      const at = checkedIndex("rope", positions as NdArray, row, extent) * half;
      for (let i = 0; i < half; i++) {
        const [a, b] = interleaved ? [row * n + 2 * i, row * n + 2 * i + 1] : [row * n + i, row * n + i + half];
        const [c, s] = [table.data[at + i] as number, (back ? -1 : 1) * ((sin as NdArray).data[at + i] as number)];
        y.data[a] = (x.data[a] as number) * c - (x.data[b] as number) * s;
        y.data[b] = (x.data[b] as number) * c + (x.data[a] as number) * s;
      }
    }
    return [y];
  },
  flops: ([x]) => 3 * sizeOf((x as Spec).shape),
  cases: () => ropeCases(),
  lowering: {
    kind: "launch",
    launch(context, node, { interleaved, back }) {
      const [x, positions, cos, sin] = node.inputs as readonly [Tensor, Tensor, Tensor, Tensor];
      const [extent, half] = cos.shape as [number, number];
      const n = x.shape.at(-1) as number;
      context.emit({
        kernel: "rope",
        dtype: x.dtype as FloatDType,
        outputs: node.outputs,
        inputs: [x, positions, cos, sin].map((input) => context.contiguous(input)),
        scalars: [
          liveCount(sizeOf(x.shape.slice(0, -1)), x.bound, x.shape[0] as number),
          n,
          half,
          extent,
          Number(interleaved),
          Number(back),
        ],
        flops: 3 * x.size,
      });
    },
  },
  bounded: true,
};

function ropeCases(): OpCase<Attrs>[] {
  const one = (name: string, lead: Shape, n: number, half: number, interleaved: boolean, back = false): OpCase<Attrs> => {
    const table: CaseInput = { shape: [11, half], range: [-1, 1], frozen: true };
    const positions = {
      shape: lead,
      dtype: "i32" as const,
      values: Array.from({ length: sizeOf(lead) }, (_, i) => (i * 7) % 11),
      frozen: true,
    };
    return { name, inputs: [{ shape: [...lead, n] }, positions, table, table], attrs: { interleaved, back } };
  };
  return [
    ...[2, 3, 7, 8, 9, 16, 17, 33, 64, 65].map((n) => one(`rows of ${n}`, [5], n, Math.floor(n / 2), false)),
    ...[2, 8, 9, 16, 33].map((n) => one(`interleaved rows of ${n}`, [5], n, Math.floor(n / 2), true)),
    one("some of it", [2, 3, 4], 17, 4, false),
    one("some of it, interleaved", [3, 4], 17, 4, true, true),
    one("back", [33], 8, 4, false, true),
    one("no rows", [0], 8, 4, false),
    one("none turns", [3], 5, 0, false),
  ];
}

export interface RopeOptions {
  /** Base of the frequencies: pair i of `dim` turns by position · theta^(−2i/dim). */
  readonly theta?: number;
  /** Elements of a head that turn, the first ones; all unless told. */
  readonly rotaryDim?: number;
  /** Pairs are (2i, 2i + 1) rather than (i, i + dim/2). */
  readonly interleaved?: boolean;
}

/** cos and sin of every position and pair, (positions, dim/2), computed in float64. */
export function ropeTables(
  positions: number,
  dim: number,
  theta = 10000,
  dtype: FloatDType = "f32",
): { readonly cos: Tensor; readonly sin: Tensor } {
  const half = Math.floor(dim / 2);
  const table = (f: (angle: number) => number) =>
    constant(
      Float64Array.from({ length: positions * half }, (_, i) => f(Math.floor(i / half) * theta ** ((-2 * (i % half)) / dim))),
      [positions, half],
      dtype,
    );
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

/**
 * @param x (…, tokens, dim); attention's own `rope` option turns queries and keys without a pass over memory
 * @param positions i32 (…, tokens), broadcast over what stands between; each below `most`
 * @param most rows of the tables: the largest position and one
 * @throws TetradError SHAPE, DTYPE; DATA for a position outside the tables. Source: Su et al. 2021 (arXiv:2104.09864)
 */
export function rope(
  x: Tensor,
  positions: Tensor,
  most: number,
  { theta = 10000, rotaryDim, interleaved = false }: RopeOptions = {},
): Tensor {
  const dim = rotaryDim ?? (x.shape.at(-1) as number);
  const { cos, sin } = ropeTables(most, dim, theta, x.dtype as FloatDType);
  const rows = x.shape.slice(0, -1);
  const between = rows.length - positions.rank;
  const spread = [...positions.shape.slice(0, -1), ...new Array<number>(Math.max(0, between)).fill(1), ...positions.shape.slice(-1)];
  const each = identity(broadcastTo(reshape(positions, spread), rows));
  return apply(ropeOp, [x, each, cos, sin], { interleaved, back: false });
}
