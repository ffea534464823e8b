// What both builds of ONNX Runtime are asked: forward passes only, for its npm packages do not train.
import { local } from "../dist/measure/contender.js";
import { FLOAT, graph, model, node, value } from "./onnx.mjs";
import { bertModel } from "./onnx-bert.mjs";

/** @param ort either package @param create makes a session of a model's bytes */
export function inferenceTasks(ort, create) {
  return {
    async gemm({ m, n, k, dtype, a, b }) {
      if (dtype !== "f32") return undefined;
      const product = graph({
        nodes: [node("MatMul", ["a", "b"], "c")],
        inputs: [value("a", FLOAT, [m, k]), value("b", FLOAT, [k, n])],
        outputs: [value("c", FLOAT, [m, n])],
      });
      const session = await create(model(product));
      return task(session, { a: new ort.Tensor("float32", a, [m, k]), b: new ort.Tensor("float32", b, [k, n]) }, "c");
    },
    /** Result: the last hidden states. */
    async bertForward(problem) {
      const session = await create(bertModel(problem));
      const { rows, tokens, batches } = problem;
      return task(session, { ids: new ort.Tensor("int64", BigInt64Array.from(batches[0].ids, BigInt), [rows, tokens]) }, "hidden");
    },
  };
}

function task(session, feeds, output) {
  return {
    sample: local(() => session.run(feeds)),
    result: async () => (await session.run(feeds))[output].data,
    close: () => session.release(),
  };
}
