/**
 * Graph to launches: views become strides, element-wise nodes join chains or a GEMM's epilogue, everything else emits its
 * own launches. One pass forwards; a node joins the launch of its latest operand or starts a new one at the end, so no
 * cycle can arise and launches stay in dependency order.
 */

import { TetradError } from "../errors.js";
import type { LaunchContext, LaunchRequest, Operand, View } from "../op.js";
import { copyOp } from "../ops/copy.js";
import { sameShape, sizeOf, stridesOf } from "../shape.js";
import { formatSite } from "../site.js";
import { type Graph, type Node, type Spec, Tensor } from "../tensor.js";
import { ChainDraft, computeType, isIdentity, isWhole } from "./chain.js";
import { type Launch, operandBytes, tensorBytes } from "./plan.js";
import type { Simplified } from "./simplify.js";

/** A launch whose chain may still grow. */
export interface Draft {
  readonly request: LaunchRequest | undefined;
  chain: ChainDraft | undefined;
  readonly nodes: Node[];
}

export interface Lowered {
  readonly drafts: readonly Draft[];
  /** Where a traced value is stored: its base value and view. */
  operand(tensor: Tensor): Operand;
}

/** Nodes of unlike origin share a launch only when small: there a launch costs more than the cache that it shares. */
const HORIZONTAL_ELEMENTS = 16384;

/** Kernels that hand what they have made to an element-wise chain while it is in cache; their first two scalars are its slot and words. */
const WITH_EPILOGUE: ReadonlySet<string> = new Set([
  "gemm",
  "gemm_quantized",
  "gemm_int8",
  "gemm_panels",
  "gemm_panels_int8",
  "conv2d",
  "conv2d_input_gradient",
  "depthwise2d",
]);

export function denseOperand(tensor: Tensor): Operand {
  return { base: tensor, offset: 0, shape: tensor.shape, strides: stridesOf(tensor.shape) };
}

export class Lowering implements Lowered {
  readonly drafts: Draft[] = [];
  readonly #operands = new Map<Tensor, Operand>();
  /** Index of the draft that writes a base value. */
  readonly #writer = new Map<Tensor, number>();
  readonly #copies = new Map<string, Operand>();
  readonly #claimed = new Set<Tensor>();
  #current: Node | undefined;

  constructor(
    private readonly graph: Graph,
    readonly simplified: Simplified,
    /** Given by the caller, because a loop's body is lowered by another Lowering. */
    private readonly lowerScan: (outer: Lowering, node: Node) => void,
    /** Values that are made in the state that they are assigned to. */
    private readonly changed: ReadonlySet<Tensor> = new Set(),
  ) {}

  run(): void {
    for (const node of this.simplified.nodes) this.lower(node);
  }

  operand(tensor: Tensor): Operand {
    const resolved = this.simplified.resolve(tensor);
    return this.#operands.get(resolved) ?? denseOperand(resolved);
  }

  lower(node: Node): void {
    this.#current = node;
    const { lowering } = node.op;
    const unsupported = node.inputs.find((x) => x.bound !== undefined);
    if (unsupported !== undefined && node.op.bounded !== true) {
      throw new TetradError("UNSUPPORTED", {
        op: node.op.name,
        what: `does not work on the bounded axis "${unsupported.bound?.name}"`,
        at: formatSite(node.site),
      });
    }
    switch (lowering.kind) {
      case "view":
        this.#lowerView(node, (view) => lowering.view(view, node.attrs, node.outputs[0] as Spec));
        break;
      case "elementwise":
        this.elementwise(node, lowering.strip(node.attrs), lowering.immediates?.(node.attrs) ?? []);
        break;
      case "launch":
        lowering.launch(this.#context(), node, node.attrs);
        break;
      case "scan":
        this.lowerScan(this, node);
    }
  }

  #lowerView(node: Node, view: (input: View) => View | undefined): void {
    const [x] = node.inputs as readonly [Tensor];
    const [y] = node.outputs as readonly [Tensor];
    const input = this.operand(x);
    const direct = view(input);
    if (direct !== undefined) {
      this.#operands.set(y, { ...direct, base: input.base });
      return;
    }
    const copied = this.contiguous(x);
    const through = view(copied);
    if (through === undefined)
      throw new TetradError("INTERNAL", { op: node.op.name, what: "has no view of dense input", at: formatSite(node.site) });
    this.#operands.set(y, { ...through, base: copied.base });
  }

