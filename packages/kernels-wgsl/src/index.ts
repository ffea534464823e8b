/** Hands out the shaders: which kernels there are, how they are dispatched, and their texts on demand, one dynamic import a family. */
import { attention } from "./families/attention.js";
import { convolution } from "./families/convolution.js";
import { core } from "./families/core.js";
import { dense } from "./families/dense.js";
import { fft } from "./families/fft.js";
import { index } from "./families/index.js";
import { linalg } from "./families/linalg.js";
import { loss } from "./families/loss.js";
import { norm } from "./families/norm.js";
import { optim } from "./families/optim.js";
import { quant } from "./families/quant.js";
import { recurrent } from "./families/recurrent.js";
import { reduce } from "./families/reduce.js";
import { sort } from "./families/sort.js";
import { type ElementwiseName, library, loaders } from "./generated/sources.js";
import type { Kernel } from "./kernel.js";

export { shaderBuild } from "./generated/sources.js";
export type { Kernel, LaunchShape, Pass, Traits } from "./kernel.js";
export { passesOf, WORKGROUP } from "./kernel.js";

/** By the folder that holds their shaders. */
export const families = {
  attention,
  convolution,
  core,
  dense,
  fft,
  index,
  linalg,
  loss,
  norm,
  optim,
  quant,
  recurrent,
  reduce,
  sort,
} as const;

export type FamilyName = keyof typeof families;
type NamesOf<F> = F extends Readonly<Record<infer Name, Kernel>> ? Name : never;
/** Every kernel, without dtype suffix. */
export type WgslKernelName = { [F in FamilyName]: NamesOf<(typeof families)[F]> }[FamilyName];
type IntegerNamesOf<F> = { [Name in keyof F]: F[Name] extends { readonly integers: true } ? Name : never }[keyof F];
/** Those that work on i32, too. */
export type WgslIntegerKernelName = { [F in FamilyName]: IntegerNamesOf<(typeof families)[F]> }[FamilyName];
/** Every element-wise function. */
export type WgslFunctionName = ElementwiseName;

/** The family that holds a kernel; undefined where there is none. */
export function familyOf(kernel: string): FamilyName | undefined {
  return (Object.keys(families) as FamilyName[]).find((name) => Object.hasOwn(families[name], kernel));
}

/** Where texts come from: the shipped ones, or files that somebody works on. */
export interface ShaderSource {
  /** @throws RangeError where there is none */
  load(family: FamilyName | "elementwise", name: string): Promise<string>;
  /** A file of shaders/lib. */
  snippet(name: string): string | undefined;
}

/** Text of one shader as its file has it, less its comments. */
export async function loadShader(family: FamilyName | "elementwise", name: string): Promise<string> {
  const load = (loaders as Readonly<Record<string, () => Promise<{ readonly sources: Readonly<Record<string, string>> }>>>)[family];
  const text = (await load?.())?.sources[name];
  if (text === undefined) throw new RangeError(`loadShader: no shader "${name}" in the family "${family}"`);
  return text;
}

export const shipped: ShaderSource = {
  load: loadShader,
  snippet: (name) => (library as Readonly<Record<string, string>>)[name],
};

export type Variant = "packed" | "f16" | "i32";

export interface Snippet {
  readonly name: string;
  readonly text: string;
}

/**
 * The snippets of shaders/lib that texts ask for by `//! use name…`, each once and before whoever asks for it.
 * @param variants `name_variant` takes the place of `name` where there is one: "packed" where WGSL has packed_4x8_integer_dot_product, "f16" where the device
 * widens f16 itself, "i32" where numbers are whole
 */
export function librariesOf(
  texts: readonly string[],
  { snippet }: Pick<ShaderSource, "snippet"> = shipped,
  variants: readonly Variant[] = [],
): Snippet[] {
  const found: Snippet[] = [];
  const seen = new Set<string>();
  const visit = (text: string): void => {
    for (const [, names] of text.matchAll(/^\/\/! use (.*)$/gm)) {
      for (const name of (names as string).trim().split(/\s+/)) {
        if (seen.has(name)) continue;
        seen.add(name);
        const variant = variants.find((candidate) => snippet(`${name}_${candidate}`) !== undefined);
        const own = variant === undefined ? name : `${name}_${variant}`;
        const text = snippet(own);
        if (text === undefined) throw new RangeError(`librariesOf: no snippet "${name}" in shaders/lib`);
        visit(text);
        found.push({ name: own, text });
      }
    }
  };
  texts.forEach(visit);
  return found;
}
