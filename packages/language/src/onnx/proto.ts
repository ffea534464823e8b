/** ONNX's messages, as far as encoders need them; the numbers are those of onnx/onnx.proto. */

import { protobuf } from "@tetrad/engine";

const { bytes, float, int, joined, message } = protobuf;
type Fields = protobuf.Fields;

/** LayerNormalization's first. */
const OPSET = 17;
/** The format of ONNX 1.12, which brought that opset. */
const IR_VERSION = 8;

export type ElementType = "float32" | "int64";

/** TensorProto.DataType */
export const ELEMENT_TYPES: Readonly<Record<ElementType, number>> = { float32: 1, int64: 7 };

/** A number, or the name of an extent that each call decides. */
export type Axis = number | string;

export type Attributes = Readonly<Record<string, number | readonly number[]>>;

/** Those attributes whose numbers are floats: nothing else in a graph says so. */
const FLOATS: readonly string[] = ["epsilon"];

export function tensorProto(name: string, shape: readonly number[], data: Float32Array | BigInt64Array): Fields {
  const type = data instanceof Float32Array ? ELEMENT_TYPES.float32 : ELEMENT_TYPES.int64;
  return [
    ...shape.flatMap((extent) => int(1, extent)),
    ...int(2, type),
    ...bytes(8, name),
    ...bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ];
}

export function nodeProto(op: string, inputs: readonly string[], output: string, attributes: Attributes): Fields {
  return [
    ...inputs.flatMap((input) => bytes(1, input)),
    ...bytes(2, output),
    ...bytes(3, output),
    ...bytes(4, op),
    ...Object.entries(attributes).flatMap(([name, value]) => message(5, bytes(1, name), attributeValue(name, value))),
  ];
}

/** The value and its AttributeProto.AttributeType. */
function attributeValue(name: string, value: Attributes[string]): Fields {
  if (typeof value !== "number") return [...value.flatMap((one) => int(8, one)), ...int(20, 7)];
  return FLOATS.includes(name) ? [...float(2, value), ...int(20, 1)] : [...int(3, value), ...int(20, 2)];
}

export function valueInfoProto(name: string, type: ElementType, axes: readonly Axis[]): Fields {
  const shape = axes.flatMap((axis) => message(1, typeof axis === "number" ? int(1, axis) : bytes(2, axis)));
  return [...bytes(1, name), ...message(2, message(1, int(1, ELEMENT_TYPES[type]), message(2, shape)))];
}

export interface GraphParts {
  readonly nodes: readonly Fields[];
  readonly initializers: readonly Fields[];
  readonly inputs: readonly Fields[];
  readonly outputs: readonly Fields[];
}

export function modelBytes(name: string, { nodes, initializers, inputs, outputs }: GraphParts): Uint8Array<ArrayBuffer> {
  const all = (field: number, list: readonly Fields[]) => list.flatMap((one) => message(field, one));
  const graph = message(7, all(1, nodes), bytes(2, name), all(5, initializers), all(11, inputs), all(12, outputs));
  return joined([...int(1, IR_VERSION), ...bytes(2, "tetrad"), ...graph, ...message(8, bytes(1, ""), int(2, OPSET))]);
}