  #context(): LaunchContext {
    return {
      operand: (tensor) => this.operand(tensor),
      contiguous: (tensor) => this.contiguous(tensor),
      temp: (spec) => this.temp(spec),
      begunAs: (y, x) => this.#begunAs(y, x),
      emit: (request) => this.emit(request),
    };
  }

  #begunAs(y: Tensor, x: Tensor): Tensor {
    if (!this.changed.has(y)) {
      this.copyInto(y, x);
      return y;
    }
    const state = this.operand(x);
    this.#operands.set(y, state);
    return state.base;
  }

  /** A value of the plan's own, outside the traced graph. */
  temp(spec: Spec): Tensor {
    return new Tensor(this.graph, this.graph.takeId(), "temp", spec, undefined, this.#current);
  }

  emit(request: LaunchRequest): void {
    const empty = request.outputs.every((y) => sizeOf(y.shape) === 0);
    const index = this.drafts.length;
    if (empty) return;
    this.drafts.push({ request, chain: undefined, nodes: this.#current === undefined ? [] : [this.#current] });
    for (const y of request.outputs) this.#writer.set(y, index);
  }

  /** The tensor in row-major order without gaps; copies when it is not stored so. */
  contiguous(tensor: Tensor): Operand {
    const operand = this.operand(tensor);
    const dense = stridesOf(operand.shape);
    if (operand.shape.every((extent, i) => extent === 1 || operand.strides[i] === dense[i]) || sizeOf(operand.shape) === 0) return operand;
    const key = `${operand.base.id}:${operand.offset}:${operand.shape.join(",")}:${operand.strides.join(",")}`;
    const known = this.#copies.get(key);
    if (known !== undefined) return known;
    const copy = this.copy(operand, tensor);
    this.#copies.set(key, copy);
    return copy;
  }

  /** Emits a copy of `operand` into a value of its own. */
  copy(operand: Operand, spec: Spec): Operand {
    const y = this.temp({ shape: operand.shape, dtype: spec.dtype, ...(spec.bound && { bound: spec.bound }) });
    this.#join({ op: copyOp, inputs: [], outputs: [y], attrs: {}, site: this.#current?.site }, "copy", [], [operand]);
    return denseOperand(y);
  }

  /** A copy of a traced value in storage of its own. */
  copyOf(tensor: Tensor): Tensor {
    return this.copy(this.operand(tensor), tensor).base;
  }

  /** Reserves a base value for one place in storage; false when it was reserved before. */
  claim(base: Tensor): boolean {
    if (this.#claimed.has(base)) return false;
    this.#claimed.add(base);
    return true;
  }

  /** A base value that holds `tensor` densely and that the plan itself writes, so that a caller can read it after a step. */
  stored(tensor: Tensor): Tensor {
    const operand = this.operand(tensor);
    return operand.base.kind === "temp" && operand.base.dtype === tensor.dtype && isWhole(operand) ? operand.base : this.copyOf(tensor);
  }

  elementwise(node: Node, strip: string, immediates: readonly (number | "randomState")[]): void {
    this.#join(
      node,
      strip,
      immediates,
      node.inputs.map((x) => this.operand(x)),
    );
  }

  #join(node: Node, strip: string, immediates: readonly (number | "randomState")[], operands: readonly Operand[]): void {
    const y = node.outputs[0] as Tensor;
    if (sizeOf(y.shape) === 0) return;
    const dtype = computeType(
      operands.map((x) => x.base),
      y,
    );
    const draft = this.#home(operands, dtype, y) ?? this.#newChain(dtype ?? "f32", y);
    (draft.chain as ChainDraft).add(node, strip, immediates, operands);
    draft.nodes.push(node);
    this.#writer.set(y, this.drafts.indexOf(draft));
  }

  /** Copies `value` into a new value `target` of the plan. */
  copyInto(target: Tensor, value: Tensor): void {
    this.#join({ op: copyOp, inputs: [], outputs: [target], attrs: {}, site: this.#current?.site }, "copy", [], [this.operand(value)]);
  }

  /**
   * Stores `value` in a leaf that outlives the step, after everything that reads the leaf's old content. Joins the launch
   * that makes the value where no later launch reads the leaf.
   */
  assign(state: Tensor, value: Tensor): void {
    const operand = this.operand(value);
    const readers = this.drafts.flatMap((draft, i) =>
      [...(draft.request?.inputs ?? []), ...(draft.chain?.inputs.values() ?? [])].some((x) => x.base === state) ? [i] : [],
    );
    const node: Node = { op: copyOp, inputs: [], outputs: [state], attrs: {}, site: value.node?.site };
    const home = this.#home([operand], computeType([operand.base], state), state);
    const index = home === undefined ? -1 : this.drafts.indexOf(home);
    // A chain may overwrite what it reads element for element; its GEMM, whose threads read all over it, may not.
    const onlyDense = [...(home?.chain?.inputs.values() ?? [])].every((x) => x.base !== state || isIdentity(x, state.shape));
    const kernelReads = home?.request?.inputs.some((x) => x.base === state) ?? false;
    const draft =
      home !== undefined && onlyDense && !kernelReads && readers.every((r) => r <= index)
        ? home
        : this.#newChain(state.dtype === "f64" || state.dtype === "i32" ? "f64" : "f32", state);
    (draft.chain as ChainDraft).add(node, "copy", [], [operand]);
    draft.nodes.push(node);
  }

  #newChain(dtype: "f32" | "f64", y: Tensor): Draft {
    const draft: Draft = { request: undefined, chain: new ChainDraft(dtype, y.shape, y.bound), nodes: [] };
    this.drafts.push(draft);
    return draft;
  }

  /** The launch that the node may join: that of its latest operand, or a later one of the same iteration space. */
  #home(operands: readonly Operand[], dtype: "f32" | "f64" | undefined, y: Tensor): Draft | undefined {
    const latest = Math.max(-1, ...operands.map((x) => this.#writer.get(x.base) ?? -1));
    const at = (index: number): Draft | undefined => {
      const draft = this.drafts[index] as Draft;
      const made = operands.filter((x) => this.#writer.get(x.base) === index);
      if (draft.chain === undefined) {
        const [product] = draft.request?.outputs ?? [];
        const opens =
          WITH_EPILOGUE.has(draft.request?.kernel ?? "") &&
          product !== undefined &&
          made.every((x) => x.base === product && isIdentity(x, y.shape));
        if (!opens || made.length === 0) return undefined;
        const chain = new ChainDraft(product.dtype as "f32" | "f64", product.shape, product.bound);
        if (!chain.fits(dtype, y.shape, y.bound, operands.length)) return undefined;
        draft.chain = chain;
        return draft;
      }
      const inside = draft.chain;
      const product = draft.request?.outputs[0];
      if (!made.every((x) => inside.holds(x) || (x.base === product && isIdentity(x, inside.shape)))) return undefined;
      return inside.fits(dtype, y.shape, y.bound, operands.length) ? draft : undefined;
    };
    if (latest >= 0) {
      const own = at(latest);
      if (own !== undefined) return own;
    }
    if (y.size > HORIZONTAL_ELEMENTS) return undefined;
    for (let index = latest + 1; index < this.drafts.length; index++) {
      const draft = this.drafts[index] as Draft;
      if (draft.chain !== undefined && draft.request === undefined && draft.chain.fits(dtype, y.shape, y.bound, operands.length))
        return draft;
    }
    return undefined;
  }
}

/** Which stored values each draft must leave behind: those that another draft or the caller reads. */
export function wantedValues(drafts: readonly Draft[], roots: readonly Tensor[]): Set<Tensor> {
  const wanted = new Set<Tensor>(roots);
  for (const draft of drafts) {
    for (const input of draft.request?.inputs ?? []) wanted.add(input.base);
    for (const operand of draft.chain?.inputs.values() ?? []) if (!draft.request?.outputs.includes(operand.base)) wanted.add(operand.base);
    if (draft.request?.updates === true) for (const y of draft.request.outputs) wanted.add(y);
  }
  return wanted;
}

/**
 * Values that take another's storage: a product that only its epilogue reads lives in the epilogue's output, and an
 * element-wise output may overwrite a dense operand that dies with it.
 */
export function shareStorage(
  drafts: readonly Draft[],
  wanted: ReadonlySet<Tensor>,
  roots: readonly Tensor[],
  pinned: ReadonlyMap<Tensor, number>,
): Map<Tensor, Tensor> {
  const lastRead = new Map<Tensor, number>();
  drafts.forEach((draft, i) => {
    for (const operand of [...(draft.request?.inputs ?? []), ...(draft.chain?.inputs.values() ?? [])]) lastRead.set(operand.base, i);
  });
  for (const root of roots) lastRead.set(root, Number.POSITIVE_INFINITY);
  const share = new Map<Tensor, Tensor>();
  /** Last read of anything that lives in a value's storage, by the value that owns it. */
  const death = new Map<Tensor, number>(lastRead);
  const owner = (tensor: Tensor): Tensor => share.get(tensor) ?? tensor;
  drafts.forEach((draft, i) => {
    const { chain, request } = draft;
    if (chain === undefined) return;
    const free = chain.outputsMade.filter((y) => wanted.has(y) && y.dtype === chain.dtype);
    const product = request?.outputs[0];
    if (product !== undefined && !wanted.has(product)) {
      const heir = free.find((y) => y.dtype === product.dtype && sizeOf(y.shape) === sizeOf(product.shape) && y.kind === "temp");
      if (heir !== undefined) {
        share.set(product, heir);
        free.splice(free.indexOf(heir), 1);
      }
    }
    const operands = [...chain.inputs.values()];
    for (const operand of operands) {
      const x = operand.base;
      const storage = owner(x);
      const replaceable =
        x !== product &&
        x.kind === "temp" &&
        x.dtype === chain.dtype &&
        !pinned.has(storage) &&
        death.get(storage) === i &&
        isIdentity(operand, chain.shape);
      const alone =
        operands.filter((other) => owner(other.base) === storage).length === 1 &&
        !(request?.inputs ?? []).some((other) => owner(other.base) === storage);
      if (!replaceable || !alone) continue;
      const at = free.findIndex((y) => y.kind === "temp" && !pinned.has(y) && tensorBytes(y) === tensorBytes(x));
      if (at < 0) continue;
      const [y] = free.splice(at, 1) as [Tensor];
      share.set(y, storage);
      death.set(storage, lastRead.get(y) ?? i);
    }
  });
  return share;
}

/** Turns a draft into a launch; undefined when nothing of it is wanted. */
export function finishDraft(draft: Draft, wanted: ReadonlySet<Tensor>, storageOf: (tensor: Tensor) => Tensor): Launch | undefined {
  const { request } = draft;
  const chain = draft.chain?.finish((tensor) => wanted.has(tensor), storageOf);
  const chainOutputs = chain?.outputs.map((output) => output.tensor) ?? [];
  if (request === undefined) {
    if (chain === undefined || chain.ops.length === 0) return undefined;
    const operands = chain.inputs.map((input) => input.operand);
    return {
      kernel: `ew_${chain.dtype}`,
      outputs: chainOutputs,
      inputs: [],
      scalars: [],
      chain,
      nodes: chain.ops.map((op) => op.node),
      flops: chainFlops(chain.ops.map((op) => op.node)),
      bytes: readBytes(operands) + sum(chainOutputs.map(tensorBytes)),
    };
  }
  const own = request.outputs;
  const epilogue = chain !== undefined && chain.ops.length > 0 ? chain : undefined;
  const extra = epilogue?.inputs.map((input) => input.operand).filter((x) => !own.includes(x.base)) ?? [];
  return {
    kernel: request.dtype === undefined ? request.kernel : `${request.kernel}_${request.dtype}`,
    outputs: [...own, ...chainOutputs],
    inputs: request.inputs,
    scalars: request.scalars,
    ...(epilogue && { chain: epilogue }),
    ...(request.body && { body: request.body }),
    nodes: draft.nodes,
    flops: request.flops + chainFlops(epilogue?.ops.map((op) => op.node) ?? []),
    // What is updated in place is read, too.
    bytes:
      request.bytes ??
      readBytes([...request.inputs, ...extra]) +
        sum([...own.filter((y) => wanted.has(y) || epilogue === undefined), ...chainOutputs].map(tensorBytes)) *
          (request.updates === true ? 2 : 1),
  };
}

/** An operand that stands there twice is read from memory once: ops put one they have in the place of one they are not given. */
function readBytes(operands: readonly Operand[]): number {
  const same = (a: Operand, b: Operand) =>
    a.base === b.base && a.offset === b.offset && sameShape(a.shape, b.shape) && sameShape(a.strides, b.strides);
  return sum(operands.filter((x, i) => operands.findIndex((other) => same(x, other)) === i).map(operandBytes));
}

function chainFlops(nodes: readonly Node[]): number {
  return sum(nodes.map((node) => node.op.flops(node.inputs, node.outputs, node.attrs)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
