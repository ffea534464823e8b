/** Characters inside a JSON string, as bytes of UTF-8 or as escapes (RFC 8259, RFC 3629). */

import type { Expression, Expressions } from "./expression.js";

type Range = readonly [number, number];

/** Printable characters of ASCII as a string's own bytes: all but the quotation mark and the backslash */
const PLAIN: readonly Range[] = [
  [0x20, 0x21],
  [0x23, 0x5b],
  [0x5d, 0x7e],
];

/** Characters beyond ASCII: two, three or four bytes, none of which spells half of a pair or more than U+10FFFF */
function beyondAscii(make: Expressions): Expression {
  const next = make.byte([0x80, 0xbf]);
  return make.either(
    make.sequence(make.byte([0xc2, 0xdf]), next),
    make.sequence(make.byte([0xe0, 0xe0]), make.byte([0xa0, 0xbf]), next),
    make.sequence(make.byte([0xe1, 0xec], [0xee, 0xef]), next, next),
    make.sequence(make.byte([0xed, 0xed]), make.byte([0x80, 0x9f]), next),
    make.sequence(make.byte([0xf0, 0xf0]), make.byte([0x90, 0xbf]), next, next),
    make.sequence(make.byte([0xf1, 0xf3]), next, next, next),
    make.sequence(make.byte([0xf4, 0xf4]), make.byte([0x80, 0x8f]), next, next),
  );
}

/** Any character of a string. Control characters are written by their short escapes. */
export function anyCharacter(make: Expressions): Expression {
  const escaped = make.sequence(make.text("\\"), make.either(...[...'"\\/bfnrt'].map((c) => make.text(c))));
  return make.either(make.byte(...PLAIN), escaped, beyondAscii(make));
}

/** One character, as JSON writes it */
export const character = (make: Expressions, c: string): Expression => make.text(JSON.stringify(c).slice(1, -1));

/** A character of a set of ASCII's, or, `beyond`, of all that are not ASCII */
export function oneOfCharacters(make: Expressions, codes: ReadonlySet<number>, beyond: boolean): Expression {
  const written = [...codes].map((code) => character(make, String.fromCharCode(code)));
  return make.either(...written, ...(beyond ? [beyondAscii(make)] : []));
}
