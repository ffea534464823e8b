/** Cases of attention and its gradients: token counts around vectors, strips and blocks, and every option alone and together. */

import type { CaseInput, OpCase } from "../op.js";
import type { BackwardAttrs } from "./attentionBackward.js";
import type { AttentionAttrs } from "./attentionProblem.js";

interface Setting {
  readonly name: string;
  readonly batch?: number;
  readonly queries: number;
  readonly keys?: number;
  readonly heads?: number;
  readonly groups?: number;
  readonly dim?: number;
  readonly valueDim?: number;
  readonly causal?: AttentionAttrs["causal"];
  /** First tokens of packed sequences. */
  readonly cu?: readonly number[];
  readonly cuKeys?: readonly number[];
  readonly mask?: boolean;
  /** Extent of the bias's batch axis. */
  readonly bias?: number;
  readonly lengths?: readonly number[];
  readonly rope?: AttentionAttrs["rope"];
  /** Pairs that turn. */
  readonly half?: number;
  readonly dropout?: number;
}

const SETTINGS: readonly Setting[] = [
  ...[1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 65].map((n) => ({ name: `${n} tokens`, queries: n, dim: (n % 9) + 1, valueDim: (n % 5) + 1 })),
  { name: "past a block", queries: 101, keys: 257, dim: 5 },
  { name: "causal past a block", queries: 133, keys: 133, dim: 3, causal: "topLeft" },
  { name: "wide heads", queries: 5, keys: 67, heads: 1, dim: 130, valueDim: 129 },
  { name: "no keys", queries: 3, keys: 0 },
  { name: "no queries", queries: 0, keys: 3 },
  { name: "no items", batch: 0, queries: 2, keys: 3 },
  { name: "causal", batch: 2, queries: 9, heads: 3, dim: 8, causal: "topLeft" },
  { name: "causal, fewer queries, top left", queries: 4, keys: 9, causal: "topLeft" },
  { name: "causal, fewer queries, bottom right", queries: 4, keys: 9, causal: "bottomRight" },
  { name: "grouped queries", batch: 2, queries: 7, keys: 9, heads: 6, groups: 2, dim: 8 },
  { name: "one head serves all", queries: 5, heads: 4, groups: 1, dim: 4, causal: "topLeft" },
  { name: "mask", batch: 3, queries: 5, keys: 7, mask: true },
  { name: "bias", batch: 2, queries: 5, keys: 7, heads: 3, bias: 2 },
  { name: "shared bias", batch: 3, queries: 5, keys: 7, heads: 2, bias: 1, causal: "topLeft" },
  { name: "lengths", batch: 3, queries: 2, keys: 9, lengths: [9, 4, 2], causal: "bottomRight" },
  { name: "decoding", batch: 2, queries: 1, keys: 33, heads: 4, groups: 2, dim: 8, lengths: [33, 17], causal: "bottomRight", rope: "half" },
  { name: "packed", queries: 13, cu: [0, 3, 3, 8, 13, 13] },
  { name: "packed causal", queries: 41, cu: [0, 17, 18, 41], causal: "topLeft", heads: 4, groups: 2, dim: 8 },
  { name: "packed with a tail", queries: 9, cu: [0, 2, 7] },
  { name: "packed across", queries: 7, keys: 11, cu: [0, 3, 7], cuKeys: [0, 6, 11], mask: true },
  { name: "packed bias", queries: 9, cu: [0, 4, 9], bias: 1, heads: 3 },
  { name: "rope", batch: 2, queries: 9, heads: 2, dim: 8, rope: "half", causal: "topLeft" },
  { name: "rope of some", queries: 7, dim: 10, rope: "half", half: 3 },
  { name: "rope interleaved", queries: 7, dim: 10, rope: "interleaved", half: 3, groups: 1 },
  { name: "packed rope", queries: 17, cu: [0, 9, 17], rope: "half", dim: 16, causal: "topLeft" },
  { name: "dropout", batch: 2, queries: 9, keys: 17, dropout: 0.3 },
  { name: "packed dropout", queries: 13, cu: [0, 5, 13], dropout: 0.5, causal: "topLeft" },
];

