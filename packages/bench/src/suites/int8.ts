/** Products in integers against products in f32: one square, and the encoder of MiniLM's shapes with every linear layer in int8. */
import { linearInt8, matmul, quantizeWeights, type Tensor } from "@tetrad/engine";
import { compare } from "../measure/compare.js";
import type { Contender } from "../measure/contender.js";
import { describeMachine } from "../measure/machine.js";
import { pairedRatio } from "../measure/statistics.js";
import { type Own, ofEach, ownFunction, withEngines } from "../own/engine.js";
import { ownBertForward, ownBertForwardInt8 } from "../own/transformers.js";
import { openAll } from "../peers/index.js";
import { bertProblem } from "../problems/bert.js";
import { matrixProblem } from "../problems/gemm.js";
import { forwardFlops } from "../problems/transformer.js";
import type { Comparison, Figure, SuiteContext, SuiteResult, Timing } from "../suite.js";
import { absentNotes, comparisonTable } from "../text.js";

const SIZE = 1024;
/** Rounding to seven and eight bits leaves the direction of a result nearly as it was. */
const LEAST_COSINE = 0.98;

export async function run(context: SuiteContext): Promise<SuiteResult> {
  const { peers, threads } = context;
  return withEngines(
    threads.map((count) => ({ threads: count })),
    async (engines) => {
      const square = await compare(
        context,
        `product ${SIZE} × ${SIZE} × ${SIZE}`,
        { contenders: [...(await ofEach(engines, productF32)), ...(await ofEach(engines, productInt8))], absent: {} },
        similar(),
        { flops: 2 * SIZE ** 3 },
      );
      const problem = bertProblem(32, 64);
      const field = await openAll(peers, "bertForward", problem, threads);
      const encoder = await compare(
        context,
        "forward of MiniLM's shapes, 32 × 64 tokens",
        {
          contenders: [
            ...(await ofEach(engines, (own) => ownBertForward(own, problem))),
            ...(await ofEach(engines, (own) => ownBertForwardInt8(own, problem))),
            ...field.contenders,
          ],
          absent: field.absent,
        },
        similar(),
        { flops: forwardFlops(problem) },
      );
      const comparisons = [square, encoder];
      return {
        comparisons,
        tables: comparisons.map((comparison) => comparisonTable(comparison, "ms")),
        figures: figures(square, encoder),
        notes: absentNotes(comparisons),
      };
    },
  );
}

function productF32(own: Own): Promise<Contender> {
  return product(own, own.label, async () =>
    own.engine.compileFunction(({ x, w }) => ({ y: matmul(x as Tensor, w as Tensor, { transposeB: true }) }), {
      x: [SIZE, SIZE],
      w: [SIZE, SIZE],
    }),
  );
}

function productInt8(own: Own): Promise<Contender> {
  const { b } = matrixProblem(SIZE, SIZE, SIZE, "f32");
  const { bytes } = quantizeWeights(b, [SIZE, SIZE], "int8");
  return product(
    own,
    `${own.label}, int8`,
    async () =>
      own.engine.compileFunction(({ x, w }) => ({ y: linearInt8(x as Tensor, w as Tensor, "int8", [SIZE, SIZE]) }), {
        x: [SIZE, SIZE],
        w: { shape: [SIZE / 8, bytes.length / (SIZE / 8)], dtype: "u8" },
      }),
    bytes,
  );
}

async function product(
  own: Own,
  name: string,
  compile: () => ReturnType<Own["engine"]["compileFunction"]>,
  bytes?: Uint8Array,
): Promise<Contender> {
  const { a, b } = matrixProblem(SIZE, SIZE, SIZE, "f32");
  const program = await compile();
  program.set({ x: a, w: bytes ?? b });
  return { ...ownFunction(own, program, "y"), name };
}

/** Results must point the same way as the first one, which is f32. */
function similar(): (result: ArrayLike<number>) => void {
  let expected: ArrayLike<number> | undefined;
  return (result) => {
    if (expected === undefined) {
      expected = Float32Array.from(result);
      return;
    }
    let [dot, own, other] = [0, 0, 0];
    for (let i = 0; i < expected.length; i++) {
      const [x, y] = [expected[i] as number, result[i] as number];
      dot += x * y;
      own += x * x;
      other += y * y;
    }
    const cosine = dot / Math.sqrt(own * other);
    if (!(cosine >= LEAST_COSINE)) throw new Error(`its cosine with the f32 result is ${cosine}, expected at least ${LEAST_COSINE}`);
  };
}

function figures(square: Comparison, encoder: Comparison): Figure[] {
  const vnni = describeMachine().features.includes("avx_vnni");
  const least = { unit: "×", atLeast: true };
  const own = ({ timings }: Comparison, int8: boolean) =>
    Object.entries(timings).filter(([name, { who }]) => who === "tetrad" && name.endsWith(", int8") === int8);
  const found: Figure[] = [];
  for (const [name, f32] of own(square, false)) {
    const int8 = square.timings[`${name}, int8`] as Timing;
    found.push({ name: `int8 against f32, ${name}`, value: pairedRatio(f32.rounds, int8.rounds).value, goal: vnni ? 2.8 : 1.15, ...least });
  }
  for (const [name, int8] of own(encoder, true)) {
    for (const [peer, timing] of Object.entries(encoder.timings)) {
      if (timing.threads !== int8.threads || !/^(ort web|torch avx2)/.test(peer)) continue;
      found.push({
        name: `encoder of ${name} against ${peer}`,
        value: pairedRatio(timing.rounds, int8.rounds).value,
        goal: peer.startsWith("ort") ? 3 : 1,
        ...least,
      });
    }
  }
  return found;
}
