// What TensorFlow.js is asked to do, as its users write it.
import * as tf from "@tensorflow/tfjs";
import { firstLosses, local } from "../dist/measure/contender.js";

/** @param later the backend computes after a call has returned, so a call lasts until its result has been read */
export function tasks(later) {
  /** A function of tensors that stay, timed call by call. */
  const computed = (compute, tensors) => ({
    sample: local(() => {
      const y = compute();
      if (!later) return y.dispose();
      return y.data().then(() => y.dispose());
    }),
    async result() {
      const y = compute();
      const data = await y.data();
      y.dispose();
      return data;
    },
    close: () => tf.dispose(tensors),
  });

  function gemm({ m, n, k, dtype, a, b }) {
    if (dtype !== "f32") return undefined;
    const [left, right] = [tf.tensor2d(a, [m, k]), tf.tensor2d(b, [k, n])];
    return computed(() => tf.matMul(left, right), [left, right]);
  }

  function softmax({ shape, x }) {
    const input = tf.tensor(x, shape);
    return computed(() => tf.softmax(input), [input]);
  }

  function gelu({ shape, x }) {
    const input = tf.tensor(x, shape);
    return computed(() => tf.tidy(() => geluOf(input)), [input]);
  }

  function layerNorm({ shape, x, weight, bias, eps }) {
    const tensors = [tf.tensor(x, shape), tf.tensor1d(weight), tf.tensor1d(bias)];
    return computed(() => tf.tidy(() => normOf(...tensors, eps)), tensors);
  }

  /** Heads are put before tokens beforehand and back afterwards: neither is timed. */
  function attention({ shape: [rows, tokens, heads, dim], q, k, v }) {
    const [query, key, value] = [q, k, v].map((values) =>
      tf.tidy(() => tf.tensor4d(values, [rows, tokens, heads, dim]).transpose([0, 2, 1, 3])),
    );
    const mix = () => tf.tidy(() => attentionOf(query, key, value, dim));
    return {
      ...computed(mix, [query, key, value]),
      async result() {
        const y = tf.tidy(() => mix().transpose([0, 2, 1, 3]));
        const data = await y.data();
        y.dispose();
        return data;
      },
    };
  }

  return { gemm, softmax, gelu, layerNorm, attention, mlp, cnn, gpt };
}

const geluOf = (x) => x.mul(0.5).mul(x.mul(Math.SQRT1_2).erf().add(1));

function normOf(x, weight, bias, eps) {
  const { mean, variance } = tf.moments(x, -1, true);
  return x.sub(mean).mul(variance.add(eps).rsqrt()).mul(weight).add(bias);
}

/** (rows, heads, tokens, dim) */
function attentionOf(query, key, value, dim, mask) {
  const scores = tf.matMul(query, key, false, true).mul(1 / Math.sqrt(dim));
  return tf.matMul(tf.softmax(mask === undefined ? scores : scores.add(mask)), value);
}

function mlp({ sizes, activation, rows, weights, batches, lr, agreed }) {
  const layers = sizes
    .slice(1)
    .map((units, i) => tf.layers.dense({ units, inputShape: [sizes[i]], activation: i + 2 === sizes.length ? "linear" : activation }));
  const model = tf.sequential({ layers });
  layers.forEach((layer, i) => setDense(layer, weights, `layers.${i}`, [sizes[i + 1], sizes[i]]));
  model.compile({ optimizer: adam(lr), loss: "meanSquaredError" });
  const tensors = batches.map(({ x, y }) => ({ x: tf.tensor2d(x, [rows, sizes[0]]), y: tf.tensor2d(y, [rows, sizes.at(-1)]) }));
  return modelSteps(model, tensors, agreed);
}

