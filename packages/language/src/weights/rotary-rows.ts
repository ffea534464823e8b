/** Rows of queries and keys in the order that transformers has them in, for files that have them in llama's own. */

/**
 * Llama's own code turns neighbouring elements of a head by one angle, transformers an element of the first half and one of the second: rows are stored so that
 * both do the same.
 * @param bytes `rows` rows of one length, in any format
 */
export function halvesTogether(bytes: Uint8Array, rows: number, heads: number): Uint8Array {
  const size = bytes.length / rows;
  const half = rows / heads / 2;
  const out = new Uint8Array(bytes.length);
  for (let row = 0; row < rows; row++) {
    const [head, within] = [Math.floor(row / (2 * half)), row % (2 * half)];
    const from = head * 2 * half + (within % half) * 2 + Math.floor(within / half);
    out.set(bytes.subarray(from * size, (from + 1) * size), row * size);
  }
  return out;
}
