// Adversarial training against PyTorch: losses, moves and the gradients that the optimiser takes.
import { readFileSync } from "node:fs";
import { crossEntropy, type Engine, type FloatDType, gradients, type JsonObject, type Tensor } from "@tetrad/engine";
import {
  type Adversarial,
  adversarialLoss,
  backboneOf,
  matchWeights,
  type Params,
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

/** The goldens' classifier with its weights. */
async function openTiny(engine: Engine, dtype: FloatDType) {
  const folder = sharedPath("golden/bert-tiny/sequence-classification");
  const backbone = backboneOf(JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as JsonObject);
  const head = sequenceClassification(backbone, 5);
  const params = { ...backbone.params, ...head.params };
  const file = await readWeights(folder);
  const store = engine.store(params, { dtype });
  for (const [param, tensor] of matchWeights(backbone, params, file, { freshHead: false }).found) store.set(param, file.read(tensor).data);
  return { backbone, head, store };
}

describe.each(machines)("$name", ({ options, dtype }) => {
  test.each(Object.entries(methods))("%s", async (name, method) => {
    const engine = await openEngine(options);
    try {
      const { backbone, head, store } = await openTiny(engine, dtype);
      const { batch } = pack({ folder: "bert-tiny", labels: { name: "sequence_labels", per: "sequence" } }, false);
      const program = await engine.compileWith(store, specsOf(batch), (weights, inputs) => {
        const tokens = inputs as unknown as TokenBatch;
        const evaluation = { training: false };
        const { loss, losses, moves } = adversarialLoss(
          {
            lossOf: (own) =>
              crossEntropy(
                head.outputs(own, backbone.states(own, tokens, evaluation), tokens, evaluation)["logits"] as Tensor,
                inputs["labels"] as Tensor,
              ),
            params: weights,
            table: backbone.embeddings,
          },
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
            adversarialLoss(
              { lossOf: () => weights["classifier.bias"] as Tensor, params: weights, table: backbone.embeddings },
              { method: "fgm", epsilon: 0 },
            ).loss,
        ),
      ).rejects.toMatchObject({ code: "ARGUMENT" });
    } finally {
      await engine.close();
    }
  });

  // The same moves made by hand: the slope of the summed loss by each token's embedding, per text brought to length epsilon.
  test("lengths per text", async () => {
    const engine = await openEngine(options);
    try {
      const { backbone, head, store } = await openTiny(engine, dtype);
      const { batch } = pack({ folder: "bert-tiny", labels: { name: "sequence_labels", per: "sequence" } }, false);
      const starts = batch["cuSeqlens"] as Int32Array;
      const [tokens, most] = [(batch["ids"] as Int32Array).length, starts.length - 1];
      const textOf = Int32Array.from({ length: tokens }, (_, t) => starts.findIndex((end) => end > t) - 1);
      const moved = { shape: [tokens, backbone.width], dtype } as const;
      const lossOf = (own: Params, inputs: Readonly<Record<string, Tensor>>, at: Tensor | undefined, reduction: "mean" | "sum") => {
        const tokens = { ...(inputs as unknown as TokenBatch), ...(at && { moved: at }) };
        const states = backbone.states(own, tokens, { training: false });
        return crossEntropy(head.outputs(own, states, tokens, { training: false })["logits"] as Tensor, inputs["labels"] as Tensor, {
          reduction,
        });
      };
      const byHand = await engine.compileWith(store, { ...specsOf(batch), moved }, (weights, inputs) => {
        const [slope] = gradients(lossOf(weights, inputs, inputs["moved"], "sum"), [inputs["moved"] as Tensor]) as [Tensor];
        return { slope, loss: lossOf(weights, inputs, inputs["moved"], "mean") };
      });
      const epsilon = 0.5;
      const still = new Float64Array(tokens * backbone.width);
      const { slope } = (await byHand.call({ ...batch, moved: still })) as { slope: Float32Array };
      const lengthsOf = (values: ArrayLike<number>) => {
        const squares = new Float64Array(most);
        for (let i = 0; i < values.length; i++) {
          const text = textOf[Math.floor(i / backbone.width)] as number;
          squares[text] = (squares[text] as number) + (values[i] as number) ** 2;
        }
        return squares.map(Math.sqrt);
      };
      const lengths = lengthsOf(slope);
      const want = Float64Array.from(
        slope,
        (x, i) => (epsilon * x) / (lengths[textOf[Math.floor(i / backbone.width)] as number] as number),
      );
      const limits = TOLERANCE[dtype];
      for (const method of [
        { method: "fgm", epsilon, per: "text" },
        { method: "pgd", epsilon, alpha: 0.3, steps: 3, per: "text" },
      ] as const) {
        const program = await engine.compileWith(
          store,
          { ...specsOf(batch), textOf: { shape: [tokens], dtype: "i32" } },
          (weights, { textOf: of, ...inputs }) => {
            const { losses, moves } = adversarialLoss(
              {
                lossOf: (own, at) => lossOf(own, inputs, at, "mean"),
                params: weights,
                table: backbone.embeddings,
                texts: { of: of as Tensor, most },
              },
              method,
            );
            return { clean: losses[0] as Tensor, last: losses.at(-1) as Tensor, move: moves.at(-1) as Tensor };
          },
        );
        const { clean, last, move } = await program.call({ ...batch, textOf });
        if (method.method === "fgm") expect(largestError(move as Float32Array, want)).toBeLessThan(limits.gradients);
        for (const length of lengthsOf(move as Float32Array)) expect(Math.abs(length / epsilon - 1)).toBeLessThan(limits.gradients);
        const at = async (values: ArrayLike<number>) =>
          ((await byHand.call({ ...batch, moved: Float64Array.from(values) }))["loss"] as Float32Array)[0] as number;
        expect(Math.abs((clean?.[0] as number) / (await at(still)) - 1)).toBeLessThan(limits.loss);
        expect(Math.abs((last?.[0] as number) / (await at(move as Float32Array)) - 1)).toBeLessThan(limits.loss);
      }
    } finally {
      await engine.close();
    }
  });
});
