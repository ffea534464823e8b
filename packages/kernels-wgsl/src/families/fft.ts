/** Fourier transforms. */
import { type Family, type Kernel, type LaunchShape, type Pass, WORKGROUP } from "../kernel.js";

/** Complex numbers that a workgroup transforms in shared memory, shaders/lib/fft_tile.wgsl. */
const TILE = 1024;
/** Numbers of a column that a stage of a long transform takes at most: TILE / 128 columns side by side are runs of 64 bytes. */
const LONGEST_COLUMN = 128;

/** What shaders/lib/fft_ends.wgsl calls KIND. */
const COMPLEX = 0;
const REAL = 1;
const INVERSE_REAL = 2;

/** The numbers that go through the stages: of the row, or of the convolution. */
function stagedLength({ words }: LaunchShape, kind: number): number {
  const [, n, convolution] = words as [number, number, number];
  if (convolution > 0) return convolution;
  return kind !== COMPLEX && n % 2 === 0 ? n / 2 : n;
}

/** Radices of the stages of a long transform: the fewest factors that columns have room for, as even as they come. */
function radicesOf(length: number): number[] {
  const primes: number[] = [];
  for (let rest = length, p = 2; rest > 1; ) {
    if (rest % p === 0) {
      primes.push(p);
      rest /= p;
    } else p++;
  }
  for (let count = 2; ; count++) {
    const radices = new Array<number>(count).fill(1);
    for (const p of primes.toReversed()) {
      const least = radices.indexOf(Math.min(...radices));
      radices[least] = (radices[least] as number) * p;
    }
    if (Math.max(...radices) <= LONGEST_COLUMN) return radices;
  }
}

function passesFor(kind: number): (shape: LaunchShape) => readonly Pass[] {
  const consts = () => ({ KIND: kind });
  return (shape) => {
    const length = stagedLength(shape, kind);
    if (length <= TILE)
      return [
        {
          shader: "fft_rows",
          groups: ({ words }) => Math.ceil((words[0] as number) / Math.floor(TILE / length)),
          consts,
        },
      ];
    const [, n, convolution] = shape.words as [number, number, number];
    const paired = kind === REAL && n % 2 === 0;
    const radices = radicesOf(length);
    const passes: Pass[] = [];
    const transform = (reads: number, writes: number) => {
      let span = 1;
      radices.forEach((radix, i) => {
        passes.push({
          shader: "fft_stage",
          groups: ({ words }) => Math.ceil(((words[0] as number) * (length / radix)) / Math.floor(TILE / radix)),
          consts,
          words: [passes.length % 2, radix, span, i === 0 ? reads : 0, i === radices.length - 1 ? writes : 0],
        });
        span *= radix;
      });
    };
    if (convolution > 0) transform(1, 0);
    transform(convolution > 0 ? 2 : 1, paired ? 0 : 1);
    if (paired) {
      passes.push({
        shader: "fft_pairs",
        groups: ({ words }) => Math.ceil(((words[0] as number) * (n / 2 + 1)) / WORKGROUP),
        consts,
        words: [passes.length % 2],
      });
    }
    return passes;
  };
}

function transformOf(kind: number): Kernel {
  return {
    passes: passesFor(kind),
    // Two complex numbers for each that goes through the stages.
    scratch(shape) {
      const length = stagedLength(shape, kind);
      return length <= TILE ? 0 : 4 * (shape.words[0] as number) * length;
    },
  };
}

export const fft = {
  fft: transformOf(COMPLEX),
  irfft: transformOf(INVERSE_REAL),
  rfft: transformOf(REAL),
} as const satisfies Family;
