// The next token: greedy, and drawn after each of the cuts.
import { nextToken, type SamplingOptions } from "@tetrad/language";
import { expect, test } from "vitest";

const logits = Float32Array.from([Math.log(0.5), Math.log(0.25), Math.log(0.15), Math.log(0.07), Math.log(0.03)]);

/** Shares of each token among many draws. */
function shares(options: SamplingOptions, seen: readonly number[] = []): number[] {
  const draws = 4000;
  const counts = new Array<number>(logits.length).fill(0);
  for (let step = 0; step < draws; step++) {
    const id = nextToken(logits, seen, step, { temperature: 1, ...options });
    counts[id] = (counts[id] as number) + 1;
  }
  return counts.map((count) => count / draws);
}

/** Five standard deviations of a share among 4000 draws */
const NOISE = 0.04;
const expectShares = (got: readonly number[], want: readonly number[]) =>
  got.forEach((share, id) => {
    if (want[id] === 0) expect(share, `token ${id}`).toBe(0);
    else expect(Math.abs(share - (want[id] as number)), `token ${id}`).toBeLessThan(NOISE);
  });

test("greedy without a temperature, the first of equals", () => {
  expect(nextToken(logits, [], 0)).toBe(0);
  expect(nextToken(Float32Array.of(1, 3, 3), [], 0)).toBe(1);
});

test("draws follow the probabilities, flatter or sharper by the temperature", () => {
  expectShares(shares({}), [0.5, 0.25, 0.15, 0.07, 0.03]);
  const squares = [0.25, 0.0625, 0.0225, 0.0049, 0.0009];
  const total = squares.reduce((a, b) => a + b);
  expectShares(
    shares({ temperature: 0.5 }),
    squares.map((p) => p / total),
  );
});

test.each<readonly [string, SamplingOptions, readonly number[]]>([
  ["topK", { topK: 2 }, [2 / 3, 1 / 3, 0, 0, 0]],
  ["topP keeps the token that crosses the share", { topP: 0.6 }, [2 / 3, 1 / 3, 0, 0, 0]],
  ["topP below the most probable token's", { topP: 0.1 }, [1, 0, 0, 0, 0]],
  ["minP, of the most probable one's", { minP: 0.29 }, [5 / 9, 2.5 / 9, 1.5 / 9, 0, 0]],
  ["topK before topP", { topK: 3, topP: 0.75 }, [2 / 3, 1 / 3, 0, 0, 0]],
])("%s", (_, options, want) => expectShares(shares(options), want));

test("the penalty makes what has occurred less probable, whatever its logit's sign", () => {
  // ln 0.5 · 2 is ln 0.25
  const rest = 0.25 + 0.25 + 0.15 + 0.07 + 0.03;
  expectShares(
    shares({ repetitionPenalty: 2 }, [0, 0]),
    [0.25, 0.25, 0.15, 0.07, 0.03].map((p) => p / rest),
  );
  expect(nextToken(Float32Array.of(3, 2), [0], 0, { repetitionPenalty: 2 })).toBe(1);
});

test("the same seed gives the same draws", () => {
  const draw = (seed: number) => Array.from({ length: 50 }, (_, step) => nextToken(logits, [], step, { temperature: 1, seed }));
  expect(draw(3)).toEqual(draw(3));
  expect(draw(3)).not.toEqual(draw(4));
});
