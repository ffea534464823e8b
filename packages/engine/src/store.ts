/** Named parameters in one flat segment that outlives every program compiled against it. */

import type { Backend, Segment } from "./backends/backend.js";
import { byteSize, type FloatDType, type HostArray } from "./dtype.js";
import { didYouMean, TetradError } from "./errors.js";
import { type Storage, type Stored, storedShape, widenStored } from "./quant/stored.js";
import { fillNormal, fillUniform } from "./random.js";
import { formatShape, type Shape, sizeOf } from "./shape.js";

/** How a parameter starts: a constant, or random numbers that depend on the store's seed and the parameter's place only. */
export type Init =
  | "zeros"
  | "ones"
  | { readonly constant: number }
  | { readonly uniform: number }
  /** Standard deviation; the row `zeroRow` of axis 0 is zero instead (padding of an embedding). */
  | { readonly normal: number; readonly zeroRow?: number };

export interface ParamSpec {
  readonly shape: Shape;
  readonly init?: Init;
  /** Not trained: it changes by `assign` only (counters, running statistics, caches). */
  readonly state?: boolean;
  /** A matrix (out, in) that stays as it is stored: it stands still, and programs read its bytes by `linear`, `embedding` and the ops of storage formats. */
  readonly storage?: Storage;
}

export type ParamSpecs = Readonly<Record<string, Shape | ParamSpec>>;

export interface ParamLayout {
  readonly name: string;
  readonly shape: Shape;
  readonly size: number;
  /** First element in the flat segment, or first byte in that of stored matrices. */
  readonly offset: number;
  readonly state: boolean;
  readonly stored: Stored | undefined;
}

/** Elements that each parameter's offset is a multiple of: vector kernels need no tail from 16 on, and WebGPU binds parts of a buffer from 256 bytes on. */
const PARAM_ALIGNMENT = 64;

/** A specification in its long form. */
export function normalizeSpec(spec: Shape | ParamSpec): ParamSpec {
  return "shape" in spec ? spec : { shape: spec };
}

/** PyTorch's default for linear layers: uniform within 1/√fan-in, biases and other vectors zero. */
function defaultInit(shape: Shape): Init {
  return shape.length >= 2 ? { uniform: 1 / Math.sqrt(sizeOf(shape.slice(1))) } : "zeros";
}

/** @throws TetradError SHAPE unless it is a matrix whose rows the format can hold */
function storedAs(name: string, storage: Storage, shape: Shape, dtype: FloatDType): Stored {
  const [out, columns] = shape;
  if (shape.length === 2) return { ...storage, shape: [out as number, columns as number], dtype };
  throw new TetradError("SHAPE", { op: "store", what: `only matrices stay as they are stored, not "${name}"`, got: formatShape(shape) });
}

export class Store {
  readonly layout: readonly ParamLayout[];
  readonly segment: Segment;
  /** Bytes of the matrices that stay as they are stored */
  readonly #blocks: Segment | undefined;
  readonly #byName: Map<string, ParamLayout>;
  #released = false;
  /** Whether a program was compiled that trains it */
  trained = false;
  /** Whether parameters stand still; states need not. */
  frozen = false;

