/** Attacks find what fools a classifier, and no more than they are allowed. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine, type Engine } from "@tetrad/engine";
import { accuracyUnderMoves, accuracyUnderWords, type ClassifyRun, evaluateClassifier, finetuneClassifier } from "@tetrad/language";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tinyBert } from "../support/tiny-model.js";

/** Texts whose class hangs on one word. */
const WORDS = { card: ["card", "machine", "window", "door", "paper"], rate: ["euro", "money", "price", "market", "sum"] } as const;
const ROWS = Object.entries(WORDS).flatMap(([label, words]) =>
  words.flatMap((word) => ["what about the", "please see to that"].map((begin) => ({ text: `${begin} ${word} now`, label }))),
);

const folder = mkdtempSync(join(tmpdir(), "tetrad-robust-"));
let engine: Engine;
let run: ClassifyRun;
beforeAll(async () => {
  engine = await createEngine({ backend: "wasm", threads: 1 });
  const base = await tinyBert(folder);
  run = await finetuneClassifier(engine, base, ROWS, { numTrainEpochs: 20, learningRate: 3e-3, perDeviceTrainBatchSize: 5 });
  expect((await evaluateClassifier(engine, run, ROWS)).accuracy).toBe(1);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await engine.close();
});

test("the longer the moves, the less is left", async () => {
  const left: number[] = [];
  for (const epsilon of [1e-6, 3, 1000]) left.push(await accuracyUnderMoves(engine, run, ROWS, { epsilon }));
  expect(left[0]).toBe(1);
  expect(left[1]).toBeLessThanOrEqual(1);
  expect(left[2]).toBeLessThan(0.3);
  expect(left).toEqual([...left].sort((a, b) => b - a));
});

test("words that may not be like any other replace nothing; any word may replace the one that decides", async () => {
  expect(await accuracyUnderWords(engine, run, ROWS, { similarity: 1.01 })).toBe(1);
  const free = { similarity: -1, neighbours: 500 };
  const one = await accuracyUnderWords(engine, run, ROWS, { ...free, share: 0.01 });
  expect(one).toBeLessThan(0.7);
  expect(await accuracyUnderWords(engine, run, ROWS, { ...free, share: 1 })).toBeLessThanOrEqual(one);
});

test("lengths that are not above 0 and unknown classes are refused", async () => {
  await expect(accuracyUnderMoves(engine, run, ROWS, { epsilon: 0 })).rejects.toThrow(/epsilon, alpha and steps must be above 0/);
  await expect(accuracyUnderWords(engine, run, [{ text: "a card", label: "carp" }])).rejects.toThrow(/carp/);
});