function cnn({ rows, side, classes, weights, shapes, batches, lr, agreed }) {
  const conv = (filters, first) =>
    tf.layers.conv2d({ filters, kernelSize: 3, padding: "same", activation: "relu", ...(first && { inputShape: [side, side, 1] }) });
  const pool = () => tf.layers.maxPooling2d({ poolSize: 2, strides: 2 });
  const [conv1, conv2, fc1, fc2] = [
    conv(32, true),
    conv(64),
    tf.layers.dense({ units: 128, activation: "relu" }),
    tf.layers.dense({ units: classes }),
  ];
  const model = tf.sequential({ layers: [conv1, pool(), conv2, pool(), tf.layers.flatten(), fc1, fc2] });
  for (const [layer, name] of [
    [conv1, "conv1"],
    [conv2, "conv2"],
  ]) {
    const kernel = tf.tensor4d(weights[`${name}.weight`], shapes[`${name}.weight`]).transpose([2, 3, 1, 0]); // (out, in, h, w) to (h, w, in, out)
    layer.setWeights([kernel, tf.tensor1d(weights[`${name}.bias`])]);
  }
  // Its pictures are (h, w, channels), so the columns of the first dense layer come in another order.
  const quarter = side / 4;
  const [hidden] = shapes["fc1.weight"];
  const reordered = tf
    .tensor4d(weights["fc1.weight"], [hidden, 64, quarter, quarter])
    .transpose([2, 3, 1, 0])
    .reshape([quarter * quarter * 64, hidden]);
  fc1.setWeights([reordered, tf.tensor1d(weights["fc1.bias"])]);
  setDense(fc2, weights, "fc2", shapes["fc2.weight"]);
  model.compile({ optimizer: adam(lr), loss: (labels, logits) => tf.losses.softmaxCrossEntropy(labels, logits) });
  const tensors = batches.map(({ x, y }) => ({
    x: tf.tensor4d(x, [rows, side, side, 1]), // one channel: the order is the same
    y: tf.oneHot(tf.tensor1d(y, "int32"), classes).toFloat(),
  }));
  return modelSteps(model, tensors, agreed);
}

/** Pre-norm blocks, learned positions, the head tied to the embedding; variables and tf.train.adam, since its layers have no attention. */
function gpt({ config, rows, tokens, shapes, weights, batches, eps, optimizer: { lr }, agreed }) {
  const { layers, width, heads, vocabulary } = config;
  const dim = width / heads;
  const variables = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, tf.variable(tf.tensor(weights[name], shape))]));
  const at = (name) => [variables[`${name}.weight`], variables[`${name}.bias`]];
  const affine = (x, name) => tf.matMul(x, at(name)[0], false, true).add(at(name)[1]);
  const norm = (x, name) => normOf(x, ...at(name), eps);
  const split = (x) => x.reshape([rows, tokens, heads, dim]).transpose([0, 2, 1, 3]);
  const mask = tf.tensor2d(
    Float32Array.from({ length: tokens * tokens }, (_, i) => (i % tokens > Math.floor(i / tokens) ? -1e9 : 0)),
    [tokens, tokens],
  );
  const loss = ({ ids, targets }) => {
    const words = variables["transformer.wte.weight"];
    const places = variables["transformer.wpe.weight"].slice([0, 0], [tokens, width]);
    let h = tf.gather(words, ids).reshape([rows, tokens, width]).add(places).reshape([-1, width]);
    for (let i = 0; i < layers; i++) {
      const block = `transformer.h.${i}`;
      const [q, k, v] = tf.split(affine(norm(h, `${block}.ln_1`), `${block}.attn.c_attn`), 3, 1).map(split);
      const mixed = attentionOf(q, k, v, dim, mask).transpose([0, 2, 1, 3]).reshape([-1, width]);
      h = h.add(affine(mixed, `${block}.attn.c_proj`));
      h = h.add(affine(geluOf(affine(norm(h, `${block}.ln_2`), `${block}.mlp.c_fc`)), `${block}.mlp.c_proj`));
    }
    return tf.losses.softmaxCrossEntropy(targets, tf.matMul(norm(h, "transformer.ln_f"), words, false, true));
  };
  const tensors = batches.map(({ ids, targets }) => ({
    ids: tf.tensor1d(ids, "int32"),
    targets: tf.oneHot(tf.tensor1d(targets, "int32"), vocabulary).toFloat(),
  }));
  const optimizer = adam(lr);
  const step = async (batch) => {
    const value = optimizer.minimize(() => loss(batch), true);
    const [number] = await value.data();
    value.dispose();
    return number;
  };
  return steps(step, tensors, agreed, () => tf.dispose([variables, mask, tensors]));
}

function adam(lr) {
  return tf.train.adam(lr, 0.9, 0.999, 1e-8);
}

/** Its kernels are (in, out), PyTorch's (out, in). */
function setDense(layer, weights, name, shape) {
  layer.setWeights([tf.tensor2d(weights[`${name}.weight`], shape).transpose(), tf.tensor1d(weights[`${name}.bias`])]);
}

function modelSteps(model, tensors, agreed) {
  return steps(
    ({ x, y }) => model.trainOnBatch(x, y),
    tensors,
    agreed,
    () => {
      model.dispose();
      tf.dispose(tensors);
    },
  );
}

/** Result: the losses of the first steps. */
function steps(step, batches, agreed, close) {
  let taken = 0;
  const call = () => step(batches[taken++ % batches.length]);
  return {
    sample: local(call),
    result: () => firstLosses(call, agreed),
    close,
  };
}
