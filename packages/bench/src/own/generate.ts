/** Our own side of text generation: a model's folder read by @tetrad/language, its weights in the blocks of their file. */
import { basename } from "node:path";
import { openGenerator, type TextDecoder } from "@tetrad/language";
import type { Contender } from "../measure/contender.js";
import type { TextProblem } from "../problems/text.js";
import type { Own } from "./engine.js";

export type Activations = "float" | "int8";

/** Times of one token after another. Result: the tokens. */
export async function ownDecode(own: Own, problem: TextProblem, activations: Activations): Promise<Contender> {
  const { decoder, name } = await open(own, problem, activations);
  const { prompt, length } = problem;
  return contender(own, name, decoder, async () => {
    let next = greatest(await decoder.begin(prompt, 0));
    const ids = [next];
    const begin = performance.now();
    while (ids.length < length) {
      next = greatest(await decoder.step([next]));
      ids.push(next);
    }
    return { ids, ms: (performance.now() - begin) / (length - 1) };
  });
}

/** Times of reading a prompt. Result: the token after it. */
export async function ownPrompt(own: Own, problem: TextProblem, activations: Activations): Promise<Contender> {
  const { decoder, name } = await open(own, problem, activations);
  return contender(own, name, decoder, async () => {
    const begin = performance.now();
    const next = greatest(await decoder.begin(problem.prompt, 0));
    return { ids: [next], ms: performance.now() - begin };
  });
}

async function open({ engine, label }: Own, { folder, gguf, prompt, length }: TextProblem, activations: Activations) {
  const { decoder } = await openGenerator(engine, folder, {
    quantized: true,
    activations,
    context: prompt.length + length + 1,
    ...(gguf !== undefined && { gguf: basename(gguf) }),
  });
  return { decoder, name: activations === "int8" ? label.replace(",", " int8,") : label };
}

function contender(
  { threads }: Own,
  name: string,
  decoder: TextDecoder,
  run: () => Promise<{ readonly ids: readonly number[]; readonly ms: number }>,
): Contender {
  return {
    name,
    who: "tetrad",
    ...(threads !== undefined && { threads }),
    async sample(milliseconds) {
      const times: number[] = [];
      const end = performance.now() + milliseconds;
      do times.push((await run()).ms);
      while (performance.now() < end);
      return times;
    },
    result: async () => Int32Array.from((await run()).ids),
    close: () => decoder.close(),
  };
}

function greatest(logits: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if ((logits[i] as number) > (logits[best] as number)) best = i;
  return best;
}
