/** How well entities are found: seqeval's scores and report, in its default and its strict mode. */

import { type ScoreRow, scoreTable, TetradError } from "@tetrad/engine";
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
  right: number;
  predicted: number;
  support: number;
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
  const find = (tags: readonly string[]) => (scheme === undefined ? entitiesOf(tags) : entitiesByScheme(tags, scheme));
  const byType = new Map<string, Counts>();
  const countsOf = (type: string) => {
    const known = byType.get(type) ?? { right: 0, predicted: 0, support: 0 };
    byType.set(type, known);
    return known;
  };
  let [tags, equal] = [0, 0];
  target.forEach((own, i) => {
    const guess = predicted[i] as readonly string[];
    const [want, got] = [find(own), find(guess)];
    const key = ({ type, begin, end }: Entity) => `${begin} ${end} ${type}`;
    const truth = new Set(want.map(key));
    for (const entity of want) countsOf(entity.type).support += 1;
    for (const entity of got) {
      const counts = countsOf(entity.type);
      counts.predicted += 1;
      if (truth.has(key(entity))) counts.right += 1;
    }
    tags += own.length;
    equal += own.filter((tag, k) => tag === guess[k]).length;
  });
  const names = [...byType.keys()].sort((a, b) => (a < b ? -1 : 1));
  const types = new Map(names.map((name) => [name, scoreOf(byType.get(name) as Counts)]));
  const all = [...types.values()];
  const support = all.reduce((sum, score) => sum + score.support, 0);
  const mean = (weight: (score: EntityScore) => number): EntityScore => {
    const over = (key: "precision" | "recall" | "f1") => all.reduce((sum, score) => sum + score[key] * weight(score), 0);
    return { precision: over("precision"), recall: over("recall"), f1: over("f1"), support };
  };
  const sum = { right: 0, predicted: 0, support: 0 };
  for (const counts of byType.values()) for (const name of ["right", "predicted", "support"] as const) sum[name] += counts[name];
  const none = Number.NaN;
  return {
    types,
    micro: scoreOf(sum),
    macro: all.length === 0 ? { precision: none, recall: none, f1: none, support } : mean(() => 1 / all.length),
    weighted: mean((score) => (support === 0 ? 0 : score.support / support)),
    accuracy: equal / tags,
  };
}

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
