/** A graph under construction: nodes in the order of their computation, each weight, constant and node once. */

import type { protobuf } from "@tetrad/engine";
import {
  type Attributes,
  type Axis,
  ELEMENT_TYPES,
  type ElementType,
  modelBytes,
  nodeProto,
  tensorProto,
  valueInfoProto,
} from "./proto.js";

export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The name of a value that a node, a weight or an input brings. */
export type Value = string;

type Piece = protobuf.Fields;

export class GraphBuilder {
  readonly #nodes = new Map<Value, Piece>();
  /** What a node computes → its output */
  readonly #known = new Map<string, Value>();
  readonly #initializers = new Map<Value, Piece>();
  readonly #inputs = new Map<string, Piece>();
  readonly #outputs = new Map<string, Piece>();

  /** @param read a weight by its name, which it keeps */
  constructor(readonly read: (name: string) => Weight) {}

  input(name: string, type: ElementType, axes: readonly Axis[]): Value {
    this.#inputs.set(name, valueInfoProto(name, type, axes));
    return name;
  }

  /** Gives a value of float32 the name of an output. */
  output(name: string, value: Value, axes: readonly Axis[]): void {
    this.#nodes.set(name, nodeProto("Identity", [value], name, {}));
    this.#outputs.set(name, valueInfoProto(name, "float32", axes));
  }

  /** A node of one output; what is there already is not computed again. */
  node(op: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    const key = JSON.stringify([op, inputs, attributes]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const output = `${op}_${this.#nodes.size}`;
    this.#nodes.set(output, nodeProto(op, inputs, output, attributes));
    this.#known.set(key, output);
    return output;
  }

  weight(name: string): Value {
    return this.#initializer(name, () => {
      const { shape, data } = this.read(name);
      return tensorProto(name, shape, data);
    });
  }

  scalar(value: number): Value {
    return this.#initializer(`float_${value}`, (name) => tensorProto(name, [], Float32Array.of(value)));
  }

  /** One int64, which as an index takes its axis away. */
  index(value: number): Value {
    return this.#initializer(`int_${value}`, (name) => tensorProto(name, [], BigInt64Array.of(BigInt(value))));
  }

  /** A list of int64: a shape, or axes. */
  list(values: readonly number[]): Value {
    const data = BigInt64Array.from(values, BigInt);
    return this.#initializer(`ints_${values.join("_")}`, (name) => tensorProto(name, [data.length], data));
  }

  cast(value: Value, type: ElementType): Value {
    return this.node("Cast", [value], { to: ELEMENT_TYPES[type] });
  }

  /** Rows x (n, in) as x Wᵀ + b (n, out). */
  linear(layer: string, x: Value): Value {
    return this.node("Gemm", [x, this.weight(`${layer}.weight`), this.weight(`${layer}.bias`)], { transB: 1 });
  }

  bytes(name: string): Uint8Array<ArrayBuffer> {
    return modelBytes(name, {
      nodes: [...this.#nodes.values()],
      initializers: [...this.#initializers.values()],
      inputs: [...this.#inputs.values()],
      outputs: [...this.#outputs.values()],
    });
  }

  get inputs(): readonly string[] {
    return [...this.#inputs.keys()];
  }

  get outputs(): readonly string[] {
    return [...this.#outputs.keys()];
  }

  #initializer(name: Value, make: (name: Value) => Piece): Value {
    if (!this.#initializers.has(name)) this.#initializers.set(name, make(name));
    return name;
  }
}
