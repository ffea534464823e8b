/** How well entities are found: seqeval's scores and report, in its default and its strict mode. */

import { type ScoreRow, type Statistic, scoreTable, TetradError } from "@tetrad/engine";
import { type Entity, entitiesByScheme, entitiesOf, type Scheme } from "./entities.js";

export interface EntityScore {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Entities in the target */
  readonly support: number;
}

export interface SequenceScores {
  /** By type, in order of their names */
  readonly types: ReadonlyMap<string, EntityScore>;
  readonly micro: EntityScore;
  readonly macro: EntityScore;
  readonly weighted: EntityScore;
  /** Share of tags that are right */
  readonly accuracy: number;
}

export interface SequenceOptions {
  /** Counts strictly by this scheme; without it seqeval's default mode repairs malformed tags. */
  readonly scheme?: Scheme;
}

type Sequences = readonly (readonly string[])[];

interface Counts {
  readonly right: number;
  readonly predicted: number;
  readonly support: number;
}

/** @throws TetradError SHAPE where targets and predictions differ in length, DATA for tags that the scheme has not */
export function sequenceScores(target: Sequences, predicted: Sequences, { scheme }: SequenceOptions = {}): SequenceScores {
  const at = target.findIndex((tags, i) => tags.length !== predicted[i]?.length);
  if (target.length !== predicted.length || at >= 0) {
    throw new TetradError("SHAPE", {
      op: "sequenceScores",
      what: "targets and predictions differ in length",
      ...(at >= 0 && { at: `sequence ${at + 1}` }),
    });
  }
  const byType = new Map<string, Counts>();
  target.forEach((own, i) => {
    for (const [type, counts] of countsOf(own, predicted[i] as readonly string[], scheme)) add(byType, type, counts);
  });
  const tags = target.reduce((sum, { length }) => sum + length, 0);
  const equal = target.reduce((sum, own, i) => sum + own.filter((tag, k) => tag === predicted[i]?.[k]).length, 0);
  const names = [...byType.keys()].sort((a, b) => (a < b ? -1 : 1));
  const types = new Map(names.map((name) => [name, scoreOf(byType.get(name) as Counts)]));
  const all = [...types.values()];
  const support = all.reduce((sum, score) => sum + score.support, 0);
  const mean = (weight: (score: EntityScore) => number): EntityScore => {
    const over = (key: "precision" | "recall" | "f1") => all.reduce((sum, score) => sum + score[key] * weight(score), 0);
    return { precision: over("precision"), recall: over("recall"), f1: over("f1"), support };
  };
  const none = Number.NaN;
  return {
    types,
    micro: scoreOf(sumOf(byType.values())),
    macro: all.length === 0 ? { precision: none, recall: none, f1: none, support } : mean(() => 1 / all.length),
    weighted: mean((score) => (support === 0 ? 0 : score.support / support)),
    accuracy: equal / tags,
  };
}

/** The micro F1 of any choice of sentences, whose entities are counted once: what a bootstrap asks a thousand times. */
export function entityF1(target: Sequences, predicted: Sequences): Statistic {
  const counts = target.map((tags, i) => sumOf(countsOf(tags, predicted[i] as readonly string[], undefined).values()));
  return (sentences) => scoreOf(sumOf(Array.from(sentences, (i) => counts[i] as Counts))).f1;
}

/** Entities of one sentence, by type. */
function countsOf(target: readonly string[], predicted: readonly string[], scheme: Scheme | undefined): Map<string, Counts> {
  const find = (tags: readonly string[]) => (scheme === undefined ? entitiesOf(tags) : entitiesByScheme(tags, scheme));
  const [want, got] = [find(target), find(predicted)];
  const key = ({ type, begin, end }: Entity) => `${begin} ${end} ${type}`;
  const truth = new Set(want.map(key));
  const counts = new Map<string, Counts>();
  for (const { type } of want) add(counts, type, { right: 0, predicted: 0, support: 1 });
  for (const entity of got) add(counts, entity.type, { right: Number(truth.has(key(entity))), predicted: 1, support: 0 });
  return counts;
}

const NONE: Counts = { right: 0, predicted: 0, support: 0 };

const plus = (a: Counts, b: Counts): Counts => ({
  right: a.right + b.right,
  predicted: a.predicted + b.predicted,
  support: a.support + b.support,
});

const add = (all: Map<string, Counts>, type: string, counts: Counts) => all.set(type, plus(all.get(type) ?? NONE, counts));

const sumOf = (all: Iterable<Counts>): Counts => [...all].reduce(plus, NONE);

function scoreOf({ right, predicted, support }: Counts): EntityScore {
  const precision = predicted === 0 ? 0 : right / predicted;
  const recall = support === 0 ? 0 : right / support;
  return { precision, recall, f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall), support };
}

/** seqeval's classification_report, character for character. @throws TetradError DATA where there is no entity at all, as seqeval does */
export function sequenceReport(
  target: Sequences,
  predicted: Sequences,
  { digits = 2, ...options }: SequenceOptions & { readonly digits?: number } = {},
): string {
  const scores = sequenceScores(target, predicted, options);
  if (scores.types.size === 0)
    throw new TetradError("DATA", { op: "sequenceReport", what: "there is no entity, neither in the target nor predicted" });
  const row = (name: string, { precision, recall, f1, support }: EntityScore): ScoreRow => ({
    name,
    values: [precision, recall, f1],
    support: `${support}`,
  });
  return scoreTable(
    [
      [...scores.types].map(([name, score]) => row(name, score)),
      [row("micro avg", scores.micro), row("macro avg", scores.macro), row("weighted avg", scores.weighted)],
    ],
    digits,
  );
}
