/** Texts and what is to be made of them, as an encoder and a decoder read them. */

export interface SourceTarget {
  readonly source: string;
  readonly target: string;
}

export interface Seq2SeqLimits {
  /** Put before every source: `summarize: ` for T5 as it was published */
  readonly sourcePrefix?: string;
  /** Longer sources are cut, and counted; 512 unless told */
  readonly maxSourceTokens?: number;
  /** Longer targets are cut; 128 unless told */
  readonly maxTargetTokens?: number;
}

/** Tokens, unless told */
export const SEQ2SEQ_LIMITS = { source: 512, target: 128 } as const;

/** A source as the encoder reads it. */
export const prefixed = (source: string, { sourcePrefix = "" }: Seq2SeqLimits): string => `${sourcePrefix}${source}`;
