// LoRA, DoRA, IA³, prompts and prefixes against Python's peft, and bottleneck adapters against its `adapters`: their folders open here, and give their logits,
// losses and gradients; peft's also its merged weights and ten steps.
import { mergedStore, mergedWeights, trainedShare } from "@tetrad/language";
import { describe, expect, test } from "vitest";
import { openEngine } from "../support/engines.js";
import { largestError } from "../support/error.js";
import { machines } from "../support/language-golden.js";
import { checkOutputs, checkTraining, limitsOf, openGolden } from "../support/peft-golden.js";

const FOLDERS = ["bert-lora", "bert-dora", "bert-ia3", "llama-lora", "llama-dora", "llama-ia3"];
/** A software adapter for WebGPU takes 7 to 40 seconds a folder: each method and each model once. */
const ON_WEBGPU = ["bert-dora", "llama-lora", "llama-ia3"];

describe.each(machines)("$name", ({ options, dtype }) => {
  test.each(options.backend === "webgpu" ? ON_WEBGPU : FOLDERS)("%s", async (name) => {
    const engine = await openEngine(options);
    try {
      const golden = await openGolden(engine, name, dtype);
      const { adapted, store, plain, batch, run, specs, expected, logitsOf } = golden;
      expect(trainedShare(store)).toMatch(/^[\d,]+ of [\d,]+ parameters are trained/);
      await checkOutputs(engine, golden, dtype);

      const merged = mergedWeights(store, adapted.method);
      const changed = [...expected.keys()].filter((key) => key.startsWith("merged."));
      expect(changed.length).toBeGreaterThan(0);
      for (const key of changed) {
        const { data } = expected.get(key) as { data: Float64Array };
        expect(largestError(merged.get(key.slice("merged.".length)) as Float64Array, data), key).toBeLessThan(
          dtype === "f64" ? 1e-12 : 1e-6,
        );
      }
      const alone = mergedStore(engine, store, adapted.method, plain);
      const without = await engine.compileWith(alone, specs, (params, given) => ({ logits: run(params, given, false).logits }));
      const logits = (await without.call(batch))["logits"] as Float32Array;
      expect(largestError(logits, logitsOf("logits_merged"))).toBeLessThan(limitsOf(dtype).values);

      if (options.backend === "reference") return;
      await checkTraining(engine, golden, dtype);
      // What is frozen has not moved.
      const table =
        "bert.embeddings.word_embeddings.weight" in plain ? "bert.embeddings.word_embeddings.weight" : "model.embed_tokens.weight";
      expect(store.get(table)).toEqual(alone.get(table));
    } finally {
      await engine.close();
    }
  });
});

// A software adapter for WebGPU takes 16 to 52 seconds a folder: the ops are those of the methods above.
describe.each(machines.filter(({ options }) => options.backend !== "webgpu" && options.build !== "baseline"))(
  "$name",
  ({ options, dtype }) => {
    test.each(["bert-prompt-tuning", "bert-prefix-tuning", "llama-prompt-tuning", "llama-prefix-tuning"])("%s", async (name) => {
      const engine = await openEngine(options);
      try {
        const golden = await openGolden(engine, name, dtype);
        await checkOutputs(engine, golden, dtype);
        expect(() => mergedWeights(golden.store, golden.adapted.method)).toThrow(/cannot be merged.*P(ROMPT|REFIX)_TUNING/);
        if (options.backend !== "reference") await checkTraining(engine, golden, dtype);
      } finally {
        await engine.close();
      }
    });

    test.each(["bert-pfeiffer", "bert-houlsby", "llama-pfeiffer", "llama-houlsby"])("%s", async (name) => {
      const engine = await openEngine(options);
      try {
        const golden = await openGolden(engine, name, dtype);
        await checkOutputs(engine, golden, dtype);
        expect(() => mergedWeights(golden.store, golden.adapted.method)).toThrow(/cannot be merged.*bottleneck adapters/);
      } finally {
        await engine.close();
      }
    });
  },
);
