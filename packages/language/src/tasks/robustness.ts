/** How much of a classifier's accuracy is left when its input is chosen against it: embeddings moved up the loss, and words replaced by near ones. */

import {
  crossEntropy,
  type Engine,
  type FunctionProgram,
  gradients,
  indexOfLargest,
  matmul,
  type Tensor,
  TetradError,
  topK,
  transpose,
} from "@tetrad/engine";
import { type BatchLimits, batchSpecs, type Ids, packBatch, within } from "../data/batch.js";
import type { TokenBatch } from "../models/backbone.js";
import { evaluationLimits } from "../train/evaluate.js";
import type { LabelledText, TextClassifier } from "./classify.js";
import { checkKnown, checkSequences } from "./labels.js";

/** Moves of a text's word embeddings, all its tokens' together: PGD (Madry et al. 2018, arXiv:1706.06083) */
export interface EmbeddingAttack {
  /** Largest length of the whole move; 0.5 unless told */
  readonly epsilon?: number;
  /** Length of each step; a quarter of epsilon unless told */
  readonly alpha?: number;
  /** 10 unless told */
  readonly steps?: number;
}

/** Words that the gradient says hurt most, one after the other (HotFlip: Ebrahimi et al. 2018, arXiv:1712.06751), among near ones only. */
export interface WordAttack {
  /** Share of a text's words that may be replaced, at least one word; 0.15 unless told */
  readonly share?: number;
  /** Words that may replace one: those nearest in the model's embeddings; 8 unless told */
  readonly neighbours?: number;
  /** Least cosine to the word that is replaced; 0.5 unless told */
  readonly similarity?: number;
}

interface Example {
  ids: readonly number[];
  readonly label: number;
}

/** A classifier's logits, and the slope of the loss by each token's word embedding. */
class Probe {
  private constructor(
    private readonly program: FunctionProgram,
    private readonly limits: BatchLimits,
    private readonly causal: boolean,
    readonly width: number,
    private readonly classes: number,
  ) {}

  static async open(engine: Engine, { model, labels }: TextClassifier, sequences: readonly Ids[]): Promise<Probe> {
    const { backbone, head, store } = model;
    const limits = evaluationLimits(sequences, backbone.virtualKeys);
    const inputs = {
      ...batchSpecs(limits),
      moved: { shape: [limits.tokens, backbone.width], dtype: store.dtype, bounded: "tokens" },
      labels: { shape: [limits.sequences], dtype: "i32", bounded: "sequences" },
    } as const;
    const context = { training: false };
    const program = await engine.compileWith(store, inputs, (all, given) => {
      const { moved, labels: targets } = given as Record<"moved" | "labels", Tensor>;
      const params = model.within(all, context);
      const batch = given as unknown as TokenBatch;
      const logits = head.outputs(params, backbone.states(params, batch, context), batch, context)["logits"] as Tensor;
      // A sum, so that no text's slope depends on how many there are.
      const [slope] = gradients(crossEntropy(logits, targets, { reduction: "sum" }), [moved]) as [Tensor];
      return { logits, slope };
    });
    return new Probe(program, limits, backbone.causal, backbone.width, labels.length);
  }

  /** Batches of examples, as lists of their numbers. */
  batches(examples: readonly Example[]): Iterable<readonly number[]> {
    return within(
      examples.map(({ ids }) => ids),
      this.limits,
    );
  }

  /** @param moved (T, width) of the batch's tokens */
  async look(examples: readonly Example[], moved?: Float32Array) {
    const arrays = packBatch(
      examples.map(({ ids }) => ids),
      this.limits,
      this.causal,
    );
    const results = await this.program.call({
      ...arrays,
      moved: moved ?? new Float32Array(arrays.ids.length * this.width),
      labels: Int32Array.from(examples, ({ label }) => label),
    });
    const logits = results["logits"] as Float32Array;
    return {
      starts: arrays.cuSeqlens,
      slope: results["slope"] as Float32Array,
      right: examples.map(({ label }, s) => indexOfLargest(logits, s * this.classes, this.classes) === label),
    };
  }

  close(): void {
    this.program.close();
  }
}

