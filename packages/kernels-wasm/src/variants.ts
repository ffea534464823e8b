/** Kernels that come in variants, by kernel without its dtype suffix: names in the order of the word's values, 0 being the default; assembly/dense/table.ts. */
export const kernelVariants = {
  gemm: ["by shape", "kc 128", "kc 512", "B packed", "B in place", "threads by rows", "threads by columns"],
} as const satisfies Readonly<Record<string, readonly string[]>>;
