/** The work of `tetrad generate`. */
import { type Engine, type Json, parseJson, readBytes, writeFileAtomic } from "@tetrad/engine";
import {
  type BeamOptions,
  beamSearch,
  type Generated,
  type GenerateOptions,
  generate,
  generateBatch,
  openGenerator,
  type TextGenerator,
} from "@tetrad/language";
import { CalledWrongly } from "../called-wrongly.js";
import type { Context } from "../context.js";
import { interruptible } from "../interrupt.js";
import { findModel } from "../language/find-model.js";
import { textsFrom } from "../language/texts.js";
import { flagOf } from "../language/training-arguments.js";
import type { Terminal } from "../terminal.js";

export interface GenerateFlags {
  readonly maxTokens: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  /** What commander makes of --no-repeat-ngram-size; 0 where it is not given */
  readonly repeatNgramSize: number;
  readonly minNewTokens?: number;
  readonly badWords?: readonly string[];
  readonly numBeams?: number;
  readonly lengthPenalty?: number;
  readonly earlyStopping?: true | "never";
  readonly numReturnSequences?: number;
  readonly jsonSchema?: string;
  readonly stop?: readonly string[];
  readonly seed: number;
  readonly context: number;
  readonly activations?: "float" | "int8";
  readonly stream?: boolean;
  readonly chat?: boolean;
  readonly system?: string;
  readonly text: string;
  readonly out?: string;
  readonly batchSize?: number;
}

/** Prompts of a file that are read at once unless told */
const BATCH = 8;

export async function generateAction(context: Context, given: string, prompt: string, flags: GenerateFlags): Promise<void> {
  const { terminal, withEngine } = context;
  checkFlags(flags);
  const { texts, table } = await textsFrom(prompt, flags.text);
  const isFile = table !== undefined;
  if (flags.stream === true && isFile)
    throw new CalledWrongly({ op: "generate", what: "answers to a file's prompts do not stream", hint: "leave --stream out" });
  if (flags.out !== undefined && !isFile)
    throw new CalledWrongly({
      op: "generate",
      what: "--out is for the prompts of a file",
      got: prompt,
      hint: "is its name right?",
    });
  const schema = flags.jsonSchema === undefined ? undefined : parseJson(await readBytes(flags.jsonSchema), flags.jsonSchema);
  const { folder, ...place } = await findModel(context, given);
  const open = async (engine: Engine) => {
    terminal.status("reading the model");
    const generator = await openGenerator(engine, folder, {
      context: flags.context,
      quantized: true,
      ...(flags.activations !== undefined && { activations: flags.activations }),
      ...sequencesOf(flags, isFile),
      ...place,
    });
    terminal.status("");
    checkDraws(generator, flags);
    return generator;
  };
  if (isFile) return withEngine(async (engine) => answerAll(terminal, await open(engine), prompt, texts, flags, schema));
  await withEngine(async (engine) => answerOne(terminal, await open(engine), prompt, flags, schema));
}

/** Beams leave a folder's own number of them alone. */
function sequencesOf({ numBeams, batchSize }: GenerateFlags, isFile: boolean): { readonly sequences?: number } {
  if (numBeams !== undefined && numBeams > 1) return { sequences: numBeams };
  if (batchSize !== undefined) return { sequences: batchSize };
  return isFile ? { sequences: BATCH } : {};
}

/** @throws TetradError ARGUMENT for options that exclude each other */
function checkFlags(flags: GenerateFlags): void {
  const refuse = (what: string, got: string, hint: string): never => {
    throw new CalledWrongly({ op: "generate", what, got, hint });
  };
  const named = (names: readonly (keyof GenerateFlags)[]) => names.filter((name) => flags[name] !== undefined).map(flagOf);
  const drawn = named(["temperature", "topK", "topP", "minP", "jsonSchema", "stop", "stream"]);
  if (flags.numBeams !== undefined && flags.numBeams > 1 && drawn.length > 0)
    refuse("beams are sought without draws, schemas, stop texts and streams", drawn.join(", "), "leave them out, or --num-beams");
  const beamed = named(["lengthPenalty", "earlyStopping", "numReturnSequences"]);
  if (flags.numBeams === undefined && beamed.length > 0)
    refuse("these are options of beams", beamed.join(", "), "say how many: --num-beams 4");
}

/** @throws TetradError ARGUMENT for options of draws where the most probable token is always taken */
function checkDraws({ defaults }: TextGenerator, flags: GenerateFlags): void {
  const idle = (["topK", "topP", "minP"] as const).filter((name) => flags[name] !== undefined);
  if (idle.length === 0 || (flags.temperature ?? defaults.temperature ?? 0) > 0) return;
  throw new CalledWrongly({
    op: "generate",
    what: "nothing is drawn: the most probable token is taken always",
    got: idle.map(flagOf).join(", "),
    hint: "draw: --temperature 0.8; or leave them out",
  });
}

