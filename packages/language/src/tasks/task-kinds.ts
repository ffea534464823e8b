/** The tasks that can share a backbone. */

import type { TaggedSentence } from "../data/conll.js";
import type { Question } from "../data/squad.js";
import type { Answerer } from "./answer.js";
import type { LabelledText, TextClassifier } from "./classify.js";
import type { MultiLabelClassifier, MultiLabelledText } from "./multi-label.js";
import type { RatedText } from "./regress.js";
import type { Tagger } from "./tag.js";
import type { TextModel } from "./whole-texts.js";

/** By the name that `tetrad finetune` has for it: what is learned from, and what it makes */
interface Kinds {
  classify: { readonly row: LabelledText; readonly model: TextClassifier };
  "multi-label": { readonly row: MultiLabelledText; readonly model: MultiLabelClassifier };
  regress: { readonly row: RatedText; readonly model: TextModel };
  ner: { readonly row: TaggedSentence; readonly model: Tagger };
  qa: { readonly row: Question; readonly model: Answerer };
}

export type TaskKind = keyof Kinds;
export const TASK_KINDS = ["classify", "multi-label", "regress", "ner", "qa"] as const satisfies readonly TaskKind[];

interface TaskOptions {
  /** Factor on the task's loss; 1 unless told */
  readonly lossWeight?: number;
  /** As of the task alone */
  readonly maxTokens?: number;
  /** Of `ner` */
  readonly crf?: boolean;
  /** Of `qa` */
  readonly stride?: number;
}

/** Examples of one of the tasks. */
export type TaskPart<Kind extends TaskKind = TaskKind> = {
  [K in Kind]: TaskOptions & {
    readonly kind: K;
    readonly rows: readonly Kinds[K]["row"][];
    /** Examples that are not learned, for evaluations while the others are */
    readonly evaluation?: readonly Kinds[K]["row"][];
  };
}[Kind];

/** What the functions of the task alone take: `classify`, `evaluateTagger`, … */
export type TaskModel<Kind extends TaskKind = TaskKind> = { [K in Kind]: { readonly kind: K } & Kinds[K]["model"] }[Kind];
