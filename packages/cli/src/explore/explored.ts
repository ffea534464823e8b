/** What every method of `tetrad explore` takes and gives. */
import type { Engine } from "@tetrad/engine";
import type { Theory, TheoryData } from "@tetrad/theory";
import type { ExploreCommandOptions } from "../actions/explore.js";
import type { NumberColumn } from "../column-files.js";
import type { Progress } from "../progress.js";
import type { Section } from "../report/page.js";

export interface Exploration {
  readonly engine: Engine;
  readonly theory: Theory;
  readonly data: TheoryData | undefined;
  readonly options: ExploreCommandOptions;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export interface Explored {
  /** For a terminal, lines without the heading. */
  readonly lines: readonly string[];
  /** For --json. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly sections: readonly Section[];
  /** For --out. */
  readonly columns: readonly NumberColumn[];
}

export type ExploreMethod = (exploration: Exploration) => Promise<Explored>;