/** What the command line says of how tokens are chosen; what it leaves out is the folder's. */
function optionsOf(flags: GenerateFlags, schema: Json | undefined): GenerateOptions & BeamOptions {
  const { maxTokens, repeatNgramSize, jsonSchema: _, activations: __, context: ___, ...options } = flags;
  return {
    ...options,
    maxNewTokens: maxTokens,
    ...(repeatNgramSize > 0 && { noRepeatNgramSize: repeatNgramSize }),
    ...(schema !== undefined && { schema }),
  };
}

/** How many beams: what the command line says, else the folder. */
function beamsOf({ defaults }: TextGenerator, { numBeams }: GenerateFlags): number {
  return numBeams ?? defaults.numBeams ?? 1;
}

function promptText({ model }: TextGenerator, prompt: string, { chat, system }: GenerateFlags): string {
  const said = [...(system === undefined ? [] : [{ role: "system", content: system }]), { role: "user", content: prompt }];
  return chat === true ? model.tokenizer.chat(said) : prompt;
}

async function answerOne(
  terminal: Terminal,
  generator: TextGenerator,
  prompt: string,
  flags: GenerateFlags,
  schema: Json | undefined,
): Promise<void> {
  const streamed = flags.stream === true && !terminal.json;
  const text = promptText(generator, prompt, flags);
  // An answer to a chat, to what an encoder has read, or by a schema stands for itself.
  const before = flags.chat === true || schema !== undefined || !generator.model.backbone.causal ? "" : prompt;
  const options = optionsOf(flags, schema);
  if (streamed) terminal.write(before);
  const answers = await interruptible<readonly Generated[]>(async (signal) =>
    beamsOf(generator, flags) > 1
      ? beamSearch(generator, text, { ...options, signal })
      : [await generate(generator, text, { ...options, signal, ...(streamed && { onText: (part: string) => terminal.write(part) }) })],
  );
  if (streamed) terminal.write("\n");
  const [best] = answers as [Generated];
  const { ids, reason, seconds } = best;
  terminal.note(
    `${ids.length} tokens, ${(ids.length / seconds.answer).toFixed(1)} a second, after ${seconds.prompt.toFixed(2)} s for the prompt; ended by ${ENDS[reason]}`,
  );
  if (streamed) return;
  const facts = answers.map(factsOf);
  terminal.result(answers.map((answer) => `${before}${answer.text}`).join("\n\n"), {
    prompt,
    ...facts[0],
    seconds,
    ...(facts.length > 1 && { answers: facts }),
  });
}

function factsOf({ text, ids, reason, ...rest }: Generated & { readonly score?: number }) {
  return { text, tokens: ids.length, reason, ...(rest.score !== undefined && { score: rest.score }) };
}

async function answerAll(
  terminal: Terminal,
  generator: TextGenerator,
  path: string,
  prompts: readonly string[],
  flags: GenerateFlags,
  schema: Json | undefined,
): Promise<void> {
  const texts = prompts.map((prompt) => promptText(generator, prompt, flags));
  const options = optionsOf(flags, schema);
  const progress = terminal.progress("writing");
  const begin = performance.now();
  let [done, tokens] = [0, 0];
  const told = (answer: Generated) => {
    done += 1;
    tokens += answer.ids.length;
    progress.update(done / texts.length, `${done} of ${texts.length} answers`);
  };
  const answers = await interruptible(async (signal): Promise<readonly (readonly Generated[])[]> => {
    if (beamsOf(generator, flags) <= 1) {
      return (await generateBatch(generator, texts, { ...options, signal, onAnswer: told })).map((answer) => [answer]);
    }
    const all: (readonly Generated[])[] = [];
    for (const text of texts) {
      all.push(await beamSearch(generator, text, { ...options, signal }));
      told(all.at(-1)?.[0] as Generated);
    }
    return all;
  }).finally(() => progress.end());
  const seconds = (performance.now() - begin) / 1000;
  const rows = answers.flatMap((own, i) => own.map((answer) => ({ prompt: prompts[i], ...factsOf(answer) })));
  const lines = rows.map((row) => JSON.stringify(row)).join("\n");
  if (flags.out !== undefined) await writeFileAtomic(flags.out, `${lines}\n`);
  terminal.note(`${tokens} tokens in ${seconds.toFixed(1)} s, ${(tokens / seconds).toFixed(1)} a second`);
  terminal.result(flags.out === undefined ? lines : `answers to ${texts.length} prompts of ${path} written to ${flags.out}`, {
    prompts: texts.length,
    tokens,
    seconds,
    out: flags.out ?? null,
    answers: rows,
  });
}

const ENDS = { end: "the model", stop: "a stop text", length: "--max-tokens or the context", aborted: "Ctrl-C" } as const;
