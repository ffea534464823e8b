/**
 * Training on word embeddings that are moved to where the loss is larger: one step (FGM, Miyato et al. 2017, arXiv:1605.07725) or several with a projection (PGD, Madry et
 * al. 2018, arXiv:1706.06083), of which FreeLB takes every step's loss, not the last one's alone (Zhu et al. 2020, arXiv:1909.11764). The moves are part of the traced
 * step, so that one plan holds all forward and backward passes.
 */

import {
  add,
  broadcastTo,
  cast,
  div,
  gather,
  gradients,
  maximum,
  minimum,
  mul,
  reshape,
  scatterAdd,
  sqrt,
  square,
  stopGradient,
  sum,
  type Tensor,
  TetradError,
  zeros,
  zerosLike,
} from "@tetrad/engine";
import type { Params } from "../models/backbone.js";

interface Common {
  /**
   * What a length is the length of. `batch`, unless told: of all that is moved, which are rows of the table, the same for every text. `text`: of each text's own
   * tokens together, as the papers have it for a batch of one, and as attacks on a text are measured.
   */
  readonly per?: "batch" | "text";
}

export type Adversarial =
  | (Common & { readonly method: "fgm" /** Length of the move */; readonly epsilon: number })
  | (Common & {
      readonly method: "pgd" | "freelb";
      /** Largest length of the whole move */
      readonly epsilon: number;
      /** Length of each step */
      readonly alpha: number;
      readonly steps: number;
    });

/** What moves are made on, of a batch's loss. */
export interface Ground {
  /** The loss with other parameters, or with each token's word embedding moved (T, width) */
  lossOf(params: Params, moved?: Tensor): Tensor;
  readonly params: Params;
  /** Name of the word embeddings */
  readonly table: string;
  /** For lengths per text: which sequence each token is of, i32 (T), and how many a batch has at most */
  readonly texts?: { readonly of: Tensor; readonly most: number };
}

export interface AdversarialLoss {
  /** What the optimiser takes the gradient of: clean and last adversarial loss together, or the mean of all (FreeLB) */
  readonly loss: Tensor;
  /** Clean, then after each move */
  readonly losses: readonly Tensor[];
  /** How far the table has been moved after each step, like the table; or the tokens (T, width) */
  readonly moves: readonly Tensor[];
}

/** @throws TetradError ARGUMENT for lengths and counts that are not above 0 */
export function checkAdversarial(options: Adversarial): void {
  const numbers = options.method === "fgm" ? [options.epsilon] : [options.epsilon, options.alpha, options.steps];
  if (numbers.every((value) => value > 0 && Number.isFinite(value)) && (options.method === "fgm" || Number.isInteger(options.steps)))
    return;
  throw new TetradError("ARGUMENT", {
    op: "adversarial",
    what: "epsilon, alpha and steps must be above 0, steps a whole number",
    got: JSON.stringify(options),
  });
}

/** @throws TetradError ARGUMENT for lengths and counts that are not above 0, and for lengths per text without `texts` */
export function adversarialLoss(ground: Ground, options: Adversarial): AdversarialLoss {
  checkAdversarial(options);
  const { origin, lossAt, lengths } = (options.per === "text" ? onTokens : onTable)(ground);
  const losses = [lossAt(origin)];
  const moves: Tensor[] = [];
  const [steps, length] = options.method === "fgm" ? [1, options.epsilon] : [options.steps, options.alpha];
  let moved = origin;
  for (let step = 0; step < steps; step++) {
    const [slope] = gradients(losses[step] as Tensor, [moved]) as [Tensor];
    const ahead = mul(slope, div(length, lengths(slope)));
    const before = moves.at(-1);
    const free = before === undefined ? ahead : add(before, ahead);
    // Beyond epsilon the move is shortened to it.
    const move = options.method === "fgm" ? free : mul(free, minimum(1, div(options.epsilon, lengths(free))));
    moves.push(stopGradient(move));
    moved = add(origin, moves[step] as Tensor);
    losses.push(lossAt(moved));
  }
  const loss =
    options.method === "freelb"
      ? div(
          losses.reduce((sum, one) => add(sum, one)),
          losses.length,
        )
      : add(losses[0] as Tensor, losses.at(-1) as Tensor);
  return { loss, losses, moves };
}

interface Space {
  readonly origin: Tensor;
  lossAt(moved: Tensor): Tensor;
  /** Of a move, as it multiplies one */
  lengths(move: Tensor): Tensor;
}

function onTable({ lossOf, params, table }: Ground): Space {
  return {
    origin: params[table] as Tensor,
    lossAt: (moved) => lossOf({ ...params, [table]: moved }),
    lengths: (move) => sqrt(sum(square(move))),
  };
}

function onTokens({ lossOf, params, table, texts }: Ground): Space {
  if (texts === undefined)
    throw new TetradError("ARGUMENT", { op: "adversarial", what: "lengths per text need to know each token's text", got: "no texts" });
  const { of, most } = texts;
  const words = params[table] as Tensor;
  const [tokens, width] = [of.shape[0] as number, words.shape[1] as number];
  return {
    origin: broadcastTo(reshape(zerosLike(cast(of, words.dtype)), [tokens, 1]), [tokens, width]),
    lossAt: (moved) => lossOf(params, moved),
    lengths(move) {
      const squares = scatterAdd(zeros([most], move.dtype), of, sum(square(move), 1), 0);
      // A text whose loss has no slope stays where it is: least normal number of f32.
      return reshape(sqrt(maximum(gather(squares, of, 0), 2 ** -126)), [tokens, 1]);
    },
  };
}
