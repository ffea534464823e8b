/**
 * No shader indexes beyond the end of what it indexes, whatever indices a user gives: in Node they run without clamps. Every access of every shader is
 * checked here on its way (support/checked-indices.ts), which takes longer to compile than the shader: TETRAD_ALL_CASES=1 runs all that the suite runs on
 * WebGPU, otherwise what reads memory by indices of the user's, and what has been wrong before.
 */
import * as engine from "@tetrad/engine";
import { afterAll, describe, expect, test } from "vitest";
import type { Executable } from "../../packages/engine/src/backends/backend.js";
import type { WebGpuBackend } from "../../packages/engine/src/backends/webgpu/backend.js";
import { COPY_DST, STORAGE, UNIFORM } from "../../packages/engine/src/backends/webgpu/flags.js";
import { isFloat } from "../../packages/engine/src/dtype.js";
import { Engine } from "../../packages/engine/src/engine.js";
import { TetradError } from "../../packages/engine/src/errors.js";
import type { NdArray } from "../../packages/engine/src/nd.js";
import type { CaseInput, Op, OpCase } from "../../packages/engine/src/op.js";
import { sizeOf } from "../../packages/engine/src/shape.js";
import { dataset } from "../browser/consumers/main.js";
import { GPU, openOwnWebGpu } from "../support/backends.js";
import { auditBounds, type BoundsAudit } from "../support/bounds-audit.js";
import { caseGraph } from "../support/case-graph.js";
import { LARGE_CASES } from "../support/large-cases.js";
import { opsOf } from "../support/ops-cases.js";
import { optimizers } from "../support/optimizers.js";

const EVERYTHING = process.env["TETRAD_ALL_CASES"] === "1";
/** Cases in which kernels for the adapter of the tests once read beyond an operand's end. */
const ONCE_WRONG: Readonly<Record<string, readonly string[]>> = {
  attentionBackward: ["2 tokens"],
  attentionBiasGradient: ["shared bias"],
  linearInt8: ["int8 17×17×20", "q8_0 17×5×64"],
  linearQuantized: ["f16 2×8×1"],
};

/** Seconds to compile, for indices that `attentionBiasGradient` has as well, or labels that are only compared. */
const LONG = ["attention", "attentionBackward", "linearCrossEntropy", "linearCrossEntropyBackward"];

interface Audited {
  readonly backend: WebGpuBackend;
  readonly audit: BoundsAudit;
}

let opened: Promise<Audited> | undefined;
afterAll(async () => (await opened)?.backend.close());

/** Both variants of kernels, on one device. */
const KINDS = ["as it is", "as on a GPU"] as const;
type Kind = (typeof KINDS)[number];

async function open(kind: Kind): Promise<Audited> {
  opened ??= openOwnWebGpu().then((backend) => ({ backend, audit: auditBounds(backend.gpu.device) }));
  const { backend, audit } = await opened;
  return { backend: kind === "as it is" ? backend : backend.as(GPU), audit };
}

const all = opsOf(engine);

/** In the place of a user's indices, few of which exist, and of other numbers, none of which has an order or a size. */
const NO_INDICES = [-1, 2 ** 31 - 1, -(2 ** 31), 3, 1000, 0, 1, 65_536];
const NO_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, -1, Number.NEGATIVE_INFINITY, 0, 3e38];

function isIndices({ dtype, frozen }: CaseInput): boolean {
  return dtype === "i32" && frozen === true;
}

/** A case with other values wherever `wanted` says so; none where it never does. */
function instead(opCase: OpCase, values: readonly number[], wanted: (input: CaseInput) => boolean): readonly OpCase[] {
  if (!opCase.inputs.some(wanted)) return [];
  const inputs = opCase.inputs.map((input) =>
    wanted(input)
      ? { ...input, values: Array.from({ length: sizeOf(input.shape) }, (_, i) => values[i % values.length] as number) }
      : input,
  );
  return [{ ...opCase, name: `${opCase.name}, ${values.slice(0, 2).join(", ")} …`, inputs }];
}

