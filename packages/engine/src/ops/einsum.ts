/** Sums of products by Einstein's convention: torch.einsum, numpy.einsum. A plan of views and batched products over existing ops. */

import { type DType, isFloat, promote } from "../dtype.js";
import { TetradError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import { cast } from "./cast.js";
import { diagonal } from "./diagonal.js";
import { parseEquation } from "./einsumEquation.js";
import { matmul } from "./matmul.js";
import { mul } from "./mul.js";
import { reshape } from "./reshape.js";
import { sum } from "./sum.js";
import { transpose } from "./transpose.js";

/** A tensor whose axes bear distinct symbols. */
interface Term {
  readonly x: Tensor;
  readonly symbols: readonly string[];
}

/** Repeated symbols become one axis, the diagonal. */
function takeDiagonals({ x, symbols }: Term): Term {
  const second = symbols.findIndex((symbol, i) => symbols.indexOf(symbol) !== i);
  if (second < 0) return { x, symbols };
  const first = symbols.indexOf(symbols[second] as string);
  const rest = symbols.map((_, i) => i).filter((i) => i !== first && i !== second);
  return takeDiagonals({
    x: diagonal(transpose(x, [...rest, first, second])),
    symbols: [...rest, first].map((i) => symbols[i] as string),
  });
}

/** Without axes of extent one, which carry nothing and may stretch elsewhere. */
function dropOnes({ x, symbols }: Term): Term {
  const kept = symbols.map((_, i) => i).filter((i) => x.shape[i] !== 1);
  return {
    x: reshape(
      x,
      kept.map((i) => x.shape[i] as number),
    ),
    symbols: kept.map((i) => symbols[i] as string),
  };
}

/** Without the symbols that nobody else needs. */
function sumOut({ x, symbols }: Term, isNeeded: (symbol: string) => boolean): Term {
  const summed = symbols.flatMap((symbol, i) => (isNeeded(symbol) ? [] : [i]));
  return { x: sum(x, summed), symbols: symbols.filter(isNeeded) };
}

/** The term with its axes in this order; symbols that it lacks become axes of extent one. */
function arranged({ x, symbols }: Term, order: readonly string[]): Tensor {
  const present = order.filter((symbol) => symbols.includes(symbol));
  const y = transpose(
    x,
    present.map((symbol) => symbols.indexOf(symbol)),
  );
  return reshape(
    y,
    order.map((symbol) => (symbols.includes(symbol) ? (x.shape[symbols.indexOf(symbol)] as number) : 1)),
  );
}

interface Pair {
  readonly shared: readonly string[];
  readonly summed: readonly string[];
  readonly left: readonly string[];
  readonly right: readonly string[];
}

function pairOf(a: Term, b: Term, isNeeded: (symbol: string) => boolean): Pair {
  const common = a.symbols.filter((symbol) => b.symbols.includes(symbol));
  return {
    shared: common.filter(isNeeded),
    summed: common.filter((symbol) => !isNeeded(symbol)),
    left: a.symbols.filter((symbol) => !common.includes(symbol)),
    right: b.symbols.filter((symbol) => !common.includes(symbol)),
  };
}

/** The product of two terms, summed over what nobody else needs. */
function contract(a: Term, b: Term, { shared, summed, left, right }: Pair, extents: ReadonlyMap<string, number>): Term {
  const symbols = [...shared, ...left, ...right];
  if (summed.length === 0) return { x: mul(arranged(a, symbols), arranged(b, symbols)), symbols };
  // Neither has rows: a dot product per batch item, which GEMM would run as a 1 × 1 tile.
  if (left.length + right.length === 0) {
    const all = [...shared, ...summed];
    const product = mul(arranged(a, all), arranged(b, all));
    return {
      x: sum(
        product,
        summed.map((_, i) => shared.length + i),
      ),
      symbols,
    };
  }
  const shape = (list: readonly string[]) => list.map((symbol) => extents.get(symbol) as number);
  const size = (list: readonly string[]) => shape(list).reduce((product, extent) => product * extent, 1);
  const matrix = (term: Term, rows: readonly string[], columns: readonly string[]) =>
    reshape(arranged(term, [...shared, ...rows, ...columns]), [...shape(shared), size(rows), size(columns)]);
  // GEMM reads either order in place, so that an operand's own order stays where it can.
  const begins = (term: Term, list: readonly string[]) => list.includes(term.symbols.find((symbol) => !shared.includes(symbol)) as string);
  const [transposeA, transposeB] = [begins(a, summed), begins(b, right)];
  const x = transposeA ? matrix(a, summed, left) : matrix(a, left, summed);
  const y = transposeB ? matrix(b, right, summed) : matrix(b, summed, right);
  return { x: reshape(matmul(x, y, { transposeA, transposeB }), shape(symbols)), symbols };
}

/**
 * The result and operands of an equation such as "bqhd,bkhd->bhqk": axes with one symbol are multiplied element for element, symbols that the result
 * lacks are summed over. A symbol twice in an operand takes its diagonal; "..." stands for leading axes that broadcast; without "->" the
 * result has the symbols that occur once, in alphabetical order. Operands are multiplied in pairs, the pair first whose product takes the least room beyond what
 * it frees (opt_einsum's greedy order), then the one with the fewest operations.
 * Throws ARGUMENT for an equation that does not parse or does not fit the operands, SHAPE where a symbol has two extents, DTYPE for integers.
 */
export function einsum(equation: string, ...tensors: readonly Tensor[]): Tensor {
  const { operands, output, extents } = parseEquation(
    equation,
    tensors.map((x) => x.shape),
  );
  const whole = tensors.find((x) => !isFloat(x.dtype));
  if (whole !== undefined)
    throw new TetradError("DTYPE", { op: "einsum", what: "needs floating-point operands", got: whole.dtype, hint: 'cast(x, "f32") first' });
  const dtype = tensors.reduce<DType>((widest, x) => promote(widest, x.dtype), "f32");
  let terms = tensors.map((x, i) =>
    dropOnes(takeDiagonals({ x: x.dtype === dtype ? x : cast(x, dtype), symbols: operands[i] as readonly string[] })),
  );
  const neededBeside =
    (...own: readonly Term[]) =>
    (symbol: string) =>
      output.includes(symbol) || terms.some((term) => !own.includes(term) && term.symbols.includes(symbol));
  terms = terms.map((term) => sumOut(term, neededBeside(term)));
  while (terms.length > 1) {
    const { a, b, pair } = cheapest(terms, neededBeside, extents);
    terms = [...terms.filter((term) => term !== a && term !== b), contract(a, b, pair, extents)];
  }
  return arranged(terms[0] as Term, output);
}

function cheapest(
  terms: readonly Term[],
  neededBeside: (...own: readonly Term[]) => (symbol: string) => boolean,
  extents: ReadonlyMap<string, number>,
): { a: Term; b: Term; pair: Pair } {
  const size = (symbols: readonly string[]) => symbols.reduce((product, symbol) => product * (extents.get(symbol) as number), 1);
  let best: { a: Term; b: Term; pair: Pair; growth: number; work: number } | undefined;
  for (let j = 1; j < terms.length; j++) {
    for (let i = 0; i < j; i++) {
      const [a, b] = [terms[i] as Term, terms[j] as Term];
      const pair = pairOf(a, b, neededBeside(a, b));
      const result = [...pair.shared, ...pair.left, ...pair.right];
      const growth = size(result) - a.x.size - b.x.size;
      const work = size(result) * size(pair.summed);
      if (best === undefined || growth < best.growth || (growth === best.growth && work < best.work)) best = { a, b, pair, growth, work };
    }
  }
  return best as NonNullable<typeof best>;
}
