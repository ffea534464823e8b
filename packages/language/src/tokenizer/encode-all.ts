/** Many texts to token numbers, by workers too where that pays; results are the same and in order whoever does the work. */

import { type Encoded, encodeBlock, type Text } from "./encode-block.js";
import type { EncodeOptions, Tokenizer } from "./tokenizer.js";

export interface EncodeAllOptions extends EncodeOptions {
  /** Told of texts that are through */
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
}

/** Texts that are taken at a time: some milliseconds of work, so that messages cost little and the last ones do not wait for one another. */
const BLOCK = 256;

/** Milliseconds of work for one thread from which on workers pay; starting one and building its tokenizer takes 250 (WordPiece) to 600 (a large BPE) of another core, and its cache is warmed anew. */
const PAYS = 2000;

/**
 * @param pays milliseconds of estimated work from which on workers are started
 * @throws TetradError as `Tokenizer.encode`, naming the first text that it is of
 */
export async function encodeAll(
  tokenizer: Tokenizer,
  texts: readonly Text[],
  { onProgress, ...options }: EncodeAllOptions = {},
  pays = PAYS,
): Promise<Encoded[]> {
  const results = new Array<Encoded>(texts.length);
  const failures: { readonly first: number; readonly error: unknown }[] = [];
  let [next, done] = [0, 0];
  /** Takes blocks in order, so that whoever fails leaves no earlier text undone. */
  const work = async (
    encode: (block: readonly Text[], first: number) => Encoded[] | Promise<Encoded[]>,
    most = Number.POSITIVE_INFINITY,
  ) => {
    for (let turn = 0; turn < most && next < texts.length && failures.length === 0; turn++) {
      const first = next;
      next += BLOCK;
      try {
        const encoded = await encode(texts.slice(first, next), first);
        encoded.forEach((one, i) => {
          results[first + i] = one;
        });
        done += encoded.length;
        onProgress?.(done, texts.length);
      } catch (error) {
        failures.push({ first, error });
      }
    }
  };
  const here = (block: readonly Text[], first: number) => encodeBlock(tokenizer, block, first, options);
  // The first block warms up; the second says how fast this is.
  await work(here, 1);
  const begin = performance.now();
  await work(here, 1);
  const left = ((performance.now() - begin) / BLOCK) * (texts.length - next);
  const pool = left > pays ? await openPool(tokenizer, options) : undefined;
  try {
    // Between blocks workers' messages come in.
    const yielding = async (block: readonly Text[], first: number) => {
      await new Promise((resolve) => setTimeout(resolve));
      return here(block, first);
    };
    await Promise.all([work(pool === undefined ? here : yielding), ...(pool?.encoders ?? []).map((encode) => work(encode))]);
  } finally {
    await pool?.close();
  }
  const [failure] = failures.sort((a, b) => a.first - b.first);
  if (failure !== undefined) throw failure.error;
  return results;
}

/** Undefined where there is nobody to share the work with: in a page, or on one core. */
async function openPool(tokenizer: Tokenizer, options: EncodeOptions) {
  if (typeof process !== "object" || process.versions?.node === undefined) return undefined;
  return (await import("./pool.node.js")).openPool(tokenizer, options);
}