function build(setting: Setting): OpCase<AttentionAttrs> {
  const {
    name,
    batch = 1,
    queries,
    keys = queries,
    heads = 2,
    groups = heads,
    dim = 4,
    valueDim = dim,
    causal = "none",
    cu,
    cuKeys = cu,
  } = setting;
  const { mask = false, bias, lengths, rope = "none", half = Math.floor(dim / 2), dropout = 0 } = setting;
  const lead = cu === undefined ? [batch] : [];
  // Without keys lse is +Infinity, from which no difference can be taken.
  const floats = (shape: readonly number[], range: readonly [number, number] = [-2, 2]): CaseInput => ({
    shape,
    range,
    ...(keys === 0 && { frozen: true }),
  });
  const integers = (values: readonly number[]): CaseInput => ({ shape: [values.length], dtype: "i32", values, frozen: true });
  const inputs: CaseInput[] = [
    floats([...lead, queries, heads, dim]),
    floats([...lead, keys, groups, dim]),
    floats([...lead, keys, groups, valueDim]),
  ];
  if (cu !== undefined && cuKeys !== undefined) inputs.push(integers(cu), integers(cuKeys));
  // The first key stays in sight, for a query that sees none has no gradient to compare.
  if (mask)
    inputs.push({
      shape: [...lead, keys],
      dtype: "bool",
      values: Array.from({ length: (lead[0] ?? 1) * keys }, (_, i) =>
        Number((cuKeys ?? []).includes(i) || i % keys === 0 || (i * 7) % 3 > 0),
      ),
      frozen: true,
    });
  if (bias !== undefined) inputs.push(floats([bias, heads, queries, keys]));
  if (lengths !== undefined) inputs.push(integers(lengths));
  if (rope !== "none")
    inputs.push({ ...floats([keys + 2, half], [-1, 1]), frozen: true }, { ...floats([keys + 2, half], [-1, 1]), frozen: true });
  const attrs: AttentionAttrs = {
    causal,
    scale: 0.7,
    packed: cu !== undefined,
    mask,
    bias: bias !== undefined,
    lengths: lengths !== undefined,
    rope,
    dropout,
    stream: dropout > 0 ? 3 : -1,
    keys,
  };
  return { name, inputs, attrs };
}

export function attentionCases(): OpCase<AttentionAttrs>[] {
  return SETTINGS.map(build);
}

/** The same with o, lse and dy in front; any numbers will do, as the gradient is a formula of them. */
function withOwn({ name, inputs, attrs }: OpCase<AttentionAttrs>, lseGradient: boolean): OpCase<BackwardAttrs> {
  const [q, , v] = inputs as readonly [CaseInput, CaseInput, CaseInput];
  const rows = q.shape.slice(0, -1);
  const values: CaseInput = { shape: [...rows, v.shape.at(-1) as number] };
  const own: CaseInput[] = [values, { shape: rows, range: [2, 5] }, values, ...(lseGradient ? [{ shape: rows }] : [])];
  return {
    name: `${name}${lseGradient ? ", lse" : ""}`,
    inputs: [...own, ...inputs],
    attrs: { ...attrs, lseGradient },
  };
}

export function backwardCases(): OpCase<BackwardAttrs>[] {
  const cases = attentionCases();
  return [...cases.map((one) => withOwn(one, false)), ...cases.slice(-3).map((one) => withOwn(one, true))];
}

export function biasGradientCases(): OpCase<BackwardAttrs>[] {
  const biased = attentionCases().filter(({ attrs }) => attrs.bias);
  return [...biased.map((one) => withOwn(one, false)), ...biased.map((one) => withOwn(one, true))];
}
