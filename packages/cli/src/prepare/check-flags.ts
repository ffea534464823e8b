/** Options of `tetrad prepare` that contradict each other, or say something of what was not asked for. */
import { checkShares } from "@tetrad/engine";
import type { PrepareOptions } from "../actions/prepare.js";
import { CalledWrongly } from "../called-wrongly.js";

/** @throws TetradError ARGUMENT naming the first contradiction */
export function checkFlags(options: PrepareOptions): void {
  const { features, label, validationShare = 0, testShare = 0 } = options;
  const isSplit = validationShare > 0 || testShare > 0;
  const rules: readonly (readonly [broken: boolean, what: string, hint: string])[] = [
    [options.test !== undefined && testShare > 0, "--test and --test-share both say what the test part is", "leave one of them out"],
    [options.labelMap !== undefined && label === undefined, "--label-map needs --label", "name the column of classes"],
    [options.dropConflicts === true && label === undefined, "--drop-conflicts needs --label", "name the column of classes"],
    [
      options.duplicates === "off" && options.dropDuplicates === true,
      "--drop-duplicates contradicts --duplicates off",
      "leave one of them out",
    ],
    [
      options.duplicates === "off" && options.dropConflicts === true,
      "--drop-conflicts contradicts --duplicates off",
      "leave one of them out",
    ],
    [options.group !== undefined && !isSplit, "--group needs a split", "say how large: --test-share 0.2"],
    [
      options.group !== undefined && options.group === label && options.stratify,
      "--group and --label name the same column",
      "a class cannot be in one part and in all; add --no-stratify",
    ],
    [features === "embeddings" && options.model === undefined, "--features embeddings needs --model", "name an encoder's folder"],
    [
      features !== "embeddings" && options.model !== undefined,
      "--model is for --features embeddings",
      "to count a model's tokens: --tokenizer",
    ],
    [
      features !== "tfidf" && (options.maxFeatures ?? options.minDf ?? options.ngrams) !== undefined,
      "--max-features, --min-df and --ngrams are for --features tfidf",
      "leave them out, or ask for these features",
    ],
    [!Number.isInteger(options.seed) || options.seed < 0, "--seed is no whole number from 0 up", "choose 0, say"],
  ];
  checkShares({ validation: validationShare, test: testShare });
  const broken = rules.find(([isBroken]) => isBroken);
  if (broken !== undefined) throw new CalledWrongly({ op: "prepare", what: broken[1], hint: broken[2] });
}
