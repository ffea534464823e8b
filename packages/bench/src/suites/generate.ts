/** A whole language model that writes: one token after another, and a prompt of 128 tokens, from the weights of a folder that the user names. */
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { compare } from "../measure/compare.js";
import type { Contender } from "../measure/contender.js";
import { type Own, withEngines } from "../own/engine.js";
import { type Activations, ownDecode, ownPrompt } from "../own/generate.js";
import { openAll } from "../peers/index.js";
import { readText, type TextProblem, textProblem } from "../problems/text.js";
import type { Comparison, Figure, SuiteContext, SuiteResult } from "../suite.js";
import { absentNotes, comparisonTable } from "../text.js";

const WORK = [
  { name: "a token after 16", task: "decode", tokens: 16, length: 24, open: ownDecode },
  { name: "a prompt of 128 tokens", task: "prompt", tokens: 128, length: 1, open: ownPrompt },
] as const;
/** Rounded activations first: ratios are to the first of ours. */
const ACTIVATIONS = ["int8", "float"] as const satisfies readonly Activations[];

export async function run(context: SuiteContext): Promise<SuiteResult> {
  const { peers, threads, model } = context;
  if (model === undefined) {
    const notes = ["not measured: --model <folder> names a language model, such as SmolLM2-135M-Instruct with a GGUF file"];
    return { comparisons: [], tables: [], figures: [], notes };
  }
  const comparisons: Comparison[] = [];
  const engines = threads.map((count) => ({ threads: count }));
  await withEngines(engines, async (all) => {
    const widen = peers.some((peer) => peer.name.startsWith("torch"));
    const source = await readText((all[0] as Own).engine, model, widen);
    try {
      for (const { name, task, tokens, length, open } of WORK) {
        const problem = textProblem(source, tokens, length);
        const ours: Contender[] = [];
        for (const activations of ACTIVATIONS) for (const own of all) ours.push(await open(own, problem, activations));
        const field = await openAll(peers, task, problem, threads);
        comparisons.push(await compare(context, name, { ...field, contenders: [...ours, ...field.contenders] }, sameText(problem)));
      }
    } finally {
      if (source.widened !== undefined) await rm(dirname(source.widened), { recursive: true, force: true });
    }
  });
  return {
    comparisons,
    tables: comparisons.map((comparison) => comparisonTable(comparison, "ms")),
    figures: figures(comparisons),
    notes: absentNotes(comparisons),
  };
}

/** Rounded activations may choose another word where two are nearly as likely, but not at once; without them texts are the same. */
function sameText({ length }: TextProblem): (result: ArrayLike<number>, contender: Contender) => void {
  let exact: ArrayLike<number> | undefined;
  let first: number | undefined;
  return (result, { name }) => {
    if (result.length !== length) throw new Error(`${result.length} tokens, expected ${length}`);
    first ??= result[0] as number;
    if (result[0] !== first) throw new Error(`the first token is ${result[0]}, expected ${first}`);
    if (/int8|llama/.test(name)) return;
    exact ??= result;
    for (let i = 0; i < length; i++) if (result[i] !== exact[i]) throw new Error(`token ${i} is ${result[i]}, expected ${exact[i]}`);
  };
}

function figures([decode, prompt]: readonly Comparison[]): Figure[] {
  const found: Figure[] = [];
  const add = (comparison: Comparison | undefined, peer: string, goal: number) => {
    for (const [name, { value, against }] of Object.entries(comparison?.ratios ?? {}))
      if (name.startsWith(peer))
        found.push({ name: `${comparison?.name}: ${against} against ${name}`, value, goal, unit: "×", atLeast: true });
  };
  add(decode, "torch", 3);
  add(decode, "llama", 0.5);
  add(prompt, "torch avx2", 1.2);
  return found;
}
