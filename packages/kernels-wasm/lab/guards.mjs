/** Bands around values: what a kernel writes outside its operands, or into its inputs, is seen on whichever device it ran. */

/** Bytes on either side. Kernels read at most 16 past an end, shaders vectors of four words; a stray loop would write more. */
export const GUARD = 256;

/**
 * What is wrong with the memory around the values after a run, or undefined.
 * @param {{ leaves: Map<object, ArrayLike<number>>, updated: Set<object> }} problem
 * @param {Iterable<{ start: number, bytes: number, tensor: object }>} regions a band, the value's bytes, a band
 * @param {{ pattern: number, u8: (at: number, length: number) => Uint8Array, view: (tensor: object) => ArrayLike<number>, planted: (tensor: object, data: ArrayLike<number>) => ArrayLike<number> }} memory
 *   planted: what a leaf's numbers are on the device
 */
export function trespassOf({ leaves, updated }, regions, { pattern, u8, view, planted }) {
  for (const { start, bytes, tensor } of regions) {
    const name = `${tensor.label ?? tensor.node?.op.name ?? "a value"} ${tensor.dtype} [${tensor.shape.join(", ")}]`;
    const before = u8(start, GUARD).findLastIndex((byte) => byte !== pattern);
    if (before >= 0) return `byte ${before - GUARD} before ${name} was written`;
    const after = u8(start + GUARD + bytes, GUARD).findIndex((byte) => byte !== pattern);
    if (after >= 0) return `byte ${after + 1} past the end of ${name} was written`;
  }
  for (const [tensor, data] of leaves) {
    if (tensor.size === 0 || updated.has(tensor)) continue;
    const wanted = planted(tensor, data);
    const at = view(tensor).findIndex((x, i) => !Object.is(x, wanted[i]) && !(Number.isNaN(x) && Number.isNaN(wanted[i])));
    if (at >= 0) return `element ${at} of the input ${tensor.label} [${tensor.shape.join(", ")}] was overwritten`;
  }
  return undefined;
}