function examplesOf({ model: { tokenizer }, labels, maxTokens }: TextClassifier, rows: readonly LabelledText[]) {
  checkKnown(
    labels,
    rows.map(({ label }) => label),
  );
  const encoded = rows.map(({ text }) => tokenizer.encode(text, { maxTokens }));
  checkSequences(
    "attack",
    encoded.map(({ ids }) => ids),
  );
  return { encoded, examples: encoded.map(({ ids }, i): Example => ({ ids, label: labels.indexOf(rows[i]?.label as string) })) };
}

/**
 * Share of texts that are still put into their class when each one's word embeddings are moved against it.
 * @throws TetradError ARGUMENT for lengths that are not above 0; DATA for a class that the classifier does not know
 */
export async function accuracyUnderMoves(
  engine: Engine,
  classifier: TextClassifier,
  rows: readonly LabelledText[],
  { epsilon = 0.5, alpha = epsilon / 4, steps = 10 }: EmbeddingAttack = {},
): Promise<number> {
  if (!(epsilon > 0 && alpha > 0 && Number.isInteger(steps) && steps > 0))
    throw new TetradError("ARGUMENT", {
      op: "attack",
      what: "epsilon, alpha and steps must be above 0",
      got: `${epsilon}, ${alpha}, ${steps}`,
    });
  const { examples } = examplesOf(classifier, rows);
  const probe = await Probe.open(
    engine,
    classifier,
    examples.map(({ ids }) => ids),
  );
  try {
    let left = 0;
    for (const numbers of probe.batches(examples)) {
      const batch = numbers.map((i) => examples[i] as Example);
      let view = await probe.look(batch);
      const whole = [...view.right];
      const moved = new Float32Array(view.slope.length);
      for (let step = 0; step < steps; step++) {
        batch.forEach((_, s) => {
          const [from, to] = [0, 1].map((end) => (view.starts[s + end] as number) * probe.width) as [number, number];
          climb(moved.subarray(from, to), view.slope.subarray(from, to), alpha, epsilon);
        });
        view = await probe.look(batch, moved);
        // One place where it errs is enough.
        view.right.forEach((right, s) => {
          whole[s] &&= right;
        });
      }
      left += whole.filter(Boolean).length;
    }
    return left / rows.length;
  } finally {
    probe.close();
  }
}

/** A step of length alpha up the slope, back to length epsilon where it leads beyond. */
function climb(moved: Float32Array, slope: Float32Array, alpha: number, epsilon: number): void {
  const ahead = alpha / Math.max(length(slope), Number.MIN_VALUE);
  for (let i = 0; i < moved.length; i++) moved[i] = (moved[i] as number) + ahead * (slope[i] as number);
  const back = epsilon / length(moved);
  if (back < 1) for (let i = 0; i < moved.length; i++) moved[i] = (moved[i] as number) * back;
}

const length = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/**
 * Share of texts that are still put into their class when some of their words are replaced by near ones, chosen against it. Words of one token alone are replaced.
 * @throws TetradError DATA for a class that the classifier does not know
 */
export async function accuracyUnderWords(
  engine: Engine,
  classifier: TextClassifier,
  rows: readonly LabelledText[],
  { share = 0.15, neighbours = 8, similarity = 0.5 }: WordAttack = {},
): Promise<number> {
  const { encoded, examples } = examplesOf(classifier, rows);
  const { store, backbone } = classifier.model;
  const words = wholeWords(classifier);
  // A word of one token, neither the first part of another nor a later one.
  const places = encoded.map(({ ids, wordIds }) =>
    Array.from(ids, (_, i) => i).filter((i) => {
      const own = wordIds[i];
      return own !== null && own !== wordIds[i - 1] && own !== wordIds[i + 1] && words.has(ids[i] as number);
    }),
  );
  const needed = [...new Set(places.flatMap((own, t) => own.map((i) => encoded[t]?.ids[i] as number)))];
  const table = store.get(backbone.embeddings) as Float32Array;
  const near = await nearest(engine, table, backbone.width, [...words], needed, { neighbours, similarity });
  const budgets = encoded.map(({ wordIds }) => Math.max(1, Math.floor(share * new Set(wordIds.filter((word) => word !== null)).size)));
  const probe = await Probe.open(
    engine,
    classifier,
    examples.map(({ ids }) => ids),
  );
  try {
    let open = examples.map((_, t) => t);
    for (let round = 0; open.length > 0; round++) {
      const still: number[] = [];
      for (const numbers of probe.batches(open.map((t) => examples[t] as Example))) {
        const own = numbers.map((i) => open[i] as number);
        const view = await probe.look(own.map((t) => examples[t] as Example));
        own.forEach((t, s) => {
          if (view.right[s] !== true) return;
          still.push(t);
          if (round < (budgets[t] as number)) replaceOne(examples[t] as Example, places[t] as number[], near, table, view, s, probe.width);
        });
      }
      // What is right after its last replacement stays right.
      open = still;
      if (open.every((t) => round >= (budgets[t] as number))) break;
    }
    return open.length / rows.length;
  } finally {
    probe.close();
  }
}

