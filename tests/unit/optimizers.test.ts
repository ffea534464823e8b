// What trajectories do not show of optimisers: which parameter takes which update, what is kept for it, and misuse.
import { adafactor, adamw, createEngine, lamb, lion, muon, nadam, type Optimizer, sgd, sum } from "@tetrad/engine";
import { describe, expect, test } from "vitest";
import { optimizers } from "../support/optimizers.js";

/** Elements kept for a parameter. */
function kept(optimizer: Optimizer, shape: readonly number[], name = "layer.weight"): number {
  const update = optimizer.updateOf(name, shape);
  const size = shape.reduce((product, extent) => product * extent, 1);
  const sizes = update.kind === "flat" ? update.moments.map(() => size) : update.moments(shape);
  return sizes.reduce((total, elements) => total + elements, 0);
}

describe("state", () => {
  test("Adafactor keeps rows and columns of matrices, and vectors whole", () => {
    expect(kept(adafactor(), [300, 20])).toBe(320);
    expect(kept(adafactor(), [5, 300, 20])).toBe(5 * 320);
    expect(kept(adafactor(), [300])).toBe(300);
    expect(kept(adafactor({ form: "paper", beta1: 0.9 }), [300, 20])).toBe(320 + 6000);
  });

  test("Muon keeps one moment of a matrix, Lion one of everything, and the others two", () => {
    expect(kept(muon(), [30, 20])).toBe(600);
    expect(kept(muon(), [30])).toBe(60);
    expect(kept(lion(), [30, 20])).toBe(600);
    for (const optimizer of [adamw(), nadam(), lamb()]) expect(kept(optimizer, [30, 20])).toBe(1200);
    expect(kept(sgd(), [30, 20])).toBe(0);
  });
});

describe("muon", () => {
  test.each([
    ["layers.0.weight", [8, 4], "tensor"],
    ["layers.0.bias", [8], "flat"],
    ["conv.weight", [8, 4, 3, 3], "flat"],
    ["bert.embeddings.word_embeddings.weight", [100, 8], "flat"],
    ["model.embed_tokens.weight", [100, 8], "flat"],
    ["wte.weight", [100, 8], "flat"],
    ["lm_head.weight", [100, 8], "flat"],
    ["classifier.weight", [2, 8], "flat"],
    ["h.0.attn.c_attn.weight", [8, 24], "tensor"],
  ] as const)("%s %j is updated by %s", (name, shape, kind) => {
    expect(muon().updateOf(name, shape).kind).toBe(kind);
  });

  test("the rate of AdamW's side is a factor on Muon's, and multiplies with the parameter's own", () => {
    const optimizer = muon({ lr: 0.02, adamw: { lrScale: 0.01 }, lrScale: (name) => (name.startsWith("layers.0") ? 0.5 : 1) });
    const scales = ["layers.0.weight", "layers.1.weight"].map((name) => [optimizer.lrScale(name, [4, 4]), optimizer.lrScale(name, [4])]);
    expect(scales).toEqual([
      [0.5, 0.005],
      [1, 0.01],
    ]);
  });

  test("a choice that is no matrix is refused, by name", async () => {
    const engine = await createEngine({ backend: "reference" });
    const store = engine.store({ kernel: [2, 3, 3] });
    const compiling = engine.compile(store, {}, ({ kernel }) => sum(kernel as NonNullable<typeof kernel>), {
      optimizer: muon({ hidden: () => true }),
    });
    await expect(compiling).rejects.toThrow(/hidden chooses "kernel", which is no matrix/);
    await engine.close();
  });
});

describe("misuse", () => {
  test.each([
    ["momentum of torch's Adafactor", () => adafactor({ beta1: 0.9 }), /paper's form/],
    ["a fixed rate with a warm-up of Adafactor's own", () => adafactor({ form: "paper", warmupInit: true, lr: 1 }), /leave lr out/],
    ["a beta of 1", () => lion({ beta1: 1 }), /lion: beta1 is no share — got 1/],
    ["a negative beta", () => lamb({ beta2: -0.1 }), /lamb: beta2 is no share/],
    ["a momentum that is not a number", () => muon({ momentum: Number.NaN }), /muon: momentum is no share/],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(message);
  });
});

test.each(Object.entries(optimizers))("%s: the options that all have arrive", (_, make) => {
  const schedule = (step: number) => step;
  const optimizer = make({ lr: schedule, weightDecay: 0.25, clipNorm: 3, decays: (name) => name === "a", lrScale: () => 7 });
  expect(optimizer).toMatchObject({ lr: schedule, weightDecay: 0.25, clipNorm: 3 });
  expect([optimizer.decays("a", [1]), optimizer.decays("b", [2, 2]), optimizer.lrScale("a", [1])]).toEqual([true, false, 7]);
});
