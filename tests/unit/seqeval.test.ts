// Entities, scores and reports against seqeval, default and strict, in every scheme, well-formed and not.
import { readFileSync } from "node:fs";
import {
  detectScheme,
  type EntityScore,
  entitiesByScheme,
  entitiesOf,
  entityF1,
  type Scheme,
  sequenceReport,
  sequenceScores,
} from "@tetrad/language";
import { expect, test } from "vitest";
import { describeShared } from "../support/shared.js";

type Tags = readonly (readonly string[])[];
type Found = readonly (readonly (readonly [string, number, number])[])[];
interface Mode {
  readonly text?: Readonly<Record<string, string | { readonly error: string }>>;
  readonly dict?: Readonly<Record<string, Readonly<Record<string, number | "NaN">>>>;
  readonly error?: string;
}
interface Case {
  readonly scheme: Scheme;
  readonly y_true: Tags;
  readonly y_pred: Tags;
  readonly accuracy: number;
  readonly entities_default: { readonly true: Found; readonly pred: Found };
  readonly entities_strict: { readonly true: Found; readonly pred: Found } | { readonly error: string };
  readonly default: Mode;
  readonly strict: Mode;
}

describeShared("seqeval", "golden/metrics/sequence-labelling.json", (path) => {
  const cases = JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<string, Case>>;

  test.each(Object.entries(cases))("%s: entities", (_, { scheme, y_true, y_pred, entities_default: loose, entities_strict: strict }) => {
    for (const [tags, found] of [
      [y_true, loose.true],
      [y_pred, loose.pred],
    ] as const) {
      expect(tags.map((list) => entitiesOf(list).map(({ type, begin, end }) => [type, begin, end - 1]))).toEqual(found);
    }
    if ("error" in strict) {
      expect(() => [...y_true, ...y_pred].map((list) => entitiesByScheme(list, scheme))).toThrow(/no tag of/);
      return;
    }
    for (const [tags, found] of [
      [y_true, strict.true],
      [y_pred, strict.pred],
    ] as const) {
      expect(tags.map((list) => entitiesByScheme(list, scheme).map(({ type, begin, end }) => [type, begin, end]))).toEqual(found);
    }
  });

  test.each(Object.entries(cases).flatMap(([name, one]) => [[name, "default", one] as const, [name, "strict", one] as const]))(
    "%s, %s: report and scores",
    (_, mode, one) => {
      const options = mode === "strict" ? { scheme: one.scheme } : {};
      const { text = {}, dict = {}, error } = one[mode];
      if (error !== undefined) {
        expect(() => sequenceScores(one.y_true, one.y_pred, options)).toThrow(/no tag of/);
        return;
      }
      const scores = sequenceScores(one.y_true, one.y_pred, options);
      expect(scores.accuracy).toBeCloseTo(one.accuracy, 14);
      if (mode === "default") expect(entityF1(one.y_true, one.y_pred)(Int32Array.from(one.y_true.keys()))).toBeCloseTo(scores.micro.f1, 14);
      const rows: Record<string, EntityScore> = {
        ...Object.fromEntries(scores.types),
        "micro avg": scores.micro,
        "macro avg": scores.macro,
        "weighted avg": scores.weighted,
      };
      expect(Object.keys(rows)).toEqual(Object.keys(dict));
      for (const [name, want] of Object.entries(dict)) {
        const { precision, recall, f1, support } = rows[name] as EntityScore;
        const wanted = ["precision", "recall", "f1-score", "support"].map((key) => Number(want[key]));
        [precision, recall, f1, support].forEach((got, i) => {
          if (Number.isNaN(wanted[i])) expect(got).toBeNaN();
          else expect(got).toBeCloseTo(wanted[i] as number, 14);
        });
      }
      for (const [digits, want] of Object.entries(text)) {
        const report = () => sequenceReport(one.y_true, one.y_pred, { ...options, digits: Number(digits) });
        if (typeof want === "string") expect(report()).toBe(want);
        else expect(report).toThrow(/no entity/);
      }
    },
  );

  test.each(Object.entries(cases).filter(([name]) => /^(iob1|iob2|iobes|bilou|ioe2)$/.test(name)))(
    "%s is recognised",
    (_, { scheme, y_true }) => {
      expect(detectScheme(y_true)).toBe(scheme);
    },
  );
});

test("tags of no scheme are named", () => {
  expect(() => detectScheme([["X-PER"]])).toThrow(/no known scheme.*X/);
  expect(() => entitiesByScheme(["O", "Q-PER"], "IOB2")).toThrow(/no tag of IOB2.*"Q-PER".*token 2/);
});
