// Sentence embeddings of a real encoder against PyTorch in float64, on every backend; and other ways of pooling.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { columnIndex, type EngineOptions, readTable } from "@tetrad/engine";
import { embed, openEmbedder } from "@tetrad/language";
import { expect, test } from "vitest";
import { openEngine } from "../support/engines.js";
import { describeShared, sharedPath } from "../support/shared.js";
import { scratch, tinyBert } from "../support/tiny-model.js";

interface Golden {
  readonly sentences: readonly string[];
  readonly embeddings: readonly (readonly number[])[];
  readonly cosine: readonly (readonly number[])[];
}

describeShared("MiniLM", "models/all-MiniLM-L6-v2", (folder) => {
  const { sentences, embeddings, cosine } = JSON.parse(readFileSync(`${folder}/golden.json`, "utf8")) as Golden;

  test.each<readonly [string, EngineOptions]>([
    ["relaxed", { backend: "wasm", build: "relaxed" }],
    ["baseline", { backend: "wasm", build: "baseline" }],
    ["webgpu", { backend: "webgpu" }],
  ])("%s", async (_, options) => {
    const engine = await openEngine(options);
    try {
      const embedder = await openEmbedder(engine, folder);
      expect(embedder).toMatchObject({ pooling: "mean", normalized: true, maxTokens: 256 });
      const { vectors, width } = await embed(engine, embedder, sentences);
      expect(vectors.length).toBe(sentences.length * width);
      const row = (i: number) => vectors.subarray(i * width, (i + 1) * width);
      // Nine digits are written there; float32 through six layers leaves 1e-6 of numbers below 0.3.
      embeddings.forEach((wanted, i) => wanted.forEach((value, c) => expect(Math.abs((row(i)[c] as number) - value)).toBeLessThan(3e-6)));
      cosine.forEach((line, i) =>
        line.forEach((value, j) => {
          const dot = row(i).reduce((sum, x, c) => sum + x * (row(j)[c] as number), 0);
          expect(Math.abs(dot - value)).toBeLessThan(2e-6);
        }),
      );
    } finally {
      await engine.close();
    }
  });

  test("layers in int8 leave vectors nearly as they were", async () => {
    const engine = await openEngine({ backend: "wasm" });
    try {
      const path = sharedPath("data/intent-banking77/test.csv");
      const table = readTable(readFileSync(path), path);
      // Of 3,080 questions one in 40; all of them have a mean cosine of 0.99716, and none less than 0.98951.
      const texts = table.rows.filter((_, i) => i % 40 === 0).map((row) => row[columnIndex(table, "text")] as string);
      const [exact, rounded] = [await openEmbedder(engine, folder), await openEmbedder(engine, folder, { quantize: "int8" })];
      expect(rounded.model.store.bytes).toBeLessThan(0.4 * exact.model.store.bytes);
      const { vectors, width } = await embed(engine, exact, texts);
      const other = (await embed(engine, rounded, texts)).vectors;
      const cosines = texts.map((_, i) => {
        const row = other.subarray(i * width, (i + 1) * width);
        return row.reduce((sum, x, c) => sum + x * (vectors[i * width + c] as number), 0);
      });
      expect(cosines.reduce((sum, x) => sum + x, 0) / texts.length).toBeGreaterThan(0.997);
      expect(Math.min(...cosines)).toBeGreaterThan(0.985);
    } finally {
      await engine.close();
    }
  });

  test("pooling and length can be chosen, and the batch does not matter", async () => {
    const engine = await openEngine({ backend: "wasm" });
    try {
      const first = await openEmbedder(engine, await tinyBert(scratch()), { pooling: "first", normalized: false });
      const many = Array.from({ length: 300 }, (_, i) => sentences[i % sentences.length] as string);
      const { vectors, width } = await embed(engine, first, many);
      const single = await embed(engine, first, [many[3] as string]);
      const period = sentences.length * width;
      for (let c = 0; c < width; c++) {
        expect(vectors[3 * width + c]).toBeCloseTo(single.vectors[c] as number, 5);
        expect(vectors[34 * period + 3 * width + c]).toBeCloseTo(single.vectors[c] as number, 5);
      }
    } finally {
      await engine.close();
    }
  });
});

test.each([
  ["[{", /modules\.json: this is not valid JSON/],
  ['{"0": {}}', /modules\.json: this is not a list of modules/],
])("a modules.json that is %s is named", async (text, message) => {
  const folder = mkdtempSync(join(tmpdir(), "tetrad-modules-"));
  const engine = await openEngine({ backend: "wasm" });
  try {
    writeFileSync(join(folder, "modules.json"), text);
    await expect(openEmbedder(engine, folder)).rejects.toThrow(message);
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true });
  }
});
