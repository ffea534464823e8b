// GEMM against float64 arithmetic: every layout, hostile sizes, batches, epilogues; the same bits for any number of threads; nothing written beyond C.
import { type Build, control, kernelVariants, loadModule, supportsRelaxedSimd } from "@tetrad/kernels-wasm";
import { describe, expect, test } from "vitest";

type Dtype = "f32" | "f64";
type Kernel = (params: number, thread: number, threads: number) => void;
type Epilogue = (params: number, lo: number, hi: number, thread: number) => void;

const HOSTILE = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 65, 129];
const MAX_THREADS = 4;
const PARAMS = 1024;
const GUARD = 64;
const SENTINEL = 0xa5;
const builds: Build[] = supportsRelaxedSimd() ? ["baseline", "relaxed"] : ["baseline"];

interface Layout {
  readonly transA: boolean;
  readonly transB: boolean;
}
const layouts: Record<string, Layout> = {
  nn: { transA: false, transB: false },
  nt: { transA: false, transB: true },
  tn: { transA: true, transB: false },
  tt: { transA: true, transB: true },
};

interface Problem extends Layout {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly accumulate?: boolean;
  readonly variant?: number;
  /** Elements by which each stored row is longer than it need be. */
  readonly pad?: { readonly a: number; readonly b: number; readonly c: number };
  /** Outermost first; `a`, `b`: whether the operand has the dimension, or is broadcast along it. */
  readonly batch?: readonly { readonly size: number; readonly a: boolean; readonly b: boolean }[];
  readonly epilogue?: Epilogue;
}

/** One thread after another does its share: GEMM has no barriers, so that is what concurrent threads would compute. */
class Bench {
  readonly memory = new WebAssembly.Memory({ initial: 512, maximum: 65536, shared: true });
  readonly table = new WebAssembly.Table({ initial: 8, element: "anyfunc" });
  readonly words = new Int32Array(this.memory.buffer);
  readonly bytes = new Uint8Array(this.memory.buffer);
  readonly data: Float32Array | Float64Array;
  readonly start: number;

  private constructor(
    readonly dtype: Dtype,
    private readonly kernel: Kernel,
  ) {
    this.data = dtype === "f32" ? new Float32Array(this.memory.buffer) : new Float64Array(this.memory.buffer);
    this.start = 4096 + MAX_THREADS * control.SCRATCH_BYTES;
    this.words[control.SCRATCH_BASE >> 2] = 4096;
  }

  static async create(build: Build, dtype: Dtype): Promise<Bench> {
    const module = await loadModule(build, `dense-${dtype}`);
    const kernels: { [name: string]: Kernel } = {};
    const bench = new Bench(dtype, (p, thread, threads) => kernels[`gemm_${dtype}`]?.(p, thread, threads));
    const { exports } = await WebAssembly.instantiate(module, { env: { memory: bench.memory, table: bench.table } });
    Object.assign(kernels, exports);
    return bench;
  }

