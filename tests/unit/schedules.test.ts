// Every schedule against transformers' and torch's own numbers, and the ways in which a person can misname one.
import {
  makeSchedule,
  type OneCycleOptions,
  oneCycleBeta1,
  type PlateauOptions,
  ReduceOnPlateau,
  SCHEDULE_NAMES,
  type ScheduleOptions,
} from "@tetrad/engine";
import { expect, test } from "vitest";
import goldens from "../goldens/optim/schedules.json" with { type: "json" };

interface Case {
  readonly source: string;
  readonly kind?: string;
  readonly num_warmup_steps?: number;
  readonly options: Record<string, unknown>;
  readonly lr: number[];
  readonly lr_past_the_end?: number[];
  readonly beta1?: number[];
  readonly metric?: number[];
  readonly lr_after_last?: number;
}

const camel = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
const CLASSES: Record<string, string> = {
  ExponentialLR: "exponential",
  StepLR: "step",
  MultiStepLR: "multi_step",
  CosineAnnealingLR: "cosine_annealing",
  OneCycleLR: "one_cycle",
};

function optionsOf(golden: Case): ScheduleOptions {
  const options = Object.fromEntries(
    Object.entries(golden.options)
      .filter(([key]) => key !== "max_lr" && key !== "total_steps")
      .map(([key, value]) => [key === "T_max" ? "tMax" : camel(key), value]),
  );
  const warmup = golden.num_warmup_steps ? { warmupSteps: golden.num_warmup_steps } : {};
  return { name: golden.kind ?? CLASSES[golden.source.replace("torch.", "")], ...warmup, ...options } as ScheduleOptions;
}

const cases = Object.entries(goldens.cases as unknown as Record<string, Case>);
const plateau = (golden: Case): boolean => golden.source === "torch.ReduceLROnPlateau";

/** Largest deviation over the base rate: the goldens carry all 64 bits. */
function deviation(actual: readonly number[], expected: readonly number[]): number {
  expect(actual).toHaveLength(expected.length);
  return Math.max(...actual.map((value, i) => Math.abs(value - (expected[i] as number))));
}

test.each(cases.filter(([, golden]) => !plateau(golden)))("%s", (_, golden) => {
  const schedule = makeSchedule(optionsOf(golden), goldens.base_lr, goldens.steps);
  const expected = [...golden.lr, ...(golden.lr_past_the_end ?? [])];
  expect(
    deviation(
      expected.map((_, step) => schedule(step)),
      expected,
    ),
  ).toBeLessThan(1e-12 * goldens.base_lr);
  if (golden.beta1 !== undefined) {
    const beta1 = oneCycleBeta1(optionsOf(golden) as OneCycleOptions, goldens.steps);
    expect(
      deviation(
        golden.beta1.map((_, step) => beta1(step)),
        golden.beta1,
      ),
    ).toBeLessThan(1e-12);
  }
});

test.each(cases.filter(([, golden]) => plateau(golden)))("%s, interrupted half-way", (_, golden) => {
  const options = Object.fromEntries(Object.entries(golden.options).map(([key, value]) => [camel(key), value])) as PlateauOptions;
  let scheduler = new ReduceOnPlateau(goldens.base_lr, options);
  const rates = (golden.metric as number[]).map((metric, epoch) => {
    const rate = scheduler.lr;
    scheduler.update(metric);
    if (epoch === 17) {
      const saved = JSON.parse(JSON.stringify(scheduler.state));
      scheduler = new ReduceOnPlateau(1, options);
      scheduler.restore(saved);
    }
    return rate;
  });
  expect(deviation([...rates, scheduler.lr], [...golden.lr, golden.lr_after_last as number])).toBeLessThan(1e-12 * goldens.base_lr);
});

test("every name is covered by a golden", () => {
  expect(new Set(cases.filter(([, golden]) => !plateau(golden)).map(([, golden]) => optionsOf(golden).name))).toEqual(
    new Set(SCHEDULE_NAMES),
  );
});

test("a ratio of warm-up steps rounds up", () => {
  const byRatio = makeSchedule({ name: "linear", warmupRatio: 0.051 }, 1, 40);
  const bySteps = makeSchedule({ name: "linear", warmupSteps: 3 }, 1, 40);
  for (let step = 0; step < 40; step++) expect(byRatio(step)).toBe(bySteps(step));
});

test("mistakes are named", () => {
  expect(() => makeSchedule({ name: "cosin" } as unknown as ScheduleOptions, 1, 10)).toThrow(
    /no schedule of this name — got "cosin", expected cosine\?/,
  );
  expect(() => makeSchedule({ name: "polynomial", lrEnd: 2 }, 1, 10)).toThrow(/lrEnd is not below the base rate/);
  expect(() => makeSchedule({ name: "cosine_with_min_lr" }, 1, 10)).toThrow(/neither minLr nor minLrRate/);
  expect(() => makeSchedule({ name: "linear", warmupSteps: -1 }, 1, 10)).toThrow(/warm-up is negative/);
  expect(() => new ReduceOnPlateau(1, { factor: 1 })).toThrow(/does not reduce/);
});