  constructor(
    readonly backend: Backend,
    specs: ParamSpecs,
    readonly dtype: FloatDType,
    seed: number,
  ) {
    // Matrices first, then vectors, then states: what decays, what does not, and what is not trained are one run each. Stored matrices have a segment of their own.
    const entries = Object.entries(specs).map(([name, spec]) => ({ name, state: false, storage: undefined, ...normalizeSpec(spec) }));
    const rank = ({ state, shape, storage }: (typeof entries)[number]) =>
      storage !== undefined ? 3 : state ? 2 : shape.length >= 2 ? 0 : 1;
    const ordered = [...entries].sort((x, y) => rank(x) - rank(y));
    const ends = { numbers: 0, blocks: 0 };
    this.layout = ordered.map(({ name, shape, state, storage }) => {
      const size = sizeOf(shape);
      if (!shape.every((extent) => Number.isInteger(extent) && extent > 0)) {
        throw new TetradError("SHAPE", { op: "store", what: `parameter "${name}" needs positive extents`, got: formatShape(shape) });
      }
      const stored = storage && storedAs(name, storage, shape, dtype);
      const segment = stored === undefined ? "numbers" : "blocks";
      const offset = ends[segment];
      const length = stored === undefined ? size : sizeOf(storedShape(stored, stored.shape));
      ends[segment] += Math.ceil(length / PARAM_ALIGNMENT) * PARAM_ALIGNMENT;
      return { name, shape, size, offset, state: state || stored !== undefined, stored };
    });
    this.#byName = new Map(this.layout.map((entry) => [entry.name, entry]));
    this.segment = backend.allocate(dtype, ends.numbers);
    this.#blocks = ends.blocks === 0 ? undefined : backend.allocate("u8", ends.blocks);
    ordered.forEach(({ init, shape, state, storage }, i) => {
      if (storage !== undefined) return;
      this.#initialise(
        this.layout[i] as ParamLayout,
        init ?? (state ? "zeros" : defaultInit(shape)),
        seed,
        entries.findIndex(({ name }) => name === ordered[i]?.name),
      );
    });
  }

  /** Parameter names in storage order. */
  get names(): string[] {
    return this.layout.map(({ name }) => name);
  }

  /** Number of trained parameters, padding left out. */
  get size(): number {
    return this.layout.reduce((total, { size, state }) => total + (state ? 0 : size), 0);
  }

  shape(name: string): Shape {
    return this.#entry(name).shape;
  }

  /** A copy of one parameter, row-major; a stored matrix is widened. */
  get(name: string): Float32Array | Float64Array {
    const { offset, size, stored } = this.#entry(name);
    if (stored === undefined) return this.#view().slice(offset, offset + size);
    const bytes = (this.#blocks as Segment).view().subarray(offset, offset + sizeOf(storedShape(stored, stored.shape)));
    return widenStored(stored, bytes as Uint8Array);
  }

  /** Overwrites one parameter, a stored matrix by its bytes; throws SHAPE when the length differs. */
  set(name: string, data: ArrayLike<number>): void {
    const entry = this.#entry(name);
    const { offset, stored } = entry;
    if (this.frozen && !entry.state) throw new TetradError("ARGUMENT", { op: "store.set", what: "the store is frozen" });
    const shape = stored === undefined ? entry.shape : storedShape(stored, stored.shape);
    const size = sizeOf(shape);
    if (data.length !== size) {
      throw new TetradError("SHAPE", {
        op: "store.set",
        what: `wrong number of values for "${name}"`,
        got: `${data.length}`,
        expected: `${size} for ${formatShape(shape)}`,
      });
    }
    this.segmentOf(entry).write(data, offset);
  }

  /**
   * Parameters stand still from now on, states apart: programs that are compiled after this keep weights in the order in which they read them, besides, which makes
   * few rows up to 1.3 times as fast.
   * @throws TetradError ARGUMENT where a program trains them
   */
  freeze(): void {
    if (this.trained) throw new TetradError("ARGUMENT", { op: "freeze", what: "a program trains this store" });
    this.frozen = true;
  }

  /** Where a parameter lies. */
  segmentOf({ stored }: ParamLayout): Segment {
    return stored === undefined ? this.segment : (this.#blocks as Segment);
  }

  /** Bytes of all parameters. */
  get bytes(): number {
    return this.segment.length * byteSize(this.dtype) + (this.#blocks?.length ?? 0);
  }

  /** Brings what a device has computed to the host, so that `get` gives it; nothing to do on the CPU. */
  pull(): Promise<void> {
    return this.segment.pull();
  }

  release(): void {
    this.#released = true;
    this.segment.release();
    this.#blocks?.release();
  }

  #view(): Float32Array | Float64Array {
    return this.segment.view() as Exclude<HostArray, Int32Array | Uint8Array>;
  }

  #entry(name: string): ParamLayout {
    if (this.#released) throw new TetradError("ARGUMENT", { op: "store", what: "it was released" });
    const entry = this.#byName.get(name);
    if (entry === undefined) {
      throw new TetradError("ARGUMENT", {
        op: "store",
        what: `no parameter "${name}"`,
        hint: didYouMean(name, this.#byName.keys()) ?? `it has ${this.names.join(", ")}`,
      });
    }
    return entry;
  }

  #initialise({ offset, size, shape }: ParamLayout, init: Init, seed: number, stream: number): void {
    const part = this.dtype === "f32" ? new Float32Array(size) : new Float64Array(size);
    if (init === "zeros") part.fill(0);
    else if (init === "ones") part.fill(1);
    else if ("constant" in init) part.fill(init.constant);
    else if ("uniform" in init) fillUniform(part, { seed, stream, lo: -init.uniform, hi: init.uniform });
    else {
      fillNormal(part, { seed, stream, sd: init.normal });
      const row = size / (shape[0] ?? 1);
      if (init.zeroRow !== undefined) part.fill(0, init.zeroRow * row, (init.zeroRow + 1) * row);
    }
    this.segment.write(part, offset);
  }
}