/** Replaces the word whose replacement the slope says raises the loss most; its place is used up. */
function replaceOne(
  example: Example,
  places: number[],
  near: ReadonlyMap<number, readonly number[]>,
  table: Float32Array,
  { starts, slope }: { readonly starts: Int32Array; readonly slope: Float32Array },
  s: number,
  width: number,
): void {
  let best: { gain: number; place: number; id: number } | undefined;
  for (const place of places) {
    const old = example.ids[place] as number;
    const own = slope.subarray(((starts[s] as number) + place) * width, ((starts[s] as number) + place + 1) * width);
    for (const id of near.get(old) ?? []) {
      let gain = 0;
      for (let d = 0; d < width; d++) gain += (own[d] as number) * ((table[id * width + d] as number) - (table[old * width + d] as number));
      if (gain > (best?.gain ?? 0)) best = { gain, place, id };
    }
  }
  if (best === undefined) return;
  const { place, id } = best;
  example.ids = example.ids.map((old, i) => (i === place ? id : old));
  places.splice(places.indexOf(place), 1);
}

/** Tokens that are words of letters on their own. */
function wholeWords({ model: { tokenizer } }: TextClassifier): ReadonlySet<number> {
  const special = tokenizer.encode("").ids.length;
  const ids = Array.from({ length: tokenizer.size }, (_, id) => id).filter((id) => {
    const text = tokenizer.decode([id]);
    if (!/^\p{L}{3,}$/u.test(text)) return false;
    const own = tokenizer.encode(text).ids;
    return own.length === special + 1 && own.includes(id);
  });
  return new Set(ids);
}

/** Near tokens of each needed one, by the cosine of embeddings. */
async function nearest(
  engine: Engine,
  table: Float32Array,
  width: number,
  candidates: readonly number[],
  needed: readonly number[],
  { neighbours, similarity }: Required<Pick<WordAttack, "neighbours" | "similarity">>,
): Promise<ReadonlyMap<number, readonly number[]>> {
  const found = new Map<number, readonly number[]>();
  const rows = 256;
  // The word itself is its own nearest.
  const k = Math.min(neighbours + 1, candidates.length);
  if (needed.length === 0 || k < 2) return found;
  const unit = (ids: readonly number[]) => {
    const all = new Float32Array(ids.length * width);
    ids.forEach((id, r) => {
      const own = table.subarray(id * width, (id + 1) * width);
      const size = length(own) || 1;
      for (let d = 0; d < width; d++) all[r * width + d] = (own[d] as number) / size;
    });
    return all;
  };
  const program = await engine.compileFunction(
    ({ some, all }) => {
      const { values: cosines, indices: places } = topK(matmul(some as Tensor, transpose(all as Tensor)), k);
      return { cosines, places };
    },
    { some: { shape: [rows, width], bounded: "rows" }, all: [candidates.length, width] },
  );
  try {
    program.set({ all: unit(candidates) });
    for (let first = 0; first < needed.length; first += rows) {
      const part = needed.slice(first, first + rows);
      const { cosines, places } = await program.call({ some: unit(part) });
      part.forEach((id, r) => {
        const near = Array.from({ length: k }, (_, i) => r * k + i)
          .filter((at) => (cosines?.[at] as number) >= similarity)
          .map((at) => candidates[places?.[at] as number] as number)
          .filter((other) => other !== id);
        found.set(id, near);
      });
    }
    return found;
  } finally {
    program.close();
  }
}