/** Runs a case, forward and gradients. What comes out is other tests' business, and indices that do not exist may be refused. */
async function run(on: WebGpuBackend, op: Op, opCase: OpCase): Promise<void> {
  const { graph, feeds, forward, gradients } = caseGraph(op, opCase, "f32");
  const outputs = new Map([...forward, ...gradients].map((tensor, i) => [`${i}`, tensor] as const));
  let executable: Executable | undefined;
  try {
    executable = await on.compile({ graph, outputs, leaves: new Map(), seed: 0, maxima: new Map() });
    for (const [name, tensor] of graph.inputs) executable.write(name, (feeds.get(tensor) as NdArray).data);
    await executable.run();
  } catch (error) {
    if (!(error instanceof TetradError) || (error.code !== "DATA" && error.code !== "UNSUPPORTED")) throw error;
  } finally {
    executable?.close();
  }
}

function chosen(op: Op, kind: Kind): readonly OpCase[] {
  const cases = op.cases();
  // Where it is all there is, an i32 is a number.
  const indexed = cases.filter(({ inputs }) => inputs.length > 1).flatMap((opCase) => instead(opCase, NO_INDICES, isIndices));
  if (EVERYTHING) {
    const unordered = cases.flatMap((opCase) => instead(opCase, NO_NUMBERS, ({ dtype = "f32" }) => isFloat(dtype)));
    return [...cases, ...(LARGE_CASES[op.name] ?? []), ...indexed, ...unordered];
  }
  const middle = Math.floor(indexed.length / 2);
  const wrong = kind === "as it is" ? (ONCE_WRONG[op.name] ?? []) : [];
  return [...(LONG.includes(op.name) ? [] : indexed.slice(middle, middle + 1)), ...cases.filter(({ name }) => wrong.includes(name))];
}

describe.each(KINDS)("%s", (kind) => {
  test.each(all.filter((op) => chosen(op, kind).length > 0).map((op) => [op.name, op] as const))("%s", async (_, op) => {
    const { backend, audit } = await open(kind);
    const faults: string[] = [];
    for (const opCase of chosen(op, kind)) {
      await run(backend, op, opCase);
      faults.push(...(await audit.faults()).map((fault) => `${opCase.name}: ${fault}`));
    }
    expect(faults).toEqual([]);
  });

  test.each(EVERYTHING ? Object.entries(optimizers) : [])("a fit with %s", async (_, optimizer) => {
    const { backend, audit } = await open(kind);
    const fit = { ...dataset(70), loss: engine.mse, optimizer: optimizer({ lr: 1e-3, clipNorm: 1 }), batchSize: 32, epochs: 1, seed: 7 };
    await new Engine(backend).fit(engine.mlp([4, 33, 1], { activation: "relu" }), fit);
    expect(await audit.faults()).toEqual([]);
  });
});

test("an index beyond an end is found, in a buffer, in an array of a workgroup and of a thread, and in a vector", async () => {
  const text = `
struct Params { n: u32, by: vec4<u32> }
alias Four = array<f32, 4>;
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
var<workgroup> shared_numbers: array<vec2<f32>, 8>;
fn third(numbers: ptr<function, Four>, i: u32) -> f32 {
  return (*numbers)[i + p.n];
}
@compute @workgroup_size(8)
fn main(@builtin(local_invocation_index) lane: u32) {
  shared_numbers[lane] = vec2<f32>(1.0);
  workgroupBarrier();
  var own = Four();
  let pair = shared_numbers[lane + p.n];
  y[lane] = y[lane + 1u] + pair[0] + pair[lane % 2u] + third(&own, lane % 4u) + f32(p.by[lane / 2u + p.n]);
}`;
  const { backend, audit } = await open("as it is");
  const { gpu } = backend;
  const { pipeline, layout } = await gpu.pipeline("trespasser", text);
  const uniform = gpu.device.createBuffer({ size: 32, usage: UNIFORM | COPY_DST });
  gpu.queue.writeBuffer(uniform, 0, Uint32Array.of(3));
  const y = gpu.device.createBuffer({ size: 32, usage: STORAGE });
  const entries = [uniform, y].map((buffer, binding) => ({ binding, resource: { buffer } }));
  const encoder = gpu.device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, gpu.device.createBindGroup({ layout, entries }));
  pass.dispatchWorkgroups(1);
  pass.end();
  gpu.queue.submit([encoder.finish()]);
  expect(await audit.faults()).toEqual([
    "trespasser: (*numbers)[i + p.n] is 3 beyond its end",
    "trespasser: shared_numbers[lane + p.n] is 3 beyond its end",
    "trespasser: y[lane + 1u] is 1 beyond its end",
    "trespasser: p.by[lane / 2u + p.n] is 3 beyond its end",
  ]);
  expect(await audit.faults()).toEqual([]);
});
