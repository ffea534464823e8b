/**
 * Products of one row, as decoding makes them: bound by reading the weights once. Held against a loop that only reads the same number of bytes, both
 * going through many layers' weights, so that no cache holds them from one call to the next. Shapes of SmolLM2-135M.
 */
import { type FormatName, integerPanels, linearInt8, linearQuantized, quantizeWeights, type Tensor } from "@tetrad/engine";
import { compare } from "../measure/compare.js";
import type { Contender } from "../measure/contender.js";
import { local } from "../measure/contender.js";
import { pairedRatio } from "../measure/statistics.js";
import { type Own, ownFunction, withEngines } from "../own/engine.js";
import { normal } from "../problems/random.js";
import type { Comparison, Figure, SuiteContext, SuiteResult, Table } from "../suite.js";
import { percent, short } from "../text.js";

/** Weights of a decoder's layer, and of its head; as many copies as make more than a core's caches hold. */
const SHAPES = [
  { name: "576 × 1536", out: 1536, columns: 576, copies: 60 },
  { name: "49,152 × 576", out: 49_152, columns: 576, copies: 2 },
] as const;

const INTEGER = ["int8", "q8_0", "q4_0", "q4_1"] as const;
/** With f32 activations weights are widened on their way, which costs arithmetic. */
const WIDENED = ["f16", "q8_0"] as const satisfies readonly FormatName[];

/** What the read loop needs of the wasm backend. */
interface Runtime {
  readonly memory: { allocate(bytes: number): number; free(address: number): void; i32(address: number, length: number): Int32Array };
  slot(kernel: string): number;
  runSync(address: number, count: number, steps: number, threads: number): void;
}

interface Measured {
  readonly shape: string;
  readonly format: string;
  readonly bytes: number;
  readonly comparison: Comparison;
}

export async function run(context: SuiteContext): Promise<SuiteResult> {
  return withEngines([{ threads: 1 }], async ([own]) => {
    const found: Measured[] = [];
    for (const { name, out, columns, copies } of SHAPES) {
      const weights = normal(new Float32Array(out * columns), 11);
      const x = normal(new Float32Array(columns), 12);
      const measure = async (format: FormatName | "int8", integer: boolean): Promise<void> => {
        const stored = quantizeWeights(weights, [out, columns], format);
        const { bytes } = integer && format !== "int8" ? integerPanels(stored) : stored;
        const rows = integer ? Math.ceil(out / 8) : out;
        const spec = { shape: [rows, bytes.length / rows], dtype: "u8" } as const;
        const layers = Array.from({ length: copies }, (_, i) => `w${i}`);
        const product = (input: Tensor, w: Tensor) =>
          integer
            ? linearInt8(input, w, format as (typeof INTEGER)[number], [out, columns])
            : linearQuantized(input, w, format as FormatName, [out, columns]);
        const program = await (own as Own).engine.compileFunction(
          (inputs) => Object.fromEntries(layers.map((layer) => [layer, product(inputs["x"] as Tensor, inputs[layer] as Tensor)])),
          { x: [1, columns], ...Object.fromEntries(layers.map((layer) => [layer, spec])) },
        );
        program.set({ x, ...Object.fromEntries(layers.map((layer) => [layer, bytes])) });
        const contender: Contender = { ...ownFunction(own as Own, program, "w0"), name: "product" };
        const total = bytes.length * copies;
        const comparison = await compare(
          context,
          `${name}, ${format}${integer ? "" : " with f32 activations"}`,
          { contenders: [contender, readLoop(own as Own, total)], absent: {} },
          () => {},
          { flops: 2 * out * columns * copies, bytes: total },
        );
        found.push({ shape: name, format: `${format}${integer ? "" : ", f32 activations"}`, bytes: total, comparison });
      };
      for (const format of INTEGER) await measure(format, true);
      for (const format of WIDENED) await measure(format, false);
    }
    return {
      comparisons: found.map(({ comparison }) => comparison),
      tables: [table(found)],
      figures: figures(found),
      notes: ["whole models: the suite generate"],
    };
  });
}

/** core/probe_read over so many bytes, once a call. */
function readLoop({ engine }: Own, bytes: number): Contender {
  const { runtime } = engine.backend as unknown as { readonly runtime: Runtime };
  const { memory } = runtime;
  const size = bytes - (bytes % 64);
  const region = memory.allocate(size);
  const address = memory.allocate(256);
  // Pages that were never written are all the same page of zeros, which a cache holds.
  memory.i32(region, size / 4).fill(0x01234567);
  memory.i32(address, 7).set([runtime.slot("probe_read"), 0, 7, address + 64, region, size, 1]);
  return {
    name: "read loop",
    who: "tetrad",
    threads: 1,
    sample: local(() => runtime.runSync(address, 1, 1, 1)),
    result: async () => [0],
    close() {
      memory.free(region);
      memory.free(address);
    },
  };
}

const share = ({ comparison: { timings } }: Measured) =>
  pairedRatio((timings["read loop"] as { rounds: readonly number[] }).rounds, (timings["product"] as { rounds: readonly number[] }).rounds)
    .value;

function table(found: readonly Measured[]): Table {
  const rate = ({ bytes, comparison }: Measured, name: string) =>
    short(bytes / (comparison.timings[name] as { median: number }).median / 1e6);
  return {
    title: "one row times stored weights, one thread",
    header: ["", "GB/s", "read loop GB/s", "share", "GOP/s"],
    rows: found.map((one) => [
      `${one.shape}, ${one.format}`,
      rate(one, "product"),
      rate(one, "read loop"),
      percent(share(one)),
      short((one.comparison.flops as number) / (one.comparison.timings["product"] as { median: number }).median / 1e6),
    ]),
  };
}

function figures(found: readonly Measured[]): Figure[] {
  return found
    .filter(({ format }) => (INTEGER as readonly string[]).includes(format))
    .map((one) => ({ name: `${one.shape}, ${one.format}: share of a read loop`, value: share(one), goal: 0.8, unit: "", atLeast: true }));
}
