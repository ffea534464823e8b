/** A plan as the parts that a GPU dispatches, before storage is given out: kernels, chains cut to what one dispatch may bind, loops. */

import { families, familyOf, type Kernel } from "@tetrad/kernels-wgsl";
import { TetradError } from "../../errors.js";
import type { Chain, Launch } from "../../plan/plan.js";
import { formatSite } from "../../site.js";
import type { Tensor } from "../../tensor.js";
import { noF64, refuseF64, valuesOf } from "./chain-shader.js";
import type { Life } from "./slots.js";
import { splitChain } from "./split.js";
import type { Storage } from "./storage.js";

export interface ChainPiece {
  readonly kind: "chain";
  readonly launch: Launch;
  readonly chain: Chain;
}

export interface KernelPiece {
  readonly kind: "kernel";
  readonly launch: Launch;
  /** What is done to each finished element of its product. */
  readonly chain: Chain | undefined;
  readonly kernel: Kernel;
  readonly family: keyof typeof families;
  /** It works on i32 instead of f32. */
  readonly integers: boolean;
}

export interface LoopPiece {
  readonly kind: "loop";
  readonly launch: Launch;
  readonly body: readonly Piece[];
}

export type Piece = ChainPiece | KernelPiece | LoopPiece;

/**
 * @param limit storage buffers that one dispatch may bind
 * @throws TetradError UNSUPPORTED for f64 and for kernels of other packages
 */
export function piecesOf(launch: Launch, storage: Storage, limit: number): Piece[] {
  if (launch.body !== undefined)
    return [{ kind: "loop", launch, body: launch.body.launches.flatMap((inner) => piecesOf(inner, storage, limit)) }];
  const { chain } = launch;
  const chains = (parts: readonly Chain[]): Piece[] => parts.map((part) => ({ kind: "chain", launch, chain: part }));
  const cut = (whole: Chain, fixed = 0) => splitChain(whole, limit, (tensor) => storage.bufferKey(tensor), fixed);
  if (chain !== undefined) refuseF64(valuesOf(chain), chain.ops[0]?.node);
  if (chain !== undefined && launch.kernel.startsWith("ew_")) return chains(cut(chain));
  const [node] = launch.nodes;
  if (launch.kernel.endsWith("_f64")) throw noF64(node, launch.kernel);
  const name = launch.kernel.replace(/_(f32|i32)$/, "");
  const family = familyOf(name);
  if (family === undefined) {
    throw new TetradError("UNSUPPORTED", {
      op: node?.op.name ?? launch.kernel,
      what: `WebGPU has no kernel ${launch.kernel}`,
      at: node && formatSite(node.site),
      hint: 'use backend "wasm"',
    });
  }
  const kernel = (families[family] as Readonly<Record<string, Kernel>>)[name] as Kernel;
  const { eachInput } = kernel;
  const alone: KernelPiece = { kind: "kernel", launch, chain: undefined, kernel, family, integers: launch.kernel.endsWith("_i32") };
  if (eachInput !== undefined)
    return launch.inputs.map((input, i) => ({
      ...alone,
      launch: { ...launch, inputs: [input], scalars: eachInput(launch.scalars, i) },
    }));
  if (chain === undefined) return [alone];
  // What an epilogue may bind besides the kernel's inputs and its product.
  const [head, ...tail] = cut(chain, launch.inputs.length + 1);
  return head === undefined ? [alone, ...chains(cut(chain))] : [{ ...alone, chain: head }, ...chains(tail)];
}

/** The kernel's own outputs: those in front of its chain's. */
export function ownOutputs({ outputs, chain }: Launch): readonly Tensor[] {
  return chain === undefined ? outputs : outputs.slice(0, outputs.length - chain.outputs.length);
}

function touched(piece: Piece): Tensor[] {
  const { launch } = piece;
  const inputs = launch.inputs.map(({ base }) => base);
  if (piece.kind === "loop") return [...launch.outputs, ...inputs, ...piece.body.flatMap(touched)];
  const { chain } = piece;
  const chained =
    chain === undefined ? [] : [...chain.inputs.map(({ operand }) => operand.base), ...chain.outputs.map(({ tensor }) => tensor)];
  return piece.kind === "chain" ? chained : [...ownOutputs(launch), ...inputs, ...chained];
}

function loopsIn(pieces: readonly Piece[]): LoopPiece[] {
  return pieces.flatMap((piece) => (piece.kind === "loop" ? [piece, ...loopsIn(piece.body)] : []));
}

/** Gives the values between launches their storage; `kept` ones are the caller's to read afterwards. */
export function giveStorage(pieces: readonly Piece[], storage: Storage, kept: readonly Tensor[]): void {
  const loops = loopsIn(pieces);
  // The arena of a body is for backends that place it themselves; its leaves are values of the surrounding plan.
  const bound = new Set(loops.flatMap(({ launch: { body } }) => (body === undefined ? [] : [...body.bindings.keys(), body.arena])));
  const lives = new Map<Tensor, Life>();
  const live = (tensor: Tensor, at: number) => lives.set(tensor, { tensor, first: lives.get(tensor)?.first ?? at, last: at });
  pieces.forEach((piece, i) => {
    for (const tensor of touched(piece)) if (storage.isFree(tensor) && !bound.has(tensor)) live(tensor, i);
  });
  for (const tensor of kept) if (lives.has(tensor)) live(tensor, pieces.length);
  storage.colour([...lives.values()]);
  for (const { launch } of loops)
    for (const [leaf, operand] of launch.body?.bindings ?? []) storage.alias(leaf, operand.base, operand.offset);
}
