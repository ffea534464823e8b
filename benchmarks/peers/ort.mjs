// ONNX Runtime web: a model of one MatMul, written by hand in ONNX's protobuf because no exporter is needed for that.
import * as ort from "onnxruntime-web/wasm";
import { local } from "../lib/measure.mjs";

export async function open() {
  ort.env.wasm.numThreads = 1; // the number belongs to the process
  return { name: "ort web", describe: `ONNX Runtime web ${ort.env.versions.web}, wasm, 1 thread`, tasks: { gemm } };
}

async function gemm({ m, n, k, dtype, a, b }) {
  if (dtype !== "f32") return undefined;
  const session = await ort.InferenceSession.create(matmulModel(m, n, k), { executionProviders: ["wasm"] });
  const feeds = { a: new ort.Tensor("float32", a, [m, k]), b: new ort.Tensor("float32", b, [k, n]) };
  return { sample: local(() => session.run(feeds)), result: async () => (await session.run(feeds)).c.data, close: () => session.release() };
}

/** ModelProto with the graph c = MatMul(a, b); field numbers of onnx.proto, IR version 8, operator set 13. */
function matmulModel(m, n, k) {
  const node = message(text(1, "a"), text(1, "b"), text(2, "c"), text(4, "MatMul"));
  const values = [bytes(11, tensor("a", [m, k])), bytes(11, tensor("b", [k, n])), bytes(12, tensor("c", [m, n]))];
  const graph = message(bytes(1, node), text(2, "g"), ...values);
  return Uint8Array.from(message(integer(1, 8), bytes(7, graph), bytes(8, message(integer(2, 13)))));
}

/** ValueInfoProto of an f32 tensor. */
function tensor(name, shape) {
  const dims = message(...shape.map((extent) => bytes(1, message(integer(1, extent)))));
  return message(text(1, name), bytes(2, message(bytes(1, message(integer(1, 1), bytes(2, dims))))));
}

const message = (...fields) => fields.flat();
const integer = (field, value) => [...varint(field << 3), ...varint(value)];
const bytes = (field, content) => [...varint((field << 3) | 2), ...varint(content.length), ...content];
const text = (field, value) => bytes(field, [...new TextEncoder().encode(value)]);

function varint(value) {
  const out = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...out, rest];
    out.push((rest % 128) | 128);
  }
}
