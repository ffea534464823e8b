/** What each token writes, as bytes: some write a part of a character. */

import { type JsonObject, TetradError } from "@tetrad/engine";

/** Bytes that GPT-2's `bytes_to_unicode` writes as they are; the others become characters from U+0100 on, in their order. */
const isPlain = (byte: number) => (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);

/** The character that a byte-level BPE writes for each byte. */
export const BYTE_CHARACTERS: readonly string[] = (() => {
  let other = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPlain(byte) ? byte : other++));
})();

const BYTES = new Map(BYTE_CHARACTERS.map((character, byte) => [character, byte]));

/**
 * @param json tokenizer.json
 * @returns by token; undefined for special ones, which are no text
 * @throws TetradError UNSUPPORTED for tokenizers whose tokens are not put together as they are, WordPiece above all
 */
export function tokenBytes(json: JsonObject, vocabulary: ReadonlyMap<string, number>): readonly (Uint8Array | undefined)[] {
  const decoder = JSON.stringify(json["decoder"] ?? null);
  const [byteLevel, fallback] = [decoder.includes('"ByteLevel"'), decoder.includes('"ByteFallback"')];
  if (!byteLevel && !fallback && !decoder.includes('"Metaspace"')) {
    throw new TetradError("UNSUPPORTED", {
      op: "tokenizer",
      what: "what a token of this kind writes depends on its neighbours",
      expected: "a byte-level BPE, or one of SentencePiece's",
    });
  }
  const added = new Map(
    ((json["added_tokens"] ?? []) as readonly { readonly id: number; readonly special?: boolean }[]).map(({ id, special }) => [
      id,
      special,
    ]),
  );
  const utf8 = new TextEncoder();
  const bytesOf = (token: string, id: number): Uint8Array | undefined => {
    if (added.has(id)) return added.get(id) === true ? undefined : utf8.encode(token);
    if (byteLevel) return Uint8Array.from(token, (character) => BYTES.get(character) ?? 0);
    const [, hex] = /^<0x([0-9A-F]{2})>$/.exec(token) ?? [];
    return hex === undefined ? utf8.encode(token.replaceAll("\u2581", " ")) : Uint8Array.of(Number.parseInt(hex, 16));
  };
  const all: (Uint8Array | undefined)[] = [];
  for (const [token, id] of vocabulary) all[id] = bytesOf(token, id);
  return all;
}
