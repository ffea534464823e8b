/** The work of `tetrad generate`. */
import { generate, openGenerator } from "@tetrad/language";
import type { Context } from "../context.js";
import { interruptible } from "../interrupt.js";
import { findModel } from "../language/find-model.js";

export interface GenerateFlags {
  readonly maxTokens: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly stop?: readonly string[];
  readonly seed: number;
  readonly context: number;
  readonly activations?: "float" | "int8";
  readonly stream?: boolean;
  readonly chat?: boolean;
  readonly system?: string;
}

export async function generateAction(context: Context, given: string, prompt: string, flags: GenerateFlags): Promise<void> {
  const { terminal, withEngine } = context;
  const { maxTokens, stream, context: most, activations, chat, system, ...options } = flags;
  const streamed = stream === true && !terminal.json;
  const { folder, ...place } = await findModel(context, given);
  const answer = await withEngine(async (engine) => {
    terminal.status("reading the model");
    const generator = await openGenerator(engine, folder, {
      context: most,
      quantized: true,
      ...(activations !== undefined && { activations }),
      ...place,
    });
    terminal.status("");
    const said = [...(system === undefined ? [] : [{ role: "system", content: system }]), { role: "user", content: prompt }];
    const text = chat === true ? generator.model.tokenizer.chat(said) : prompt;
    if (streamed && chat !== true) terminal.write(prompt);
    return interruptible((signal) =>
      generate(generator, text, {
        ...options,
        maxNewTokens: maxTokens,
        signal,
        ...(streamed && { onText: (part: string) => terminal.write(part) }),
      }),
    );
  });
  if (streamed) terminal.write("\n");
  const { text, ids, reason, seconds } = answer;
  terminal.note(
    `${ids.length} tokens, ${(ids.length / seconds.answer).toFixed(1)} a second, after ${seconds.prompt.toFixed(2)} s for the prompt; ended by ${ENDS[reason]}`,
  );
  if (!streamed) terminal.result(chat === true ? text : `${prompt}${text}`, { prompt, text, tokens: ids.length, reason, seconds });
}

const ENDS = { end: "the model", stop: "a stop text", length: "--max-tokens or the context", aborted: "Ctrl-C" } as const;
