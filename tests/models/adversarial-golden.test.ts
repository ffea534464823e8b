// Adversarial training against PyTorch: losses, moves and the gradients that the optimiser takes.
import { readFileSync } from "node:fs";
import { crossEntropy, gradients, type JsonObject, type Tensor } from "@tetrad/engine";
import {
  type Adversarial,
  adversarialLoss,
  backboneOf,
  matchWeights,
  readWeights,
  sequenceClassification,
  type TokenBatch,
} from "@tetrad/language";
import { describe, expect, test } from "vitest";
import { openEngine } from "../support/engines.js";
import { largestError } from "../support/error.js";
import { machines, pack, specsOf, TOLERANCE, tensors } from "../support/language-golden.js";
import { sharedPath } from "../support/shared.js";

const methods: Readonly<Record<"fgm" | "pgd", Adversarial>> = {
  fgm: { method: "fgm", epsilon: 0.5 },
  pgd: { method: "pgd", epsilon: 0.5, alpha: 0.3, steps: 3 },
};

describe.each(machines)("$name", ({ options, dtype }) => {
  test.each(Object.entries(methods))("%s", async (name, method) => {
    const engine = await openEngine(options);
    try {
      const folder = sharedPath("golden/bert-tiny/sequence-classification");
      const backbone = backboneOf(JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as JsonObject);
      const head = sequenceClassification(backbone, 5);
      const params = { ...backbone.params, ...head.params };
      const file = await readWeights(folder);
      const store = engine.store(params, { dtype });
      for (const [param, tensor] of matchWeights(backbone, params, file, { freshHead: false }).found)
        store.set(param, file.read(tensor).data);
      const { batch } = pack({ folder: "bert-tiny", labels: { name: "sequence_labels", per: "sequence" } }, false);
      const program = await engine.compileWith(store, specsOf(batch), (weights, inputs) => {
        const tokens = inputs as unknown as TokenBatch;
        const evaluation = { training: false };
        const { loss, losses, moves } = adversarialLoss(
          (own) =>
            crossEntropy(
              head.outputs(own, backbone.states(own, tokens, evaluation), tokens, evaluation)["logits"] as Tensor,
              inputs["labels"] as Tensor,
            ),
          weights,
          backbone.embeddings,
          method,
        );
        const slopes = gradients(
          loss,
          store.names.map((param) => weights[param] as Tensor),
        );
        return {
          ...Object.fromEntries(losses.map((value, i) => [`loss.${i}`, value])),
          move: moves.at(-1) as Tensor,
          ...Object.fromEntries(store.names.map((param, i) => [`grad.${param}`, slopes[i] as Tensor])),
        };
      });
      const results = await program.call(batch);
      const expected = tensors(`golden/bert-tiny/sequence-classification/${name}.safetensors`);
      const dataOf = (key: string) => (expected.get(key) as { data: Float64Array }).data;
      const losses = name === "fgm" ? [dataOf("loss_clean")[0], dataOf("loss_adversarial")[0]] : [...dataOf("loss")];
      const limits = TOLERANCE[dtype];
      losses.forEach((loss, i) =>
        expect(Math.abs((results[`loss.${i}`]?.[0] as number) / (loss as number) - 1), `loss ${i}`).toBeLessThan(limits.loss),
      );
      expect(largestError(results["move"] as Float32Array, dataOf("r_adv"))).toBeLessThan(limits.gradients);
      for (const param of store.names) {
        const want = dataOf(`grad.${param}`);
        const got = results[`grad.${param}`] as Float32Array;
        if (Math.max(...Array.from(want, Math.abs)) < 1e-9) expect(Math.max(...Array.from(got, Math.abs)), param).toBeLessThan(1e-6);
        else expect(largestError(got, want), param).toBeLessThan(limits.gradients);
      }
      await expect(
        engine.compileWith(
          store,
          specsOf(batch),
          (weights) =>
            adversarialLoss(() => weights["classifier.bias"] as Tensor, weights, backbone.embeddings, { method: "fgm", epsilon: 0 }).loss,
        ),
      ).rejects.toMatchObject({ code: "ARGUMENT" });
    } finally {
      await engine.close();
    }
  });
});
