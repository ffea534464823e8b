/** Derivatives of functions over tensors, as functions over tensors: first and second order, forward and backward. */

import { gradients, vjp } from "../autodiff.js";
import { TetradError } from "../errors.js";
import { add } from "../ops/add.js";
import { eye } from "../ops/eye.js";
import { full } from "../ops/full.js";
import { identity } from "../ops/identity.js";
import { mul } from "../ops/mul.js";
import { reshape } from "../ops/reshape.js";
import { select } from "../ops/select.js";
import { stack } from "../ops/stack.js";
import { sum } from "../ops/sum.js";
import { transpose } from "../ops/transpose.js";
import { formatShape, sameShape } from "../shape.js";
import { Tensor } from "../tensor.js";
import { withGraph } from "../trace.js";
import { firstLeaf, leaves, mapTree, type Tree, withLeaves } from "./tree.js";
import { vmap } from "./vmap.js";

/** Names of their own for the arguments, so that only the function's own use of them counts. */
function separated<X extends Tree>(op: string, x: X): X {
  const { graph } = firstLeaf(op, [x]);
  return withGraph(graph, () => mapTree(x, identity));
}

/**
 * `valueAndGrad(f)(x, …rest)` is f(x, …rest) and its gradient by `x`, a tensor or an array or record of tensors; the gradient has its structure.
 * Throws SHAPE unless `f` returns one number, and DTYPE unless it and all of `x` are floating point.
 */
export function valueAndGrad<X extends Tree, R extends unknown[]>(
  f: (x: X, ...rest: R) => Tensor,
): (x: X, ...rest: R) => { value: Tensor; grad: X } {
  return (x, ...rest) => {
    const own = separated("grad", x);
    const value = f(own, ...rest);
    return { value, grad: withLeaves(x, gradients(value, leaves(own))) };
  };
}

/** The gradient of a function of one number's worth of result by its first argument; see `valueAndGrad`. */
export function grad<X extends Tree, R extends unknown[]>(f: (x: X, ...rest: R) => Tensor): (x: X, ...rest: R) => X {
  const both = valueAndGrad(f);
  return (x, ...rest) => both(x, ...rest).grad;
}

/** The cotangent pulled back to `x`: what every product with a Jacobian from the left is. */
function pullback(y: Tensor, x: Tensor): (dy: Tensor) => Tensor {
  return (dy) => vjp([y], [dy], [x])[0] as Tensor;
}

/** J v from two pullbacks: the pullback is linear in its cotangent, so its own pullback is J itself. */
function pushforward(ys: readonly Tensor[], xs: readonly Tensor[]): (tangents: readonly Tensor[]) => Tensor[] {
  // The value of this cotangent is never used; only the path through it is.
  const dys = ys.map((y) => identity(full(y.shape, 0, y.dtype)));
  const dxs = vjp(ys, dys, xs);
  return (tangents) => vjp(dxs, tangents, dys);
}

/** Applies a linear `row` to each unit vector of `shape`: in one batch, or one by one where an op cannot be batched. */
function overBasis(like: Tensor, row: (unit: Tensor) => Tensor): Tensor {
  const units = reshape(eye(like.size, like.size, like.dtype), [like.size, ...like.shape]);
  try {
    return vmap(row)(units);
  } catch (error) {
    if (!(error instanceof TetradError && error.code === "UNSUPPORTED") || like.size === 0) throw error;
    return stack(Array.from({ length: like.size }, (_, i) => row(select(units, 0, i))));
  }
}

function requireTensor(op: string, x: unknown): asserts x is Tensor {
  if (!(x instanceof Tensor))
    throw new TetradError("ARGUMENT", { op, what: "needs a tensor as first argument", hint: "pack several parameters into one vector" });
}

/**
 * `jacobian(f)(x, …rest)`: the derivatives of every element of the result by every element of the tensor `x`, of shape
 * [...result, ...x]. Rows are made together from cotangents, or columns from tangents when `x` is the smaller.
 */
