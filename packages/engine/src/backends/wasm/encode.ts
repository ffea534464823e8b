/** A placed plan as the words that the kernels read: pointers resolved, counts filled in, barriers where memory is shared. */

import { byteSize } from "../../dtype.js";
import type { Count, Immediate, Operand, Scalar } from "../../op.js";
import { touched } from "../../plan/memory.js";
import type { Chain, Launch, LoopBody } from "../../plan/plan.js";
import { tensorBytes } from "../../plan/plan.js";
import type { Tensor } from "../../tensor.js";

/** A word that follows the live length of a bounded axis: word = live × times. */
export interface LiveWord {
  readonly index: number;
  readonly axis: string;
  readonly times: number;
}

export interface Encoded {
  readonly words: Int32Array<ArrayBuffer>;
  /** First word of each launch. */
  readonly starts: readonly number[];
  readonly liveWords: readonly LiveWord[];
  /** Words that hold a byte offset into the plan itself; the plan's address is added once it has one. */
  readonly selfPointers: readonly number[];
}

export interface Linker {
  /** Byte address of a value's storage. */
  address(tensor: Tensor): number;
  slot(kernel: string): number;
  /** Address of the four words that key the random streams. */
  readonly randomState: number;
  /** Maximum of a bounded axis, which its live words start at. */
  maximum(axis: string): number;
}

const BARRIER = 1;
const STORAGE = { f32: 0, f64: 1, i32: 2, bool: 3, u8: 3 } as const;
const KIND = { dense: 0, scalar: 1, strided: 2 } as const;

class Writer {
  words = new Int32Array(1024);
  length = 0;
  readonly liveWords: LiveWord[] = [];
  readonly selfPointers: number[] = [];

  constructor(
    /** Changes while the body of a loop is written. */
    public linker: Linker,
  ) {}

  word(value: number): number {
    if (this.length === this.words.length) {
      const grown = new Int32Array(this.words.length * 2);
      grown.set(this.words);
      this.words = grown;
    }
    this.words[this.length] = value;
    return this.length++;
  }

  f64(value: number): void {
    const bits = new Int32Array(Float64Array.of(value).buffer);
    this.word(bits[0] as number);
    this.word(bits[1] as number);
  }

  count(count: Count): void {
    if (typeof count === "number") {
      this.word(count);
      return;
    }
    const times = count.times * count.live.times;
    const index = this.word(times * this.linker.maximum(count.live.name));
    this.liveWords.push({ index, axis: count.live.name, times });
  }

  scalar(scalar: Scalar): void {
    if (scalar === "randomState") this.word(this.linker.randomState);
    else if (typeof scalar === "object" && "f64" in scalar) this.f64(scalar.f64);
    else this.count(scalar);
  }

  operand(operand: Operand): void {
    this.word(this.linker.address(operand.base) + operand.offset * byteSize(operand.base.dtype));
  }

  immediate(value: Immediate): void {
    this.f64(value === "randomState" ? this.linker.randomState : value);
  }

  chain(chain: Chain): void {
    const start = this.length;
    this.count(chain.count);
    for (const value of [chain.inputs.length, chain.ops.length, chain.outputs.length, chain.dims.length, ...chain.dims]) this.word(value);
    for (const { operand, kind, register, strides } of chain.inputs) {
      this.word(KIND[kind]);
      this.word(STORAGE[operand.base.dtype]);
      this.operand(operand);
      this.word(register);
      chain.dims.forEach((_, i) => this.word(strides[i] ?? 0));
    }
    const immediates: { op: number; values: readonly Immediate[] }[] = [];
    for (const { strip, dst, args, immediates: values } of chain.ops) {
      this.word(this.linker.slot(`${strip}_${chain.dtype}`));
      this.word(dst);
      // Strip functions take three operands; those that need fewer ignore the rest.
      for (let i = 0; i < 3; i++) this.word(args[i] ?? args[0] ?? dst);
      immediates.push({ op: this.word(0), values });
    }
    for (const { tensor, register, direct } of chain.outputs) {
      this.word(STORAGE[tensor.dtype]);
      this.word(this.linker.address(tensor));
      this.word(register);
      this.word(direct ? 1 : 0);
    }
    for (const { op, values } of immediates) {
      this.words[op] = (this.length - start) * 4;
      for (const value of values) this.immediate(value);
    }
  }
}

