// A real chat model from GGUF: weights as dequantised elsewhere, and logits of its prompts as transformers computes them.
import { readFileSync } from "node:fs";
import { createEngine, type JsonObject, normalizeSpec, type Tensor, take } from "@tetrad/engine";
import {
  backboneOf,
  batchSpecs,
  causalLm,
  generate,
  matchWeights,
  openGenerator,
  openGguf,
  packBatch,
  type TokenBatch,
} from "@tetrad/language";
import { expect, test } from "vitest";
import { describeShared } from "../support/shared.js";

interface Golden {
  readonly checks: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly sum: number; readonly l2: number; readonly first8: readonly number[] }>
  >;
  readonly cases: readonly {
    readonly prompt: string;
    readonly ids: readonly number[];
    readonly top10: readonly (readonly [number, number])[];
    readonly greedy: readonly number[];
    readonly text: string;
  }[];
}

describeShared("SmolLM2", "models/SmolLM2-135M-Instruct", (folder) => {
  const golden = JSON.parse(readFileSync(`${folder}/golden.json`, "utf8")) as Golden;
  const open = () => openGguf(readFileSync(`${folder}/model-Q4_1.gguf`), "model-Q4_1.gguf");

  test.each(Object.entries(golden.checks))("%s", async (name, { shape, sum, l2, first8 }) => {
    const tensor = (await open()).read(name);
    const data = tensor.data as Float32Array;
    expect(tensor.shape).toEqual(shape);
    expect([...data.subarray(0, 8)]).toEqual(first8);
    let [total, squares] = [0, 0];
    for (const value of data) {
      total += value;
      squares += value * value;
    }
    // Summed there in float32.
    expect(Math.abs(Math.sqrt(squares) / l2 - 1)).toBeLessThan(1e-4);
    expect(Math.abs(total - sum)).toBeLessThan(1e-6 * data.length);
  });

  test("logits of prompts", async () => {
    const engine = await createEngine({ backend: "wasm" });
    try {
      const backbone = backboneOf(JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as JsonObject);
      const head = causalLm(backbone, true);
      const file = await open();
      const { found } = matchWeights(backbone, backbone.params, file, { freshHead: false });
      const zeros = Object.entries(backbone.params).map(([name, spec]) => [name, { ...normalizeSpec(spec), init: "zeros" }] as const);
      const store = engine.store(Object.fromEntries(zeros));
      for (const [name, tensor] of found) store.set(name, file.read(tensor).data);
      const limits = { tokens: Math.max(...golden.cases.map(({ ids }) => ids.length)), sequences: 1 };
      const program = await engine.compileWith(store, batchSpecs(limits), (params, inputs) => {
        const batch = inputs as unknown as TokenBatch;
        const { last, hidden } = backbone.states(params, batch, { training: false });
        return head.outputs(params, { last: take(last, batch.chosen) as Tensor, hidden }, batch, { training: false });
      });
      for (const { prompt, ids, top10 } of golden.cases) {
        const { logits } = await program.call(packBatch([ids], limits, true));
        const order = Array.from(logits as Float32Array, (value, id) => [id, value] as const).sort((a, b) => b[1] - a[1]);
        expect(
          order.slice(0, 3).map(([id]) => id),
          prompt,
        ).toEqual(top10.slice(0, 3).map(([id]) => id));
        // transformers computed these in float32 too.
        for (const [id, value] of top10)
          expect(Math.abs(((logits as Float32Array)[id] as number) - value), prompt).toBeLessThan(2e-4 * Math.abs(value));
      }
    } finally {
      await engine.close();
    }
  });

  test("greedy texts from weights that stay in their blocks, with stop texts and as a stream", async () => {
    const engine = await createEngine({ backend: "wasm" });
    try {
      const generator = await openGenerator(engine, folder, { gguf: "model-Q4_1.gguf", context: 96, quantized: true });
      // The blocks of the file's 98 MB, and keys and values of 96 tokens; 542 MB where they are widened.
      expect(generator.model.store.bytes).toBeLessThan(102e6);
      let streamed = "";
      const onText = (part: string) => {
        streamed += part;
      };
      for (const { prompt, greedy, text } of golden.cases) {
        streamed = "";
        const whole = await generate(generator, prompt, { maxNewTokens: greedy.length, onText });
        expect(whole.ids, prompt).toEqual(greedy);
        expect(whole.text).toBe(text);
        expect(streamed).toBe(text);
        expect(whole.reason).toBe("length");
      }
      const { prompt, greedy, text } = golden.cases[0] as Golden["cases"][number];
      streamed = "";
      const cut = await generate(generator, prompt, { maxNewTokens: greedy.length, stop: ["spacetime", "universe"], onText });
      expect(cut.reason).toBe("stop");
      expect(cut.text).toBe(text.slice(0, text.indexOf("spacetime")));
      expect(streamed).toBe(cut.text);
      await expect(generate(generator, "word ".repeat(200))).rejects.toMatchObject({ code: "ARGUMENT" });
      await expect(generate(generator, prompt, { temperature: -1 })).rejects.toMatchObject({ code: "ARGUMENT" });
    } finally {
      await engine.close();
    }
  });

  test("a file that was cut short, or is none", async () => {
    const bytes = readFileSync(`${folder}/model-Q4_1.gguf`);
    await expect(openGguf(bytes.subarray(0, 60_000_000), "cut.gguf")).rejects.toThrow(/FORMAT|does not fit into the file/);
    await expect(openGguf(bytes.subarray(0, 1000), "cut.gguf")).rejects.toMatchObject({ code: "FORMAT" });
    await expect(openGguf(new Uint8Array(64), "none.gguf")).rejects.toMatchObject({ code: "FORMAT" });
  });
});
