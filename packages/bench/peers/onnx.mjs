// Writes ONNX models by hand: its protobuf (onnx.proto, IR version 8) needs five messages, and no exporter. Operator set 17 has LayerNormalization.

export const FLOAT = 1;
export const INT64 = 7;

const utf8 = new TextEncoder();

/** ModelProto: ir_version 1, graph 7, opset_import 8. */
export function model(graphBytes) {
  return message(integer(1, 8), bytes(7, graphBytes), bytes(8, message(integer(2, 17))));
}

/** GraphProto: node 1, name 2, initializer 5, input 11, output 12. */
export function graph({ nodes, initializers = [], inputs, outputs }) {
  return message(
    ...nodes.map((one) => bytes(1, one)),
    text(2, "g"),
    ...initializers.map((one) => bytes(5, one)),
    ...inputs.map((one) => bytes(11, one)),
    ...outputs.map((one) => bytes(12, one)),
  );
}

/** NodeProto with one output: input 1, output 2, op_type 4, attribute 5. */
export function node(type, inputs, output, attributes = []) {
  return message(...inputs.map((name) => text(1, name)), text(2, output), text(4, type), ...attributes.map((one) => bytes(5, one)));
}

/** AttributeProto: name 1, type 20 (FLOAT 1, INT 2, INTS 7) with f 2, i 3, ints 8. */
export const attribute = {
  float: (name, x) => message(text(1, name), float(2, x), integer(20, 1)),
  int: (name, x) => message(text(1, name), integer(3, x), integer(20, 2)),
  ints: (name, list) => message(text(1, name), ...list.map((x) => integer(8, x)), integer(20, 7)),
};

/** TensorProto of f32: dims 1, data_type 2, name 8, raw_data 9. */
export function floats(name, shape, data) {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return message(...shape.map((extent) => integer(1, extent)), integer(2, FLOAT), text(8, name), bytes(9, raw));
}

/** TensorProto of a list of int64. */
export function int64s(name, list) {
  const raw = new Uint8Array(BigInt64Array.from(list, BigInt).buffer);
  return message(integer(1, list.length), integer(2, INT64), text(8, name), bytes(9, raw));
}

/** ValueInfoProto: name 1, type 2 → tensor_type 1 → elem_type 1, shape 2 → dim 1 → dim_value 1. */
export function value(name, type, shape) {
  const dims = message(...shape.map((extent) => bytes(1, message(integer(1, extent)))));
  return message(text(1, name), bytes(2, message(bytes(1, message(integer(1, type), bytes(2, dims))))));
}

function message(...fields) {
  const parts = fields.flat();
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Fields are lists of byte arrays, so that weights are copied only when the model is put together. */
function integer(field, x) {
  return [varint(field << 3), varint(x)];
}

function float(field, x) {
  return [varint((field << 3) | 5), new Uint8Array(Float32Array.of(x).buffer)];
}

function bytes(field, content) {
  return [varint((field << 3) | 2), varint(content.length), content];
}

function text(field, string) {
  return bytes(field, utf8.encode(string));
}

function varint(x) {
  const out = [];
  for (let rest = x; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...out, rest]);
    out.push((rest % 128) | 128);
  }
}
