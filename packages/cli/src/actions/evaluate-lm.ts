/** `tetrad evaluate` of a model that foretells next tokens: its perplexity of texts. */
import { openLm, stridedPerplexity } from "@tetrad/language";
import type { Context } from "../context.js";
import type { ModelPlace } from "../language/find-model.js";
import { readWrittenTexts } from "../language/texts.js";
import type { EvaluateOptions } from "./evaluate.js";

export async function evaluateLm(
  { terminal, withEngine }: Context,
  { folder, ...place }: ModelPlace,
  path: string,
  { text, maxTokens, stride }: EvaluateOptions,
  seconds: () => number,
): Promise<void> {
  const texts = await readWrittenTexts(path, text);
  const options = { ...(maxTokens !== undefined && { maxTokens }), ...(stride !== undefined && { stride }) };
  const { perplexity, tokens } = await withEngine(async (engine) =>
    stridedPerplexity(engine, await openLm(engine, folder, { ...place, quantized: true }), texts, options),
  );
  terminal.result(
    `${texts.length} texts of ${path} in ${seconds().toFixed(1)} s:\n\nperplexity of ${tokens} tokens: ${perplexity.toFixed(2)}`,
    { texts: texts.length, tokens, perplexity, seconds: seconds() },
  );
}
