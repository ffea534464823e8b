// Which tokens are hidden: how many, which fate, whole words, never a special token, and the same on every machine.
import { expect, test } from "vitest";
import { type Masking, maskedBatch, mostMasked } from "../../packages/language/src/data/masking.js";
import type { Encoding } from "../../packages/language/src/tokenizer/tokenizer.js";

const MASK = 9999;
const masking: Masking = { mlmProbability: 0.15, wholeWord: false, seed: 3, mask: MASK, vocabulary: 500 };

/** A text of so many tokens, every word of three pieces, between two special tokens. */
function textOf(tokens: number): Encoding {
  const own = Array.from({ length: tokens }, (_, i) => i);
  return {
    ids: [1, ...own.map((i) => 1000 + i), 2],
    tokens: [],
    types: [],
    offsets: [],
    cut: 0,
    sequenceIds: [null, ...own.map(() => 0 as const), null],
    wordIds: [null, ...own.map((i) => Math.floor(i / 3)), null],
  };
}

test("15 % of each text's tokens are asked for, of which 80 % are hidden, 10 % replaced and 10 % left", () => {
  const texts = [textOf(2000), textOf(40), textOf(3)];
  const { ids, places, labels } = maskedBatch(texts, [0, 1, 2], masking, 0);
  expect(labels).toHaveLength(300 + 6 + 1);
  expect(mostMasked({ tokens: ids.length, sequences: 3 }, masking)).toBeGreaterThanOrEqual(labels.length);
  const whole = texts.flatMap((text) => text.ids);
  places.forEach((place, i) => {
    expect(labels[i]).toBe(whole[place]);
    expect(labels[i]).toBeGreaterThanOrEqual(1000);
  });
  const asked = new Set(places);
  whole.forEach((id, i) => {
    if (!asked.has(i)) expect(ids[i]).toBe(id);
  });
  const fates = [...places].map((place, i) => (ids[place] === MASK ? "hidden" : ids[place] === labels[i] ? "left" : "replaced"));
  const share = (fate: string) => fates.filter((one) => one === fate).length / fates.length;
  // Three standard deviations of 307 draws: 0.069 and 0.051.
  expect(Math.abs(share("hidden") - 0.8)).toBeLessThan(0.069);
  expect(Math.abs(share("left") - 0.1)).toBeLessThan(0.051);
  expect([...places].every((place) => ids[place] === MASK || (ids[place] as number) < 500 || (ids[place] as number) >= 1000)).toBe(true);
});

test("an occasion, a text and a seed decide, not the batch", () => {
  const texts = [textOf(60), textOf(60)];
  const alone = maskedBatch(texts, [1], masking, 4);
  const second = maskedBatch(texts, [0, 1], masking, 4);
  expect(second.ids.slice(62)).toEqual(alone.ids);
  const others = [
    maskedBatch(texts, [1], masking, 5),
    maskedBatch(texts, [0], masking, 4),
    maskedBatch(texts, [1], { ...masking, seed: 4 }, 4),
  ];
  for (const other of others) expect(other.places).not.toEqual(alone.places);
});

test("whole words are hidden with all of their pieces", () => {
  const text = textOf(60);
  const { places } = maskedBatch([text], [0], { ...masking, wholeWord: true }, 0);
  expect(places).toHaveLength(9);
  const words = [...places].map((place) => text.wordIds[place]);
  for (const word of new Set(words)) expect(words.filter((one) => one === word)).toHaveLength(3);
  // One word of three pieces, of which one may be hidden
  expect(maskedBatch([textOf(3)], [0], { ...masking, wholeWord: true }, 0).places).toHaveLength(1);
});