  /** Computes the problem with 1, 2, 3 and 4 threads, checks bits, sentinels and the float64 reference; returns C. */
  check(problem: Problem, random: () => number): Float64Array {
    const { m, n, k, transA, transB, accumulate = false, variant = 0, pad = { a: 0, b: 0, c: 0 }, batch = [] } = problem;
    const size = this.data.BYTES_PER_ELEMENT;
    const [rowsA, colsA] = transA ? [k, m] : [m, k];
    const [rowsB, colsB] = transB ? [n, k] : [k, n];
    const [lda, ldb, ldc] = [colsA + pad.a, colsB + pad.b, n + pad.c];
    const strides = { a: rowsA * lda, b: rowsB * ldb, c: m * ldc };
    const dims = [...batch].reverse().map(({ size: count, a, b }) => {
      const dim = [count, a ? strides.a : 0, b ? strides.b : 0, strides.c];
      strides.a *= a ? count : 1;
      strides.b *= b ? count : 1;
      strides.c *= count;
      return dim;
    });
    const items = batch.reduce((product, { size: count }) => product * count, 1);

    // Odd distances: nothing may rely on alignment, and what lies beyond an operand is NaN.
    let address = this.start + GUARD;
    const place = (elements: number): number => {
      const at = address;
      this.data.fill(Number.NaN, at / size, at / size + elements + GUARD);
      address += elements * size + GUARD + size;
      return at;
    };
    const fill = (at: number, matrices: number, rows: number, cols: number, ld: number): void => {
      for (let row = 0; row < matrices * rows; row++) for (let col = 0; col < cols; col++) this.data[at / size + row * ld + col] = random();
    };
    const a = place(strides.a);
    const b = place(strides.b);
    const c = place(strides.c);
    fill(a, rowsA * lda > 0 ? strides.a / (rowsA * lda) : 0, rowsA, colsA, lda);
    fill(b, rowsB * ldb > 0 ? strides.b / (rowsB * ldb) : 0, rowsB, colsB, ldb);
    const before = new Uint8Array(strides.c * size + 2 * GUARD).fill(SENTINEL);
    const old = new (this.dtype === "f32" ? Float32Array : Float64Array)(strides.c);
    // Without accumulation the old values are NaN, so that a C which is read at all is seen.
    for (let i = 0; i < old.length; i++) old[i] = accumulate || i % ldc >= n ? random() : Number.NaN;
    before.set(new Uint8Array(old.buffer), GUARD);

    const epilogueSlot = problem.epilogue === undefined ? 0 : 5;
    if (problem.epilogue !== undefined) this.table.set(5, asTableFunction(problem.epilogue));
    const words = [
      c,
      a,
      b,
      epilogueSlot,
      777,
      m,
      n,
      k,
      lda,
      ldb,
      ldc,
      transA,
      transB,
      accumulate,
      variant,
      batch.length,
      ...dims.reverse().flat(),
    ];
    this.words.set(words.map(Number), PARAMS >> 2);

    let result: Uint8Array | undefined;
    for (const threads of [1, 2, 3, MAX_THREADS]) {
      this.bytes.set(before, c - GUARD);
      for (let thread = 0; thread < threads; thread++) this.kernel(PARAMS, thread, threads);
      const after = this.bytes.slice(c - GUARD, c - GUARD + before.length);
      result ??= after;
      if (!equal(result, after)) throw new Error(`${threads} threads give other bits than one: ${JSON.stringify({ ...problem, batch })}`);
    }
    if (result === undefined) throw new Error("nothing ran");
    const got = new (this.dtype === "f32" ? Float32Array : Float64Array)(result.slice(GUARD, result.length - GUARD).buffer);
    for (let i = 0; i < GUARD; i++) {
      if (result[i] !== SENTINEL || result[result.length - 1 - i] !== SENTINEL)
        throw new Error(`wrote beyond C: ${JSON.stringify(problem)}`);
    }

    // |error| ≤ γ_{k+2} (Σ|a||b| + |c|), Higham, Accuracy and Stability, 3.5; twice, for the reference is rounded too.
    const unit = this.dtype === "f32" ? 2 ** -24 : 2 ** -53;
    const gamma = (2 * (k + 2) * unit) / (1 - (k + 2) * unit);
    const values = new Float64Array(items * m * n);
    for (let item = 0; item < items; item++) {
      let [atA, atB, atC, rest] = [a / size, b / size, 0, item];
      for (const [count = 1, strideA = 0, strideB = 0, strideC = 0] of [...dims].reverse()) {
        const step = rest % count;
        rest = (rest - step) / count;
        atA += step * strideA;
        atB += step * strideB;
        atC += step * strideC;
      }
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < ldc; j++) {
          const index = atC + i * ldc + j;
          const value = got[index] as number;
          if (j >= n) {
            if (value !== old[index]) throw new Error(`wrote between rows of C: ${JSON.stringify(problem)}`);
            continue;
          }
          let sum = accumulate ? (old[index] as number) : 0;
          let magnitude = Math.abs(sum);
          for (let p = 0; p < k; p++) {
            const product =
              (this.data[transA ? atA + p * lda + i : atA + i * lda + p] as number) *
              (this.data[transB ? atB + j * ldb + p : atB + p * ldb + j] as number);
            sum += product;
            magnitude += Math.abs(product);
          }
          values[item * m * n + i * n + j] = value;
          if (problem.epilogue === undefined && !(Math.abs(value - sum) <= gamma * magnitude)) {
            throw new Error(`C[${item},${i},${j}] = ${value}, expected ${sum} ± ${gamma * magnitude}: ${JSON.stringify(problem)}`);
          }
        }
      }
    }
    return values;
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** A table takes wasm functions only: a module that imports `f` (i32 × 4) → () and exports it again. */
function asTableFunction(f: Epilogue): Epilogue {
  const module = new WebAssembly.Module(
    Uint8Array.of(
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...[1, 8, 1, 0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 0],
      ...[2, 7, 1, 1, 0x65, 1, 0x66, 0, 0], // import "e" "f"
      ...[7, 5, 1, 1, 0x66, 0, 0], // export "f"
    ),
  );
  return new WebAssembly.Instance(module, { e: { f } }).exports["f"] as Epilogue;
}