interface Interval {
  readonly begin: number;
  readonly end: number;
}

function overlaps(a: readonly Interval[], b: readonly Interval[]): boolean {
  return a.some((x) => b.some((y) => x.begin < y.end && y.begin < x.end));
}

/** Words of all launches, then of the chains and loop bodies that they point to. */
export function encode(launches: readonly Launch[], linker: Linker): Encoded {
  const writer = new Writer(linker);
  const starts = encodeLaunches(writer, launches, linker);
  return { words: writer.words.slice(0, writer.length), starts, liveWords: writer.liveWords, selfPointers: writer.selfPointers };
}

function encodeLaunches(writer: Writer, launches: readonly Launch[], linker: Linker): number[] {
  writer.linker = linker;
  const starts: number[] = [];
  const later: { pointer: number; write: () => void }[] = [];
  const interval = (tensor: Tensor): Interval => {
    const begin = linker.address(tensor);
    return { begin, end: begin + tensorBytes(tensor) };
  };
  let read: Interval[] = [];
  let written: Interval[] = [];
  for (const launch of launches) {
    const writes = launch.outputs.map(interval);
    const reads = touched(launch).map(interval);
    // What launches since the last barrier wrote must not be touched, what they read must not be written.
    const barrier = overlaps(written, reads) || overlaps(read, writes);
    if (barrier) {
      read = [];
      written = [];
    }
    read.push(...reads);
    written.push(...writes);
    const start = writer.length;
    starts.push(start);
    writer.word(linker.slot(launch.kernel));
    writer.word(barrier ? BARRIER : 0);
    writer.word(0);
    const { chain, body } = launch;
    if (body !== undefined) {
      writer.word(linker.address(launch.outputs[0] as Tensor));
      later.push({ pointer: writer.word(0), write: () => encodeLaunches(writer, body.launches, bodyLinker(body, linker)) });
      for (const scalar of launch.scalars) writer.scalar(scalar);
    } else if (chain !== undefined && isInterpreter(launch.kernel)) {
      writer.chain(chain);
    } else {
      const own = chain === undefined ? launch.outputs : launch.outputs.slice(0, launch.outputs.length - chain.outputs.length);
      for (const output of own) writer.word(linker.address(output));
      for (const input of launch.inputs) writer.operand(input);
      launch.scalars.forEach((scalar, i) => {
        // Kernels with an epilogue begin with its slot and parameters.
        if (chain !== undefined && i === 0) writer.word(linker.slot(`ew_range_${chain.dtype}`));
        else if (chain !== undefined && i === 1) later.push({ pointer: writer.word(0), write: () => writer.chain(chain) });
        else writer.scalar(scalar);
      });
    }
    writer.words[start + 2] = writer.length - start;
  }
  for (const { pointer, write } of later) {
    writer.words[pointer] = writer.length * 4;
    writer.selfPointers.push(pointer);
    write();
    writer.linker = linker;
  }
  return starts;
}

function isInterpreter(kernel: string): boolean {
  return kernel === "ew_f32" || kernel === "ew_f64";
}

/** Addresses inside a loop: the body's own values lie in its arena, its other leaves are values of the surrounding plan. */
function bodyLinker(body: LoopBody, outer: Linker): Linker {
  return {
    ...outer,
    slot: (kernel) => outer.slot(kernel),
    maximum: (axis) => outer.maximum(axis),
    address(tensor) {
      const bound = body.bindings.get(tensor);
      if (bound !== undefined) return outer.address(bound.base) + bound.offset * byteSize(bound.base.dtype);
      const offset = body.placement.offsets.get(tensor);
      return offset === undefined ? outer.address(tensor) : outer.address(body.arena) + offset;
    },
  };
}
