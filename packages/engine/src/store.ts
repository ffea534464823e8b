/** Named parameters in one flat segment that outlives every program compiled against it. */

import type { Backend, Segment } from "./backends/backend.js";
import { byteSize, type FloatDType, type HostArray } from "./dtype.js";
import { closest, TetradError } from "./errors.js";
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
}

export type ParamSpecs = Readonly<Record<string, Shape | ParamSpec>>;

export interface ParamLayout {
  readonly name: string;
  readonly shape: Shape;
  readonly size: number;
  /** First element in the flat segment. */
  readonly offset: number;
  readonly state: boolean;
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

export class Store {
  readonly layout: readonly ParamLayout[];
  readonly segment: Segment;
  readonly #byName: Map<string, ParamLayout>;

  constructor(
    backend: Backend,
    specs: ParamSpecs,
    readonly dtype: FloatDType,
    seed: number,
  ) {
    // Matrices first, then vectors, then states: what decays, what does not, and what is not trained are one run each.
    const entries = Object.entries(specs).map(([name, spec]) => ({ name, state: false, ...normalizeSpec(spec) }));
    const rank = ({ state, shape }: { state: boolean; shape: Shape }) => (state ? 2 : shape.length >= 2 ? 0 : 1);
    const ordered = [...entries].sort((x, y) => rank(x) - rank(y));
    let offset = 0;
    this.layout = ordered.map(({ name, shape, state }) => {
      const size = sizeOf(shape);
      if (!shape.every((extent) => Number.isInteger(extent) && extent > 0)) {
        throw new TetradError("SHAPE", { op: "store", what: `parameter "${name}" needs positive extents`, got: formatShape(shape) });
      }
      const entry = { name, shape, size, offset, state };
      offset += Math.ceil(size / PARAM_ALIGNMENT) * PARAM_ALIGNMENT;
      return entry;
    });
    this.#byName = new Map(this.layout.map((entry) => [entry.name, entry]));
    this.segment = backend.allocate(dtype, offset);
    ordered.forEach(({ init, shape, state }, i) =>
      this.#initialise(
        this.layout[i] as ParamLayout,
        init ?? (state ? "zeros" : defaultInit(shape)),
        seed,
        entries.findIndex(({ name }) => name === ordered[i]?.name),
      ),
    );
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

  /** A copy of one parameter, row-major. */
  get(name: string): Float32Array | Float64Array {
    const { offset, size } = this.#entry(name);
    return this.#view().slice(offset, offset + size);
  }

  /** Overwrites one parameter; throws SHAPE when the length differs. */
  set(name: string, data: ArrayLike<number>): void {
    const { offset, size, shape } = this.#entry(name);
    if (data.length !== size) {
      throw new TetradError("SHAPE", {
        op: "store.set",
        what: `wrong number of values for "${name}"`,
        got: `${data.length}`,
        expected: `${size} for ${formatShape(shape)}`,
      });
    }
    this.segment.write(data, offset);
  }

  /** Bytes of the flat segment. */
  get bytes(): number {
    return this.segment.length * byteSize(this.dtype);
  }

  /** Brings what a device has computed to the host, so that `get` gives it; nothing to do on the CPU. */
  pull(): Promise<void> {
    return this.segment.pull();
  }

  release(): void {
    this.segment.release();
  }

  #view(): Float32Array | Float64Array {
    return this.segment.view() as Exclude<HostArray, Int32Array | Uint8Array>;
  }

  #entry(name: string): ParamLayout {
    const entry = this.#byName.get(name);
    if (entry === undefined) {
      const near = closest(name, this.#byName.keys());
      throw new TetradError("ARGUMENT", {
        op: "store",
        what: `no parameter "${name}"`,
        hint: near === undefined ? `it has ${this.names.join(", ")}` : `did you mean "${near}"?`,
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
