/** Gives every value of a plan its address: inputs, constants, gradients and arena of the program's own, leaves where they are bound. */

import { byteSize, type HostArray } from "../../dtype.js";
import { TetradError } from "../../errors.js";
import type { MadePlan } from "../../plan/make.js";
import { align } from "../../plan/memory.js";
import { tensorBytes } from "../../plan/plan.js";
import { formatShape } from "../../shape.js";
import type { Tensor } from "../../tensor.js";
import type { Binding, Segment } from "../backend.js";
import { largestValues, megabytes } from "../largest.js";
import type { WasmMemory } from "./memory.js";
import { viewOf, WasmSegment } from "./segment.js";

/** wasm32 addresses four gibibytes. */
const MOST_BYTES = 2 ** 32 - 2 ** 16;

export class Linked {
  readonly #own: WasmSegment[] = [];
  readonly #addresses = new Map<Tensor, number>();
  readonly #views = new Map<Tensor, HostArray>();
  readonly #arena: number;

  constructor(
    private readonly memory: WasmMemory,
    private readonly plan: MadePlan,
    leaves: ReadonlyMap<Tensor, Binding>,
    /** The flat gradients of a training step. */
    private readonly gradients: WasmSegment | undefined,
  ) {
    refuseIfTooLarge(plan);
    for (const [tensor, { segment, offset }] of leaves)
      this.#addresses.set(tensor, (segment as WasmSegment).address + offset * byteSize(segment.dtype));
    const unbound = [...[...plan.inputs.values()], ...plan.constants.keys()].filter((tensor) => !this.#addresses.has(tensor));
    const region = this.#allocate(unbound.reduce((total, tensor) => total + align(tensorBytes(tensor)), 0));
    let next = region;
    for (const tensor of unbound) {
      this.#addresses.set(tensor, next);
      next += align(tensorBytes(tensor));
    }
    this.#arena = this.#allocate(plan.placement.bytes);
    for (const [tensor, data] of plan.constants) this.view(tensor).set(data);
  }

  /** Where the values between launches lie. */
  get arena(): { readonly address: number; readonly bytes: number } {
    return { address: this.#arena, bytes: this.plan.placement.bytes };
  }

  /** Byte address of the value's first element; 0 for a value without elements. */
  address(tensor: Tensor): number {
    if (tensor.size === 0) return 0;
    const bound = this.#addresses.get(tensor);
    if (bound !== undefined) return bound;
    const storage = this.plan.storageOf(tensor);
    const pinned = this.plan.pinned.get(storage);
    if (pinned !== undefined && this.gradients !== undefined) return this.gradients.address + pinned * byteSize(storage.dtype);
    const offset = this.plan.placement.offsets.get(storage) ?? this.plan.placement.offsets.get(tensor);
    if (offset !== undefined) return this.#arena + offset;
    throw new TetradError("INTERNAL", {
      op: "link",
      what: `${tensor.kind} ${tensor.label ?? `%${tensor.id}`} ${formatShape(tensor.shape)} has no storage`,
    });
  }

  /** The value's elements in memory. */
  view(tensor: Tensor): HostArray {
    const known = this.#views.get(tensor);
    if (known !== undefined) return known;
    const view = viewOf(this.memory, tensor.dtype, this.address(tensor), tensor.size);
    this.#views.set(tensor, view);
    return view;
  }

  allocate(dtype: Segment["dtype"], length: number): WasmSegment {
    const segment = new WasmSegment(this.memory, dtype, length);
    this.#own.push(segment);
    return segment;
  }

  release(): void {
    for (const segment of this.#own) segment.release();
    this.#own.length = 0;
  }

  #allocate(bytes: number): number {
    return bytes === 0 ? 0 : this.allocate("bool", bytes).address;
  }
}

/** Throws OUT_OF_MEMORY before anything is allocated, naming what is large and the batch that would fit. */
function refuseIfTooLarge(plan: MadePlan): void {
  const inputs = [...plan.inputs.values()];
  const total = plan.placement.bytes + inputs.reduce((sum, x) => sum + tensorBytes(x), 0);
  if (total <= MOST_BYTES) return;
  const batch = inputs[0]?.shape[0];
  const fits = batch === undefined ? undefined : Math.floor((batch * MOST_BYTES) / total);
  throw new TetradError("OUT_OF_MEMORY", {
    op: "compile",
    what: "the plan needs more memory than WebAssembly has",
    got: megabytes(total),
    expected: `at most ${megabytes(MOST_BYTES)}; largest values: ${largestValues(plan)}`,
    hint: fits === undefined || fits < 1 ? "use a smaller model" : `a batch of about ${fits} would fit`,
  });
}
