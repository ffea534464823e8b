/** The work of `tetrad finetune classify`. */
import { basename } from "node:path";
import { splitRows } from "@tetrad/engine";
import { evaluateClassifier, finetuneClassifier, type LabelledText, saveClassifier } from "@tetrad/language";
import type { Context } from "../context.js";
import { interruptible } from "../interrupt.js";
import { classifierCard } from "../language/card.js";
import { readLabelled, type TextColumns } from "../language/texts.js";
import { duration } from "../progress.js";

export interface FinetuneClassifyOptions extends TextColumns {
  readonly model: string;
  readonly train: string;
  readonly test?: string;
  readonly testShare: number;
  readonly out: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly maxTokens?: number;
  readonly seed: number;
}

export async function finetuneClassifyAction({ terminal, withEngine }: Context, options: FinetuneClassifyOptions): Promise<void> {
  const read = async (path: string) => {
    const { rows, unlabelled } = await readLabelled(path, options);
    if (unlabelled > 0) terminal.note(`note: ${unlabelled} rows of ${path} have no class and are left out`);
    return rows;
  };
  const all = await read(options.train);
  const { train, test, measuredOn } =
    options.test === undefined ? held(all, options) : { train: all, test: await read(options.test), measuredOn: options.test };
  const progress = terminal.progress("fine-tuning");
  const { run, evaluation } = await withEngine(async (engine) => {
    const outcome = await interruptible((signal) =>
      finetuneClassifier(engine, options.model, train, {
        numTrainEpochs: options.epochs,
        perDeviceTrainBatchSize: options.batchSize,
        learningRate: options.learningRate,
        weightDecay: options.weightDecay,
        seed: options.seed,
        ...(options.maxTokens !== undefined && { maxTokens: options.maxTokens }),
        signal,
        onProgress: ({ step, steps, epoch, epochs, loss, tokensPerSecond, secondsLeft }) =>
          progress.update(
            step / steps,
            `epoch ${epoch + 1}/${epochs} loss ${loss.toFixed(3)} ${Math.round(tokensPerSecond)} tokens/s ${duration(secondsLeft)} left`,
          ),
      }),
    ).finally(() => progress.end());
    const measured = await evaluateClassifier(engine, outcome, test);
    await saveClassifier(outcome, options.out, card(options, train, outcome.labels.length, measured, measuredOn));
    return { run: outcome, evaluation: measured };
  });
  const { fresh, unused } = run.model.weights;
  if (fresh.length > 0) terminal.note(`note: began as random numbers: ${fresh.join(", ")}`);
  if (unused.length > 0) terminal.note(`note: not needed for this task: ${unused.length} tensors of ${options.model}`);
  const { bold, dim } = terminal.colors;
  const counted = [
    `${run.steps} steps in ${duration(run.seconds)}, ${run.tokens} tokens, ${Math.round(run.tokens / run.seconds)} a second`,
    ...(run.cut > 0 ? [`${run.cut} texts are longer than ${run.maxTokens} tokens and were cut`] : []),
    ...(run.empty > 0 ? [`${run.empty} texts are empty`] : []),
    ...(run.interrupted ? ["interrupted: the model is as it was after the last step"] : []),
  ];
  terminal.result(
    [
      bold(`${run.labels.length} classes from ${train.length} texts`),
      ...counted,
      dim(run.placement),
      "",
      `on ${evaluation.texts} texts of ${measuredOn}:`,
      evaluation.report,
      `saved in ${options.out}; use it with: tetrad predict ${options.out} "some text"`,
    ].join("\n"),
    {
      model: options.out,
      classes: run.labels,
      texts: { train: train.length, test: test.length },
      steps: run.steps,
      seconds: run.seconds,
      tokens: run.tokens,
      cut: run.cut,
      empty: run.empty,
      interrupted: run.interrupted,
      finalLoss: run.log.at(-1)?.loss ?? run.losses.at(-1) ?? null,
      accuracy: evaluation.accuracy,
      macroF1: evaluation.macroF1,
      weightedF1: evaluation.weightedF1,
      placement: run.placement,
    },
  );
}

/** Some of the training texts are kept to measure on, so that a number is never of texts that were learned. */
function held(rows: readonly LabelledText[], { testShare, seed, train }: FinetuneClassifyOptions) {
  const numbers = Int32Array.from({ length: rows.length }, (_, i) => i);
  const split = splitRows(numbers, { validation: 0, test: testShare }, seed);
  const pick = (part: Int32Array) => Array.from(part, (i) => rows[i] as LabelledText);
  const kept = pick(split.train);
  const known = new Set(kept.map(({ label }) => label));
  // A class with one text cannot be learned and measured: it is learned.
  const test = pick(split.test).filter(({ label }) => known.has(label));
  const rare = pick(split.test).filter(({ label }) => !known.has(label));
  return { train: [...kept, ...rare], test, measuredOn: `${train} that were kept` };
}

function card(
  { model, train: file, epochs, batchSize, learningRate, weightDecay, seed, maxTokens }: FinetuneClassifyOptions,
  train: readonly LabelledText[],
  classes: number,
  { accuracy, macroF1, weightedF1 }: { readonly accuracy: number; readonly macroF1: number; readonly weightedF1: number },
  measuredOn: string,
): string {
  return classifierCard({
    base: basename(model),
    data: basename(file),
    texts: train.length,
    classes,
    metrics: { accuracy, "macro F1": macroF1, "weighted F1": weightedF1 },
    measuredOn: basename(measuredOn),
    recipe: {
      epochs,
      "texts a step": batchSize,
      "learning rate": learningRate,
      "weight decay": weightDecay,
      seed,
      "most tokens": maxTokens ?? "the model's own limit",
    },
  });
}
