/** The one memory that all kernels, workers and plans share, and the allocator of its regions. */

import { TetradError } from "../../errors.js";

const PAGE = 65536;
/** What every kernel module declares; the memory's own maximum must not exceed it. */
const MOST_PAGES = 65536;
/** A cache line: no two regions share one, so that threads writing to neighbours do not slow each other down. */
const ALIGNMENT = 64;

interface Region {
  readonly address: number;
  readonly bytes: number;
}

/** A region in use. */
interface LiveRegion extends Region {
  /** Never given to another region. */
  readonly serial: number;
  /** Scratch, whose content does not outlive a job, is nobody's to copy; what is still is never written by a kernel. */
  readonly scratch: boolean;
  readonly still: boolean;
}

export class WasmMemory {
  readonly memory: WebAssembly.Memory;
  /** Free regions by address; no two touch. */
  readonly #free: Region[] = [];
  readonly #live = new Map<number, LiveRegion>();
  #serial = 0;
  #journal: (() => void)[] | undefined;
  /** First byte that was never handed out. */
  #end: number;
  readonly #mostPages: number;
  readonly #reserved: number;

  /** `reserved`: bytes at the beginning that are not the allocator's. Throws OUT_OF_MEMORY when no memory can be had at all. */
  constructor(reserved: number) {
    this.#reserved = roundUp(reserved);
    const initial = Math.ceil(reserved / PAGE) + 1;
    const { memory, maximum } = create(initial);
    this.memory = memory;
    this.#mostPages = maximum;
    this.#end = roundUp(reserved);
  }

  /** Most bytes that can ever be allocated. */
  get limit(): number {
    return this.#mostPages * PAGE;
  }

