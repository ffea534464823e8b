/** What a suite gets and what it gives: data from which the terminal's tables, the JSON and the HTML report are all made. */
import type { Effort } from "./measure/compare.js";
import type { Yardstick } from "./measure/yardstick.js";
import type { Peer } from "./peers/index.js";

/** One contender's times, in ms a call. */
export interface Timing {
  /** "tetrad", or the peer's name. */
  readonly who: string;
  /** Undefined where the contender chooses for itself. */
  readonly threads?: number;
  readonly median: number;
  readonly min: number;
  /** Median absolute deviation of the rounds' medians. */
  readonly mad: number;
  readonly samples: number;
  /** Median of each round; contenders take turns, so that equal places of two lists were measured next to each other. */
  readonly rounds: readonly number[];
}

/** A ratio of times with its 95 % interval. */
export interface Ratio {
  /** The contender below the line. */
  readonly against: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Several contenders at one piece of work. */
export interface Comparison {
  /** Unique within its suite, and the same in every run: `--compare` finds it by this. */
  readonly name: string;
  readonly timings: Readonly<Record<string, Timing>>;
  /** Times of the machine's yardstick in the same rounds (ms), by which runs of different days are compared. */
  readonly yardstick: readonly number[];
  /** How many times as long as ours each peer takes, at equal threads. */
  readonly ratios: Readonly<Record<string, Ratio>>;
  /** Operations and bytes of one call, where they are known. */
  readonly flops?: number;
  readonly bytes?: number;
  /** Who could not take part, and why. */
  readonly absent?: Readonly<Record<string, string>>;
}

export interface Table {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A figure held against its goal. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: number;
  /** The goal is a least value; otherwise a greatest. */
  readonly atLeast: boolean;
}

/** A piece of work under the roof of one thread. */
export interface RooflinePoint {
  readonly label: string;
  readonly flopsPerByte: number;
  readonly flopsPerSecond: number;
}

/** The machine's limits for one thread. */
export interface Roof {
  readonly flopsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** A quantity that grows with another. */
export interface Curve {
  /** Curves of one chart are drawn together. */
  readonly chart: string;
  readonly label: string;
  readonly who: string;
  readonly threads?: number;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface SuiteResult {
  readonly comparisons: readonly Comparison[];
  readonly tables: readonly Table[];
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
  /** What of ours went wrong; the run fails, but what was measured stands. */
  readonly failures?: readonly string[];
  readonly roof?: Roof;
  readonly points?: readonly RooflinePoint[];
  readonly curves?: readonly Curve[];
}

export interface SuiteContext {
  readonly peers: readonly Peer[];
  readonly effort: Effort;
  readonly yardstick: Yardstick;
  /** Thread counts that are measured: one, and the machine's (or the user's) number. */
  readonly threads: readonly number[];
  /** A language model's folder, for the suite that needs one. */
  readonly model?: string;
  /** Tells the user what is being measured now. */
  log(text: string): void;
}

export type Suite = (context: SuiteContext) => Promise<SuiteResult>;