/** Mulberry32 in (−1, 1): the same numbers on every machine. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

for (const build of builds) {
  for (const dtype of ["f32", "f64"] as const) {
    describe(`gemm_${dtype}, ${build} build`, async () => {
      const bench = await Bench.create(build, dtype);

      for (const [name, layout] of Object.entries(layouts)) {
        test(`${name}: hostile sizes`, () => {
          const random = generator(1);
          let turn = 0;
          for (const m of HOSTILE) {
            for (const n of HOSTILE) {
              for (const k of HOSTILE) {
                turn++;
                const pad = { a: turn % 3 === 0 ? 3 : 0, b: turn % 5 === 0 ? 1 : 0, c: turn % 7 === 0 ? 2 : 0 };
                bench.check({ ...layout, m, n, k, pad, accumulate: turn % 2 === 0 }, random);
              }
            }
          }
        });

        test(`${name}: sizes that cross the blocks of k, of columns and of packed panels`, () => {
          const random = generator(2);
          for (const [m, n, k] of [
            [19, 21, 257],
            [7, 9, 513],
            [37, 251, 259],
            [20, 530, 40],
            [64, 96, 300],
            [3, 1100, 11],
            [3, 1100, 259],
            [2, 515, 601],
            [8, 21, 300],
            [9, 21, 300],
            [80, 130, 257],
            [1, 2500, 9],
            [2500, 1, 9],
            [1, 5, 3001],
            [61, 1, 700],
          ] as const) {
            for (const accumulate of [false, true]) bench.check({ ...layout, m, n, k, accumulate }, random);
          }
        });

        test(`${name}: batches, broadcast operands`, () => {
          const random = generator(3);
          const both = { a: true, b: true };
          for (const [m, n, k] of [
            [5, 9, 7],
            [1, 17, 6],
            [13, 1, 5],
            [8, 8, 0],
          ] as const) {
            for (const batch of [
              [{ size: 3, ...both }],
              [{ size: 16, a: true, b: false }],
              [{ size: 4, a: false, b: true }],
              [
                { size: 2, ...both },
                { size: 3, a: true, b: false },
              ],
              [
                { size: 2, a: false, b: true },
                { size: 1, ...both },
                { size: 5, a: true, b: false },
              ],
              [
                { size: 2, a: true, b: false },
                { size: 3, a: false, b: true },
                { size: 2, ...both },
                { size: 2, a: true, b: false },
              ],
              [{ size: 0, ...both }],
            ]) {
              bench.check({ ...layout, m, n, k, batch, accumulate: batch.length % 2 === 0 }, random);
            }
          }
        });

        test(`${name}: variants give the same bits`, () => {
          for (const [m, n, k] of [
            [80, 130, 300],
            [75, 67, 1030],
            [3, 1100, 259],
            [200, 9, 600],
            [1, 70, 513],
          ] as const) {
            const usual = bench.check({ ...layout, m, n, k }, generator(7));
            kernelVariants.gemm.forEach((variantName, variant) => {
              expect(bench.check({ ...layout, m, n, k, variant }, generator(7)), variantName).toEqual(usual);
            });
          }
        });

        test(`${name}: an epilogue sees each finished element of C once`, () => {
          for (const [m, n, k] of [
            [1, 1, 1],
            [33, 17, 5],
            [1, 3000, 4],
            [300, 1, 12],
            [40, 260, 270],
            [9, 11, 0],
            [700, 33, 3],
          ] as const) {
            for (const batch of [[], [{ size: 5, a: true, b: true }]]) {
              const expected = bench.check({ ...layout, m, n, k, batch }, generator(5));
              const { data } = bench;
              const [rowsA, rowsB] = [layout.transA ? k * m : m * k, layout.transB ? n * k : k * n];
              const items = batch.length === 0 ? 1 : 5;
              const size = data.BYTES_PER_ELEMENT;
              const c = bench.start + GUARD + 2 * (GUARD + size) + items * (rowsA + rowsB) * size;
              const seen: number[] = [];
              bench.check(
                {
                  ...layout,
                  m,
                  n,
                  k,
                  batch,
                  epilogue: (params, lo, hi, thread) => {
                    if (params !== 777 || thread < 0 || thread >= MAX_THREADS) throw new Error(`epilogue(${params}, …, ${thread})`);
                    if (hi - lo > 8192) throw new Error(`a range of ${hi - lo} elements`);
                    for (let i = lo; i < hi; i++) {
                      seen.push(i);
                      if (data[c / size + i] !== expected[i]) throw new Error(`element ${i} is not finished`);
                      data[c / size + i] = 2 * (expected[i] as number) + 1;
                    }
                  },
                },
                generator(5),
              );
              const runs = 4; // with 1, 2, 3 and 4 threads
              expect(seen.length).toBe(runs * items * m * n);
              expect(new Set(seen).size).toBe(items * m * n);
            }
          }
        });
      }
    });
  }
}