  /** Bytes in regions that have not been freed. */
  get used(): number {
    let sum = 0;
    for (const { bytes } of this.#live.values()) sum += bytes;
    return sum;
  }

  /**
   * Address of a new region, a multiple of 64; 64 readable bytes follow it. Its contents are whatever was there before.
   * Throws ARGUMENT for anything but a size, OUT_OF_MEMORY beyond the limit of the memory or of the machine.
   */
  allocate(bytes: number, scratch = false): number {
    if (!Number.isSafeInteger(bytes) || bytes < 0) {
      throw new TetradError("ARGUMENT", { op: "allocate", what: "not a number of bytes", got: `${bytes}`, expected: "an integer ≥ 0" });
    }
    const size = Math.max(ALIGNMENT, roundUp(bytes));
    const index = this.#free.findIndex((region) => region.bytes >= size);
    const address = index < 0 ? this.#extend(size) : this.#takeFrom(index, size);
    this.#live.set(address, { address, bytes: size, serial: ++this.#serial, scratch, still: false });
    return address;
  }

  /** Gives a region back. Throws ARGUMENT when no live region begins at the address. */
  free(address: number): void {
    const region = this.#live.get(address);
    if (region === undefined) {
      throw new TetradError("ARGUMENT", {
        op: "free",
        what: "no region begins here",
        got: `address ${address}`,
        expected: "an address from allocate, freed once",
      });
    }
    const { bytes } = region;
    this.#live.delete(address);
    let at = this.#free.findIndex((region) => region.address > address);
    if (at < 0) at = this.#free.length;
    const before = this.#free[at - 1];
    const after = this.#free[at];
    const joinsBefore = before !== undefined && before.address + before.bytes === address;
    const joinsAfter = after !== undefined && address + bytes === after.address;
    const first = joinsBefore ? before.address : address;
    const end = joinsAfter ? after.address + after.bytes : address + bytes;
    this.#free.splice(joinsBefore ? at - 1 : at, (joinsBefore ? 1 : 0) + (joinsAfter ? 1 : 0), { address: first, bytes: end - first });
    const last = this.#free[this.#free.length - 1];
    if (last !== undefined && last.address + last.bytes === this.#end) {
      this.#free.pop();
      this.#end = last.address;
    }
  }

  /** What lives in memory between jobs: the bytes in front of all regions, then the regions that are no scratch. */
  regions(): LiveRegion[] {
    const reserved = { address: 0, bytes: this.#reserved, serial: 0, scratch: false, still: false };
    return [reserved, ...[...this.#live.values()].filter(({ scratch }) => !scratch)];
  }

  /** Says that no kernel writes the region from here on. */
  keepStill(address: number): void {
    const region = this.#live.get(address);
    if (region !== undefined) this.#live.set(address, { ...region, still: true });
  }

  /** Whether a job computes on a copy of this memory: what the host writes meanwhile is to be noted. */
  get journalling(): boolean {
    return this.#journal !== undefined;
  }

  /** A write that is to be done again when the job's results have come. */
  note(write: () => void): void {
    this.#journal?.push(write);
  }

  beginJournal(): void {
    this.#journal = [];
  }

  endJournal(): void {
    const writes = this.#journal ?? [];
    this.#journal = undefined;
    for (const write of writes) write();
  }

  /** Views of `length` elements; ask anew after an allocation, which may have grown the memory. */
  f32(address: number, length: number): Float32Array<SharedArrayBuffer> {
    return new Float32Array(this.#buffer, address, length);
  }
  f64(address: number, length: number): Float64Array<SharedArrayBuffer> {
    return new Float64Array(this.#buffer, address, length);
  }
  i32(address: number, length: number): Int32Array<SharedArrayBuffer> {
    return new Int32Array(this.#buffer, address, length);
  }
  u32(address: number, length: number): Uint32Array<SharedArrayBuffer> {
    return new Uint32Array(this.#buffer, address, length);
  }
  u8(address: number, length: number): Uint8Array<SharedArrayBuffer> {
    return new Uint8Array(this.#buffer, address, length);
  }

  get #buffer(): SharedArrayBuffer {
    // A shared WebAssembly.Memory has a SharedArrayBuffer, also where the page may not construct one by itself.
    return this.memory.buffer as unknown as SharedArrayBuffer;
  }

  #takeFrom(index: number, size: number): number {
    const { address, bytes } = this.#free[index] as Region;
    this.#free.splice(index, 1, ...(bytes > size ? [{ address: address + size, bytes: bytes - size }] : []));
    return address;
  }

  #extend(size: number): number {
    const address = this.#end;
    const end = address + size;
    const pages = Math.ceil((end + ALIGNMENT) / PAGE);
    const have = this.memory.buffer.byteLength / PAGE;
    if (pages > have) this.#grow(pages - have, size, have);
    this.#end = end;
    return address;
  }

  /** Grows by at least `needed` pages, by an eighth of what there is if it can, so that many small regions do not grow it each. */
  #grow(needed: number, size: number, have: number): void {
    const generous = Math.min(Math.max(needed, have >> 3), this.#mostPages - have);
    for (const pages of generous > needed ? [generous, needed] : [needed]) {
      if (have + pages > this.#mostPages) break;
      try {
        this.memory.grow(pages);
        return;
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
    }
    throw new TetradError("OUT_OF_MEMORY", {
      op: "allocate",
      what: "the wasm memory cannot hold another region",
      got: `${size} bytes beside ${this.used} in use`,
      expected: `at most ${this.limit} in all`,
      hint: "use smaller batches or a smaller model, or close programs that are no longer needed",
    });
  }
}

/** Reserving the full 4 GiB of addresses may fail on small devices, so that less is asked for in turn. */
function create(initial: number): { memory: WebAssembly.Memory; maximum: number } {
  let cause: unknown;
  for (let maximum = MOST_PAGES; maximum >= Math.max(initial, 2048); maximum /= 2) {
    try {
      return { memory: new WebAssembly.Memory({ initial, maximum, shared: true }), maximum };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      cause = error;
    }
  }
  throw new TetradError(
    "OUT_OF_MEMORY",
    { op: "createEngine", what: "no wasm memory to be had", expected: `${initial * PAGE} bytes to begin with` },
    { cause },
  );
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
