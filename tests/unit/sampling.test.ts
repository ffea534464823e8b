// The next token: greedy, and drawn after each of the cuts.
import { uniformAt } from "@tetrad/engine";
import { nextToken, type SamplingOptions } from "@tetrad/language";
import fc from "fast-check";
import { expect, test } from "vitest";

const logits = Float32Array.from([Math.log(0.5), Math.log(0.25), Math.log(0.15), Math.log(0.07), Math.log(0.03)]);

/** Shares of each token among many draws. */
function shares(options: SamplingOptions, seen: readonly number[] = []): number[] {
  const draws = 4000;
  const counts = new Array<number>(logits.length).fill(0);
  for (let step = 0; step < draws; step++) {
    const id = nextToken(logits, { seen, step }, { temperature: 1, ...options });
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
  expect(nextToken(logits, { seen: [], step: 0 })).toBe(0);
  expect(nextToken(Float32Array.of(1, 3, 3), { seen: [], step: 0 })).toBe(1);
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
  expect(nextToken(Float32Array.of(3, 2), { seen: [0], step: 0 }, { repetitionPenalty: 2 })).toBe(1);
});

test("the same seed gives the same draws", () => {
  const draw = (seed: number) => Array.from({ length: 50 }, (_, step) => nextToken(logits, { seen: [], step }, { temperature: 1, seed }));
  expect(draw(3)).toEqual(draw(3));
  expect(draw(3)).not.toEqual(draw(4));
});

/** The same choice from a list that is sorted whole. */
function fromSorted(
  logits: Float32Array,
  step: number,
  { temperature = 1, topK = 0, topP = 1, minP = 0, seed = 0 }: SamplingOptions,
): number {
  const order = Array.from(logits.keys()).sort((a, b) => (logits[b] as number) - (logits[a] as number));
  const some = topK > 0 ? order.slice(0, topK) : order;
  const weights = some.map((id) => Math.exp(((logits[id] as number) - (logits[order[0] as number] as number)) / temperature));
  const whole = weights.reduce((a, b) => a + b, 0);
  const kept = weights.filter((weight, i) => {
    const before = weights.slice(0, i).reduce((a, b) => a + b, 0);
    return i === 0 || (before < topP * whole && weight >= minP);
  });
  const at = uniformAt(seed, 0x7e87, step, 0, "f64") * kept.reduce((a, b) => a + b, 0);
  const left = kept.map((_, i) => kept.slice(0, i + 1).reduce((rest, weight) => rest - weight, at));
  return some[left.findIndex((rest) => rest < 0)] as number;
}

test("draws are those from a sorted vocabulary, equal logits in their order", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 1, maxLength: 40 }),
      fc.record({
        temperature: fc.constantFrom(0.3, 1, 2.5),
        topK: fc.constantFrom(0, 1, 3, 60),
        topP: fc.constantFrom(1, 0.9, 0.4),
        minP: fc.constantFrom(0, 0.05, 0.5),
        seed: fc.nat(1000),
      }),
      fc.nat(50),
      (values, options, step) => {
        const logits = Float32Array.from(values);
        expect(nextToken(logits, { seen: [], step }, options)).toBe(fromSorted(logits, step, options));
      },
    ),
  );
});
