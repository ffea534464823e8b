// What jax-js is asked to do, as its users write it: everything jitted. An array belongs to whom it is given, hence the many `.ref`.
import { jit, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import { firstLosses, local } from "../dist/measure/contender.js";

const array = (data, shape) => np.array(data, { shape });

/** A jitted function of arrays that stay; `read` also fetches each result, as the others do whose backend computes later. */
function computed(f, arrays, read) {
  const jitted = jit(f);
  const call = () => jitted(...arrays.map((a) => a.ref));
  return {
    sample: local(async () => {
      const y = call();
      if (read) return void (await y.data());
      await y.blockUntilReady();
      y.dispose();
    }),
    result: () => call().data(),
    close: () => tree.dispose(arrays),
  };
}

export function gemm({ m, n, k, dtype, a, b }, { read = false } = {}) {
  if (dtype !== "f32") return undefined;
  return computed((x, y) => np.matmul(x, y), [array(a, [m, k]), array(b, [k, n])], read);
}

export function softmax({ shape, x }) {
  return computed((input) => nn.softmax(input, -1), [array(x, shape)], true);
}

export function gelu({ shape, x }) {
  return computed((input) => geluOf(input), [array(x, shape)], true);
}

export function layerNorm({ shape, x, weight, bias, eps }) {
  const arrays = [array(x, shape), array(weight, [weight.length]), array(bias, [bias.length])];
  return computed((input, w, b) => normOf(input, w, b, eps), arrays, true);
}

/** (rows, tokens, heads, dim) */
export function attention({ shape, q, k, v }) {
  return computed(
    (query, key, value) => nn.dotProductAttention(query, key, value),
    [q, k, v].map((values) => array(values, shape)),
    true,
  );
}

const geluOf = (x) => nn.gelu(x, { approximate: false });
const normOf = (x, weight, bias, epsilon) => nn.standardize(x, -1, { epsilon }).mul(weight).add(bias);
const affine = (x, weight, bias) => np.matmul(x, np.transpose(weight)).add(bias);

export function mlp({ sizes, activation, rows, weights, batches, lr, agreed }) {
  const params = Object.fromEntries(
    Object.entries(weights).map(([name, values]) => {
      const layer = Number(name.split(".")[1]);
      return [name, array(values, name.endsWith("weight") ? [sizes[layer + 1], sizes[layer]] : [sizes[layer + 1]])];
    }),
  );
  const last = sizes.length - 2;
  const loss = (p, x, y) => {
    let h = x;
    for (let i = 0; i <= last; i++) {
      h = affine(h, p[`layers.${i}.weight`], p[`layers.${i}.bias`]);
      if (i < last) h = activation === "relu" ? nn.relu(h) : np.tanh(h);
    }
    return np.mean(np.square(h.sub(y)));
  };
  const arrays = batches.map(({ x, y }) => [array(x, [rows, sizes[0]]), array(y, [rows, sizes.at(-1)])]);
  return steps(loss, params, arrays, lr, agreed);
}

/** Pre-norm blocks, learned positions, the head tied to the embedding. */
export function gpt({ config, rows, tokens, shapes, weights, batches, eps, optimizer: { lr }, agreed }) {
  const { layers, width, heads, vocabulary } = config;
  const params = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, array(weights[name], shape)]));
  const loss = (p, ids, targets) => {
    const linear = (x, name) => affine(x, p[`${name}.weight`], p[`${name}.bias`]);
    const norm = (x, name) => normOf(x, p[`${name}.weight`], p[`${name}.bias`], eps);
    const words = p["transformer.wte.weight"];
    // Rows of a table are picked by a product, whose gradient is a product again.
    const picked = np.matmul(nn.oneHot(ids, vocabulary), words.ref).reshape([rows, tokens, width]);
    let h = picked.add(p["transformer.wpe.weight"].slice([0, tokens])).reshape([-1, width]);
    for (let i = 0; i < layers; i++) {
      const block = `transformer.h.${i}`;
      const fused = linear(norm(h.ref, `${block}.ln_1`), `${block}.attn.c_attn`);
      const [q, k, v] = np.split(fused, 3, 1).map((part) => part.reshape([rows, tokens, heads, width / heads]));
      const mixed = nn.dotProductAttention(q, k, v, { isCausal: true }).reshape([-1, width]);
      h = h.add(linear(mixed, `${block}.attn.c_proj`));
      h = h.ref.add(linear(geluOf(linear(norm(h, `${block}.ln_2`), `${block}.mlp.c_fc`)), `${block}.mlp.c_proj`));
    }
    const logits = np.matmul(norm(h, "transformer.ln_f"), np.transpose(words));
    return np.mean(np.sum(nn.logSoftmax(logits, -1).mul(nn.oneHot(targets, vocabulary)), 1)).neg();
  };
  const arrays = batches.map(({ ids, targets }) => [ids, targets].map((values) => np.array(values, { dtype: np.int32 })));
  return steps(loss, params, arrays, lr, agreed);
}

/** Steps of Adam, one jitted function each; result: the losses of the first ones. */
function steps(loss, params, batches, lr, agreed) {
  const [beta1, beta2, eps] = [0.9, 0.999, 1e-8];
  const zeros = (all) => tree.map((p) => np.zeros(p.shape), all);
  const jitted = jit((p, m, v, rate, scale, ...batch) => {
    const [value, g] = valueAndGrad(loss)(tree.ref(p), ...batch);
    const m1 = tree.map((mean, grad) => mean.mul(beta1).add(grad.ref.mul(1 - beta1)), m, g);
    const v1 = tree.map((square, grad) => square.mul(beta2).add(np.square(grad).mul(1 - beta2)), v, g);
    const p1 = tree.map(
      (param, mean, square) => param.sub(mean.ref.mul(rate.ref).div(np.sqrt(square.ref).mul(scale.ref).add(eps))),
      p,
      m1,
      v1,
    );
    rate.dispose();
    scale.dispose();
    return [value, p1, m1, v1];
  });
  let [p, m, v] = [params, zeros(params), zeros(params)];
  let taken = 0;
  const call = async () => {
    const batch = batches[taken++ % batches.length].map((one) => one.ref);
    // Adam's corrections of the first steps, as numbers that change from step to step
    const [rate, scale] = [lr / (1 - beta1 ** taken), 1 / Math.sqrt(1 - beta2 ** taken)].map((x) => np.array([x]));
    let value;
    [value, p, m, v] = jitted(p, m, v, rate, scale, ...batch);
    const [number] = await value.data();
    return number;
  };
  return {
    sample: local(call),
    result: () => firstLosses(call, agreed),
    close: () => tree.dispose([p, m, v, batches]),
  };
}