export function jacobian<R extends unknown[]>(f: (x: Tensor, ...rest: R) => Tensor): (x: Tensor, ...rest: R) => Tensor {
  return (x, ...rest) => {
    requireTensor("jacobian", x);
    return withGraph(x.graph, () => {
      const own = separated("jacobian", x);
      const y = f(own, ...rest);
      const shape = [...y.shape, ...x.shape];
      if (y.size <= x.size) return reshape(overBasis(y, pullback(y, own)), shape);
      const push = pushforward([y], [own]);
      const columns = overBasis(x, (tangent) => push([tangent])[0] as Tensor);
      const order = [...y.shape.map((_, i) => i + 1), 0];
      return reshape(transpose(columns, order), shape);
    });
  };
}

/**
 * `hessian(f)(x, …rest)`: second derivatives of a function of one number's worth of result by the tensor `x`, of shape [...x, ...x]
 * ([n, n] for a vector, [] for a scalar). All rows are one batched differentiation of the gradient.
 */
export function hessian<R extends unknown[]>(f: (x: Tensor, ...rest: R) => Tensor): (x: Tensor, ...rest: R) => Tensor {
  return (x, ...rest) => {
    requireTensor("hessian", x);
    return withGraph(x.graph, () => {
      const own = separated("hessian", x);
      const [slope] = gradients(f(own, ...rest), [own]) as [Tensor];
      return reshape(overBasis(slope, pullback(slope, own)), [...x.shape, ...x.shape]);
    });
  };
}

/** Checks that tangents go with the arguments. */
function requireTangents(op: string, xs: readonly Tensor[], vs: readonly Tensor[]): void {
  const odd = xs.findIndex((x, i) => vs[i] === undefined || !sameShape(x.shape, (vs[i] as Tensor).shape) || x.dtype !== vs[i]?.dtype);
  if (odd < 0 && xs.length === vs.length) return;
  const show = (t: Tensor | undefined) => (t === undefined ? "nothing" : `${t.dtype} ${formatShape(t.shape)}`);
  throw new TetradError("SHAPE", {
    op,
    what: "the tangent differs from the argument",
    got: show(vs[Math.max(0, odd)]),
    expected: show(xs[Math.max(0, odd)]),
  });
}

/**
 * `jvp(f)(x, v, …rest)`: the value of `f` at `x` and its derivative along `v`, which has the structure of `x`. `f` returns a tensor, or an array or
 * record of tensors. Made from two pullbacks (Townsend 2017, "A new trick for calculating Jacobian vector products").
 */
export function jvp<X extends Tree, Y extends Tree, R extends unknown[]>(
  f: (x: X, ...rest: R) => Y,
): (x: X, v: X, ...rest: R) => { value: Y; tangent: Y } {
  return (x, v, ...rest) => {
    const own = separated("jvp", x);
    requireTangents("jvp", leaves(x), leaves(v));
    return withGraph(firstLeaf("jvp", [x]).graph, () => {
      const value = f(own, ...rest);
      return { value, tangent: withLeaves(value, pushforward(leaves(value), leaves(own))(leaves(v))) };
    });
  };
}

/** `hvp(f)(x, v, …rest)`: the Hessian of `f` at `x` times `v`, without the Hessian: the gradient of ⟨∇f, v⟩. `v` has the structure of `x`. */
export function hvp<X extends Tree, R extends unknown[]>(f: (x: X, ...rest: R) => Tensor): (x: X, v: X, ...rest: R) => X {
  return (x, v, ...rest) => {
    const own = separated("hvp", x);
    requireTangents("hvp", leaves(x), leaves(v));
    return withGraph(firstLeaf("hvp", [x]).graph, () => {
      const slopes = gradients(f(own, ...rest), leaves(own));
      const along = leaves(v).map((direction, i) => sum(mul(slopes[i] as Tensor, direction)));
      return withLeaves(
        x,
        gradients(
          along.reduce((total, term) => add(total, term)),
          leaves(own),
        ),
      );
    });
  };
}
