// Text token by token from a cache: the tokens and the logits of every step that transformers gives, prompts read in chunks and one by one.
import { readFileSync } from "node:fs";
import type { JsonObject } from "@tetrad/engine";
import { backboneOf, cacheSpecs, causalLm, Decoder, matchWeights, nextToken, readWeights } from "@tetrad/language";
import { describe, expect, test } from "vitest";
import { openEngine } from "../support/engines.js";
import { largestError } from "../support/error.js";
import { machines, tensors } from "../support/language-golden.js";
import { sharedPath } from "../support/shared.js";

describe.each(machines)("$name", ({ options, dtype }) => {
  test.each(["gpt2-tiny", "llama-tiny"])("%s", async (name) => {
    const engine = await openEngine(options);
    try {
      const folder = sharedPath(`golden/${name}`);
      const backbone = backboneOf(JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as JsonObject);
      const head = causalLm(backbone, name === "gpt2-tiny");
      const params = { ...backbone.params, ...head.params };
      const file = await readWeights(folder);
      const { found } = matchWeights(backbone, params, file, { freshHead: false });
      // gpt2-tiny can read 32 tokens
      const context = Math.min(40, backbone.maxTokens);
      const store = engine.store({ ...params, ...cacheSpecs(backbone, { context }) }, { dtype });
      for (const [param, tensor] of found) store.set(param, file.read(tensor).data);
      const decoder = await Decoder.open(engine, { backbone, head, store, within: (all) => all }, { context });
      const expected = tensors(`golden/${name}/expected.safetensors`);
      const dataOf = (key: string) => [...(expected.get(key) as { data: Int32Array | Float64Array }).data];
      for (const prompt of [0, 1]) {
        decoder.reset();
        const [given, wanted, logits] = [dataOf(`prompt.${prompt}`), dataOf(`generated.${prompt}`), dataOf(`step_logits.${prompt}`)];
        const width = backbone.vocabulary;
        let next = await decoder.read(given);
        const ids: number[] = [];
        for (let step = 0; step < wanted.length; step++) {
          expect(largestError(next, logits.slice(step * width, (step + 1) * width)), `step ${step}`).toBeLessThan(
            dtype === "f64" ? 1e-12 : 1e-5,
          );
          ids.push(nextToken(next, { seen: [], step }));
          next = await decoder.read([ids.at(-1) as number]);
        }
        expect(ids).toEqual(wanted);
      }
      if (context <= 32) return;
      // 32 tokens at once, and the same one by one.
      const long = Array.from({ length: 35 }, (_, i) => (7 * i) % backbone.vocabulary);
      decoder.reset();
      const together = [...(await decoder.read(long))];
      decoder.reset();
      let alone: Float32Array = new Float32Array(0);
      for (const id of long) alone = await decoder.read([id]);
      expect(largestError(together, alone)).toBeLessThan(dtype === "f64" ? 1e-12 : 1e-5);
      await expect(decoder.read(long)).rejects.toMatchObject({ code: "ARGUMENT" });
      await expect(decoder.read([])).rejects.toMatchObject({ code: "ARGUMENT" });
    } finally {
      await engine.close();
    }
  });
});
