/** Text that goes on from a prompt, or from each of several. */

import { checkSequences } from "../tasks/labels.js";
import { Answer, fullOptions, type Generated, type GenerateOptions, type Prompt, promptOf } from "./answer.js";
import type { TextGenerator } from "./open.js";

/** @throws TetradError ARGUMENT for sampling numbers out of range, and for a prompt that fills the context */
export async function generate(generator: TextGenerator, prompt: Prompt, options: GenerateOptions = {}): Promise<Generated> {
  const [answer] = await generateBatch(generator, [prompt], options);
  return answer as Generated;
}

export interface BatchOptions extends Omit<GenerateOptions, "onText"> {
  readonly onText?: (text: string, prompt: number) => void;
  /** Told of each answer when it has ended, by its prompt's number */
  readonly onAnswer?: (answer: Generated, prompt: number) => void;
}

/**
 * The answers that `generate` gives, as many at a time as the generator has sequences: whoever has ended makes room for the next prompt.
 * @returns answers in the order of the prompts
 * @throws TetradError as `generate`; DATA for a prompt without a token
 */
export async function generateBatch(
  generator: TextGenerator,
  prompts: readonly Prompt[],
  { onAnswer, onText, ...given }: BatchOptions = {},
): Promise<Generated[]> {
  const { decoder } = generator;
  const options = fullOptions(generator, given);
  const waiting = prompts.map((prompt, number) => ({ number, ids: promptOf(generator, prompt) })).reverse();
  // Of several, one that is nothing is named before the others are answered; of one the decoder says it.
  if (prompts.length > 1) checkSequences("generate", waiting.map(({ ids }) => ids).reverse());
  const answers: Generated[] = [];
  const running = new Array<{ readonly number: number; readonly answer: Answer } | undefined>(decoder.sequences).fill(undefined);
  const next: (number | undefined)[] = new Array(decoder.sequences).fill(undefined);
  const advance = (sequence: number, logits: Float32Array) => {
    const { number, answer } = running[sequence] as NonNullable<(typeof running)[number]>;
    next[sequence] = answer.next(logits);
    if (next[sequence] !== undefined) return;
    running[sequence] = undefined;
    const { done } = answer;
    answers[number] = done;
    onAnswer?.(done, number);
  };
  while (waiting.length > 0 || running.some((one) => one !== undefined)) {
    for (let sequence = 0; sequence < decoder.sequences; sequence++) {
      while (running[sequence] === undefined && waiting.length > 0) {
        const { number, ids } = waiting.pop() as (typeof waiting)[number];
        const own = onText === undefined ? options : { ...options, onText: (text: string) => onText(text, number) };
        running[sequence] = { number, answer: new Answer(generator, ids, own) };
        // Whoever is told to stop reads no more prompts.
        advance(sequence, given.signal?.aborted === true ? new Float32Array(0) : await decoder.begin(ids, sequence));
      }
    }
    if (running.every((one) => one === undefined)) break;
    const logits = await decoder.step(next);
    running.forEach((one, sequence) => {
      if (one !== undefined) advance(sequence, logits.subarray(sequence * decoder.vocabulary, (sequence + 1) * decoder.vocabulary));
    });
  }
  return answers;
}
