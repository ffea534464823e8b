/** The work of `tetrad embed`. */
import { writeFileAtomic, writeSafetensors } from "@tetrad/engine";
import { embed, openEmbedder } from "@tetrad/language";
import { CalledWrongly } from "../called-wrongly.js";
import type { Context } from "../context.js";
import { findModel } from "../language/find-model.js";
import { textsFrom } from "../language/texts.js";
import { duration } from "../progress.js";

export interface EmbedFlags {
  readonly text: string;
  readonly out?: string;
  readonly maxTokens?: number;
  readonly quantize?: "int8";
}

export async function embedAction(context: Context, given: string, data: string, flags: EmbedFlags): Promise<void> {
  const { terminal, withEngine } = context;
  const { texts, table } = await textsFrom(data, flags.text);
  const isFile = table !== undefined;
  if (isFile && flags.out === undefined) {
    throw new CalledWrongly({
      op: "embed",
      what: "the vectors of a file need a file",
      hint: "say where they go: --out vectors.safetensors",
    });
  }
  const { folder } = await findModel(context, given);
  const progress = terminal.progress("embedding");
  const { result, seconds } = await withEngine(async (engine) => {
    const embedder = await openEmbedder(engine, folder, {
      ...(flags.maxTokens !== undefined && { maxTokens: flags.maxTokens }),
      ...(flags.quantize !== undefined && { quantize: flags.quantize }),
    });
    const begin = performance.now();
    const vectors = await embed(engine, embedder, texts, (done) =>
      progress.update(done / texts.length, `${done} of ${texts.length} texts`),
    ).finally(() => progress.end());
    return { result: vectors, seconds: (performance.now() - begin) / 1000 };
  });
  const { vectors, width, tokens, cut } = result;
  if (cut > 0) terminal.note(`note: ${cut} texts are longer than the model reads and were cut`);
  if (flags.out !== undefined) {
    const tensors = { embeddings: { shape: [texts.length, width], data: vectors } };
    await writeFileAtomic(flags.out, writeSafetensors(tensors, { format: "pt", model: given, texts: data }));
  }
  const line = `${texts.length} vectors of ${width} numbers in ${duration(seconds)}, ${Math.round(tokens / seconds)} tokens a second`;
  const own = isFile ? {} : { vector: Array.from(vectors) };
  terminal.result(flags.out === undefined ? Array.from(vectors).join(" ") : `${line}; written to ${flags.out}`, {
    texts: texts.length,
    width,
    tokens,
    cut,
    seconds,
    out: flags.out ?? null,
    ...own,
  });
}
