// Hidden words of texts of one kind are guessed better after training, with new masks each epoch; resumed runs hide what whole ones do.
import { createEngine } from "@tetrad/engine";
import { fillMasks, finetuneMlm, maskedPerplexity, openMlm } from "@tetrad/language";
import { expect, test } from "vitest";
import { scratch, tinyBert } from "../support/tiny-model.js";

const names = ["red", "green", "blue", "black", "white", "grey"];
const texts = names.flatMap((one) => names.map((other) => `the ${one} fox jumps over the ${other} dog .`));
const options = { numTrainEpochs: 60, perDeviceTrainBatchSize: 6, learningRate: 5e-3 };

test("perplexity falls, and a mask is filled with what belongs there", async () => {
  const base = await tinyBert(scratch());
  const engine = await createEngine({ backend: "wasm" });
  try {
    const model = await openMlm(engine, base, { freshHead: true });
    const [train, rest] = [texts.filter((_, i) => i % 5 !== 0), texts.filter((_, i) => i % 5 === 0)];
    const before = await maskedPerplexity(engine, model, rest);
    expect(before.perplexity).toBeGreaterThan(10_000);
    const run = await finetuneMlm(engine, model, train, { ...options, evaluation: rest, evalStrategy: "epoch" });
    const after = await maskedPerplexity(engine, model, rest);
    // Six colours are as likely as each other, at two places of nine; the rest is certain.
    expect(after.perplexity).toBeLessThan(10);
    expect(after.tokens).toBe(before.tokens);
    expect(run.log.filter((entry) => entry["eval_perplexity"] !== undefined).at(-1)?.["eval_perplexity"]).toBeCloseTo(after.perplexity, 6);
    const [[over, dog] = []] = await fillMasks(engine, model, ["the red fox jumps [MASK] the green [MASK] ."], { top: 2 });
    expect([over?.[0]?.token, dog?.[0]?.token]).toEqual(["over", "dog"]);
    await expect(fillMasks(engine, model, ["no mask"])).rejects.toThrow(/no mask to fill.*\[MASK\]/);
    await expect(finetuneMlm(engine, model, ["a", ""])).rejects.toThrow(/no token that could be hidden.*text 2/);
    await expect(finetuneMlm(engine, model, ["a"], { mlmProbability: 0 })).rejects.toThrow(/mlmProbability/);
  } finally {
    await engine.close();
  }
});

test.each([1, 2])("a resumed run ends with the same losses, %i batches a step", async (gradientAccumulationSteps) => {
  const base = await tinyBert(scratch());
  const engine = await createEngine({ backend: "wasm" });
  try {
    const few = { ...options, numTrainEpochs: 2, gradientAccumulationSteps };
    const run = async (more: object) =>
      finetuneMlm(engine, await openMlm(engine, base, { freshHead: true }), texts.slice(0, 30), { ...few, ...more });
    const whole = await run({});
    const states: object[] = [];
    await run({ saveStrategy: "steps", saveSteps: whole.steps - 2, onSave: async (state: object) => void states.push(state) });
    const resumed = await run({ resume: states[0] });
    expect(resumed.losses).toEqual(whole.losses);
    // Masks change between epochs: no loss of the second is that of the first.
    expect(new Set(whole.losses).size).toBe(whole.losses.length);
  } finally {
    await engine.close();
  }
});
