/** Gives every value of a plan its buffer: leaves where they are bound, inputs, constants and slots of the program's own. */

import { TetradError } from "../../errors.js";
import type { MadePlan } from "../../plan/make.js";
import { formatShape } from "../../shape.js";
import type { Tensor } from "../../tensor.js";
import type { Binding } from "../backend.js";
import type { Answer, WebGpuDevice } from "./device.js";
import { deviceBytes, toDevice, type WebGpuSegment } from "./segment.js";
import { colour, type Life } from "./slots.js";

/** A buffer, and where in it a value begins (elements). */
export interface Place {
  readonly buffer: GPUBuffer;
  readonly offset: number;
}

export class Storage {
  readonly #places = new Map<Tensor, Place>();
  readonly #own: GPUBuffer[] = [];
  /** What the device says of buffers that were asked for. */
  readonly asked: Answer[] = [];
  /** Segments that the plan reads or writes. */
  readonly segments = new Set<WebGpuSegment>();

  constructor(
    private readonly gpu: WebGpuDevice,
    private readonly plan: MadePlan,
    leaves: ReadonlyMap<Tensor, Binding>,
    /** The flat gradients of a training step, where pinned values lie. */
    private readonly gradients: WebGpuSegment | undefined,
  ) {
    for (const [tensor, { segment, offset }] of leaves) {
      const { buffer } = segment as WebGpuSegment;
      this.segments.add(segment as WebGpuSegment);
      this.#places.set(tensor, { buffer, offset });
    }
    for (const tensor of plan.inputs.values()) if (!this.#places.has(tensor)) this.#place(tensor);
    for (const [tensor, data] of plan.constants) {
      if (this.#places.has(tensor)) continue;
      const { buffer } = this.#place(tensor);
      if (data.length > 0) gpu.queue.writeBuffer(buffer, 0, toDevice(tensor.dtype, data));
    }
  }

  #place(tensor: Tensor): Place {
    const place = { buffer: this.allocate(deviceBytes(tensor.dtype, tensor.size), tensor), offset: 0 };
    this.#places.set(tensor, place);
    return place;
  }

  /** A buffer that goes with the program. @throws TetradError OUT_OF_MEMORY when it is more than the adapter binds */
  allocate(size: number, tensor?: Tensor): GPUBuffer {
    const what = () => `${tensor?.label ?? tensor?.node?.op.name ?? "value"} ${tensor === undefined ? "" : formatShape(tensor.shape)}`;
    const buffer = this.gpu.storage(size, what, this.asked);
    this.#own.push(buffer);
    return buffer;
  }

  /** Places the values that live between launches. */
  colour(lives: readonly Life[]): void {
    const { bytes, of } = colour(lives);
    const largest = new Map<number, Tensor>();
    for (const [tensor, slot] of of) if ((largest.get(slot)?.size ?? -1) < tensor.size) largest.set(slot, tensor);
    const buffers = bytes.map((size, i) => this.allocate(size, largest.get(i)));
    for (const [tensor, slot] of of) this.#places.set(tensor, { buffer: buffers[slot] as GPUBuffer, offset: 0 });
  }

  /** A value that is another's part: what a loop's body calls its leaves. */
  alias(tensor: Tensor, base: Tensor, offset: number): void {
    const place = this.of(base);
    this.#places.set(tensor, { buffer: place.buffer, offset: place.offset + offset });
  }

  /** A value that another program's storage holds. */
  share(tensor: Tensor, place: Place): void {
    this.#places.set(tensor, place);
  }

  /** Whether a value lives between launches and has to be given a slot. */
  isFree(tensor: Tensor): boolean {
    return !this.#places.has(tensor) && !this.plan.pinned.has(tensor);
  }

  /** What tells the buffers of values apart before they are placed. */
  bufferKey(tensor: Tensor): unknown {
    const place = this.#places.get(tensor);
    if (place !== undefined) return place.buffer;
    return this.plan.pinned.has(tensor) ? this.gradients : tensor;
  }

  /** Whether a value is stored: what an epilogue hands on in registers is not. */
  has(tensor: Tensor): boolean {
    return this.#places.has(tensor) || this.plan.pinned.has(tensor);
  }

  of(tensor: Tensor): Place {
    const place = this.#places.get(tensor);
    if (place !== undefined) return place;
    const pinned = this.plan.pinned.get(tensor);
    if (pinned !== undefined && this.gradients !== undefined) return { buffer: this.gradients.buffer, offset: pinned };
    throw new TetradError("INTERNAL", {
      op: "link",
      what: `${tensor.kind} ${tensor.label ?? `%${tensor.id}`} ${formatShape(tensor.shape)} has no storage`,
    });
  }

  release(): void {
    for (const buffer of this.#own.splice(0)) buffer.destroy();
  }
}
