/** The work of `tetrad init`. */
import { parseJsonObject, readBytes } from "@tetrad/engine";
import { freshLm, saveModel, Tokenizer } from "@tetrad/language";
import type { Context } from "../context.js";
import { findTokenizer } from "../language/find-model.js";

export interface InitOptions {
  readonly config: string;
  readonly tokenizer: string;
  readonly out: string;
  readonly seed: number;
}

export async function initAction(context: Context, { config, tokenizer: given, out, seed }: InitOptions): Promise<void> {
  const json = parseJsonObject(await readBytes(config), config, { what: "configuration" });
  const tokenizer = await Tokenizer.load(await findTokenizer(context, given));
  const { parameters, tokens } = await context.withEngine(async (engine) => {
    const model = freshLm(engine, json, tokenizer, { seed, source: config });
    await saveModel(model, out);
    return { parameters: model.store.layout.reduce((sum, { size }) => sum + size, 0), tokens: model.backbone.vocabulary };
  });
  context.terminal.result(
    `${parameters.toLocaleString("en")} random numbers, ${tokens.toLocaleString("en")} tokens; saved in ${out}; train it with: tetrad finetune lm --model ${out}`,
    { model: out, parameters, tokens },
  );
}
