/** How an opened model is used: how much of a text it reads, and who hears of what it does not. */

import type { LanguageModel } from "../model.js";
import { tokenLimit } from "../models/backbone.js";

/** How a model is used, whatever its head. */
export interface UseOptions {
  /** Longer texts are cut. The model's own limit unless told. */
  readonly maxTokens?: number;
  /** Told how many texts of a call were longer than how many tokens, where some were */
  readonly onCut?: (texts: number, maxTokens: number) => void;
}

/** The part of a model that says how it is used. */
export function useOf({ backbone }: LanguageModel, { maxTokens, onCut }: UseOptions) {
  return { maxTokens: tokenLimit(backbone, maxTokens), ...(onCut !== undefined && { onCut }) };
}

/** Says how many texts were longer than the model reads. */
export function tellCut({ onCut, maxTokens }: ReturnType<typeof useOf>, encoded: readonly { readonly cut: number }[]): void {
  const texts = encoded.filter(({ cut }) => cut > 0).length;
  if (texts > 0) onCut?.(texts, maxTokens);
}
