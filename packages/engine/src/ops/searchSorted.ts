/** Where values belong in sorted rows: torch.searchsorted, numpy.searchsorted. */

import { type NumberDType, promote } from "../dtype.js";
import { TetradError } from "../errors.js";
import { ndZeros } from "../nd.js";
import type { CaseInput, Op, OpCase } from "../op.js";
import { formatShape, sameShape, sizeOf } from "../shape.js";
import type { Spec, Tensor } from "../tensor.js";
import { apply } from "../trace.js";
import { broadcastTo } from "./broadcastTo.js";
import { asNumbers, cast } from "./cast.js";
import { reshape } from "./reshape.js";
import { forEachRow, rowWords } from "./rows.js";
import { compareAscending, requireRows, wholeNumbers } from "./sortOrder.js";

type Attrs = { readonly right: boolean };

export const searchSortedOp: Op<Attrs> = {
  name: "searchSorted",
  tolerance: "exact",
  infer([first, second]) {
    const [sorted, values] = [first as Spec, second as Spec];
    requireRows("searchSorted", sorted);
    if (sorted.dtype !== values.dtype)
      throw new TetradError("DTYPE", { op: "searchSorted", what: "types differ", got: `${sorted.dtype} and ${values.dtype}` });
    const shared = sorted.shape.length === 1;
    if (!shared && (values.shape.length === 0 || !sameShape(sorted.shape.slice(0, -1), values.shape.slice(0, -1))))
      throw new TetradError("SHAPE", {
        op: "searchSorted",
        what: "leading axes differ",
        got: `${formatShape(sorted.shape)} sorted, ${formatShape(values.shape)} values`,
        expected: "equal ones, or one sorted row",
      });
    if (sorted.bound !== undefined && (shared || sorted.bound.name !== values.bound?.name || sorted.bound.times !== values.bound.times))
      throw new TetradError("UNSUPPORTED", {
        op: "searchSorted",
        what: `the sorted rows must share the bounded axis "${sorted.bound.name}" with the values`,
      });
    return [{ shape: values.shape, dtype: "i32", ...(values.bound && { bound: values.bound }) }];
  },
  gradient: () => [],
  reference([first, second], { right }, [output]) {
    const [sorted, values] = [first as NonNullable<typeof first>, second as NonNullable<typeof second>];
    const y = ndZeros((output as Spec).shape, "i32");
    const m = sorted.shape.length === 1 ? values.data.length : (values.shape[values.shape.length - 1] as number);
    forEachRow(sorted, (row, _, index) => {
      for (let i = index * m; i < (index + 1) * m; i++) {
        const v = values.data[i] as number;
        y.data[i] = row.filter((other) => compareAscending(other, v) < Number(right)).length;
      }
    });
    return [y];
  },
  flops: ([sorted], [y]) => sizeOf((y as Spec).shape) * Math.ceil(Math.log2(((sorted as Spec).shape.at(-1) as number) + 1)),
  cases: () => searchCases(),
  lowering: {
    // Words: rows of values, length of a sorted row, values per row, 1 for one sorted row, 1 for right.
    kind: "launch",
    launch(context, node, { right }) {
      const [sorted, values] = node.inputs as readonly [Tensor, Tensor];
      const [rows, m] = values.rank === 0 ? [1, 1] : rowWords(values);
      context.emit({
        kernel: "search_sorted",
        dtype: sorted.dtype as NumberDType,
        outputs: node.outputs,
        inputs: [context.contiguous(sorted), context.contiguous(values)],
        scalars: [rows, sorted.shape[sorted.rank - 1] as number, m, Number(sorted.rank === 1), Number(right)],
        flops: node.op.flops(node.inputs, node.outputs, node.attrs),
      });
    },
  },
  bounded: true,
  batch([first, second], [batchedSorted, batchedValues], attrs) {
    const [sorted, values] = [first as Tensor, second as Tensor];
    if (batchedSorted !== true && sorted.rank === 1) return [apply(searchSortedOp, [sorted, values], attrs)];
    const extent = (batchedSorted === true ? sorted : values).shape[0] as number;
    const wide = (x: Tensor, batched: boolean | undefined) => (batched === true ? x : broadcastTo(x, [extent, ...x.shape]));
    const [rows, wanted] = [wide(sorted, batchedSorted), wide(values, batchedValues)];
    // One sorted row per item, and values of any rank below it.
    if (rows.rank !== 2) return [apply(searchSortedOp, [rows, wanted], attrs)];
    return [reshape(apply(searchSortedOp, [rows, reshape(wanted, [extent, wanted.size / extent])], attrs), wanted.shape)];
  },
};

function searchCases(): OpCase<Attrs>[] {
  const cases: OpCase<Attrs>[] = [];
  const rising = (shape: readonly number[]): CaseInput => {
    const n = shape[shape.length - 1] as number;
    return { shape, values: Array.from({ length: sizeOf(shape) }, (_, i) => Math.floor((i % n) / 2) / 4 - 1), frozen: true };
  };
  const some = (shape: readonly number[]): CaseInput => ({
    shape,
    values: Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 5) % 23) / 8 - 1.25),
    frozen: true,
  });
  for (const n of [0, 1, 2, 3, 7, 8, 9, 17, 33, 257])
    for (const right of [false, true]) {
      cases.push({ name: `one row ${n} ${right ? "right" : "left"}`, inputs: [rising([n]), some([3, 9])], attrs: { right } });
      cases.push({ name: `rows ${n} ${right ? "right" : "left"}`, inputs: [rising([3, n]), some([3, 7])], attrs: { right } });
    }
  const special: CaseInput = { shape: [7], values: [-Infinity, -1, -0, 0, 2, Infinity, NaN], frozen: true };
  cases.push({ name: "special", inputs: [special, special], attrs: { right: false } });
  cases.push({ name: "special right", inputs: [special, special], attrs: { right: true } });
  cases.push({ name: "scalar", inputs: [rising([9]), some([])], attrs: { right: false } });
  cases.push({ name: "none", inputs: [rising([9]), some([3, 0])], attrs: { right: false } });
  cases.push({ name: "many", inputs: [rising([65]), some([4099])], attrs: { right: false } });
  const whole = wholeNumbers([40]);
  const inOrder = { ...whole, values: [...(whole.values ?? [])].sort((a, b) => a - b) };
  for (const right of [false, true]) cases.push({ name: `i32 ${right ? "right" : "left"}`, inputs: [inOrder, whole], attrs: { right } });
  return cases;
}

/**
 * i32 positions at which `values` (…, m) would be put into `sorted` (…, n) to keep it in ascending order: before equal elements, or behind them with `right`.
 * One sorted row (n) serves values of any shape. NaN counts as largest. Has no gradient. Throws SHAPE where leading axes differ.
 */
export function searchSorted(sorted: Tensor, values: Tensor, { right = false }: Partial<Attrs> = {}): Tensor {
  const numbers = [asNumbers(sorted), asNumbers(values)] as const;
  const dtype = promote(numbers[0].dtype, numbers[1].dtype);
  return apply(
    searchSortedOp,
    numbers.map((x) => cast(x, dtype)),
    { right },
  );
}
