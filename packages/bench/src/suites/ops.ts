/** Every op on one thread, sized up to operands beyond the caches: time, rate, and share of what the machine could do. */
import * as engineModule from "@tetrad/engine";
import { apply, type Engine, type FunctionProgram, mean, mul, type Op, type Optimizer, type Tensor, transpose } from "@tetrad/engine";
import { agree, compare } from "../measure/compare.js";
import type { Contender } from "../measure/contender.js";
import { pairedRatio } from "../measure/statistics.js";
import { type Own, ownFunction, withEngines } from "../own/engine.js";
import { fillInput, flatCase, type SizedCase, sizedCase } from "../problems/op-cases.js";
import type { Comparison, Figure, Roof, RooflinePoint, SuiteContext, SuiteResult } from "../suite.js";
import { percent, short } from "../text.js";

/** Marks for the planner, which copy their operand when nothing else is left of the graph. */
const MARKERS = new Set(["barrier", "checkpoint", "customGradient", "identity", "stopGradient"]);
/** What they compute depends on a random stream, which the float64 reference is not given here. */
const RANDOM = new Set(["uniform", "normal", "dropout"]);
/** Elements of an element-wise op that are held against its float64 reference; the conformance tests hold all of them. */
const CHECKED = 4096;
const AGREEMENT = 1e-3;
/** 130 ops share a minute. */
const EFFORT = { rounds: 3, milliseconds: 20, warmUps: 4 };
/** What ought to be bound by memory, or by the exponential, and nothing else. */
const STREAMING = ["layerNorm", "rmsNorm"];
const EXPONENTIAL = ["softmax", "gelu"];
const BOUND_GOAL = 0.8;

const BYTES = { f32: 4, f64: 8, i32: 4, bool: 1, u8: 1 } as const;

interface Row {
  readonly name: string;
  readonly label: string;
  readonly ms: number;
  readonly flops: number;
  readonly bytes: number;
  /** Largest operand or result. */
  readonly elements: number;
}

export async function run(context: SuiteContext): Promise<SuiteResult> {
  const { effort } = context;
  const less = {
    rounds: Math.min(EFFORT.rounds, effort.rounds),
    milliseconds: Math.min(EFFORT.milliseconds, effort.milliseconds),
    warmUps: Math.min(EFFORT.warmUps, effort.warmUps),
  };
  return withEngines([{ threads: 1 }], async ([first]) => {
    const own = first as Own;
    const { flopsPerSecond, bytesPerSecond } = await own.engine.backend.machine();
    const roof = { flopsPerSecond, bytesPerSecond };
    const comparisons: Comparison[] = [];
    const rows: Row[] = [];
    const notes: string[] = [];
    const failures: string[] = [];
    for (const op of opsOf(engineModule)) {
      const sized = MARKERS.has(op.name) ? undefined : sizedCase(op);
      if (sized === undefined) {
        if (!MARKERS.has(op.name)) notes.push(`${op.name}: absent: it has no cases`);
        continue;
      }
      try {
        const { comparison, row } = await measureOp({ ...context, effort: less }, await prepare(own, op, sized, op.name));
        comparisons.push(comparison);
        rows.push(row);
      } catch (error) {
        // One op's failure must not hide the speed of a hundred others.
        failures.push(`${op.name}: ${(error as Error).message.split("\n")[0]}`);
      }
    }
    const figures: Figure[] = [];
    for (const [name, optimizer] of optimizers()) {
      context.log(name);
      const row = await measureOptimizer(own.engine, name, optimizer);
      rows.push(row);
      if (name !== "adamw") continue;
      const { comparison, row: copied } = await measureOp(
        { ...context, effort: less },
        await prepare(own, engineModule.copyOp, flatCase(Math.ceil(row.bytes / 8)), "copy beside adamw"),
      );
      comparisons.push(comparison);
      figures.push(bound("adamw", "copy's bandwidth", bandwidth(row) / bandwidth(copied)));
    }
    for (const op of opsOf(engineModule)) {
      const yardstick = STREAMING.includes(op.name) ? engineModule.copyOp : EXPONENTIAL.includes(op.name) ? engineModule.expOp : undefined;
      if (yardstick === undefined) continue;
      const { comparison, figure } = await measureBeside(context, own, op, yardstick);
      comparisons.push(comparison);
      figures.push(figure);
    }
    return { ...describe(rows, roof), comparisons, figures, notes, failures };
  });
}

const bandwidth = (row: Row | undefined): number => (row === undefined ? Number.NaN : row.bytes / row.ms / 1e6);

const bound = (name: string, what: string, value: number): Figure => ({
  name: `${name}: share of ${what}`,
  value,
  goal: BOUND_GOAL,
  unit: "",
  atLeast: true,
});

export function opsOf(module: Readonly<Record<string, unknown>>): Op[] {
  return Object.values(module).filter(
    (value): value is Op => typeof value === "object" && value !== null && "lowering" in value && "infer" in value && "cases" in value,
  );
}

/** An op on its operands, ready to be timed. */
interface Prepared {
  readonly name: string;
  readonly label: string;
  readonly contender: Contender;
  readonly flops: number;
  readonly bytes: number;
  /** Largest operand or result. */
  readonly elements: number;
  check(y: ArrayLike<number>): void;
}

async function prepare(own: Own, op: Op, sized: SizedCase, name: string): Promise<Prepared> {
  const { inputs, attrs, label } = sized;
  const specs = Object.fromEntries(
    inputs.map(({ shape, dtype = "f32", transposed }, i) => [
      `x${i}`,
      { shape: transposed === true ? [...shape].reverse() : shape, dtype },
    ]),
  );
  const program = await own.engine.compileFunction((tensors) => {
    const operands = inputs.map(({ transposed }, i) => {
      const x = tensors[`x${i}`] as Tensor;
      return transposed === true ? transpose(x) : x;
    });
    return { y: apply(op, operands, attrs) };
  }, specs);
  const data = inputs.map((input, i) => fillInput(input, 40 + i));
  program.set(Object.fromEntries(data.map((values, i) => [`x${i}`, values])));
  const output = program.outputs.get("y") as Tensor;
  return {
    name,
    label,
    contender: ownFunction(own, program, "y"),
    ...costOf(op, sized, data, output, program),
    elements: Math.max(output.size, ...data.map(({ length }) => length)),
    check: (y) => checkPrefix(op, sized, data, y),
  };
}

async function measureOp(
  context: SuiteContext,
  { name, label, contender, flops, bytes, elements, check }: Prepared,
): Promise<{ comparison: Comparison; row: Row }> {
  const comparison = await compare(context, name, { contenders: [contender], absent: {} }, check, { flops, bytes });
  const { min } = comparison.timings[contender.name] as { min: number };
  return { comparison, row: { name, label, ms: min, flops, bytes, elements } };
}

/** How fast a copy is depends on which cache holds it, and on what else the machine does: so it is one of as many bytes, in turns; and so is the exponential. */
async function measureBeside(context: SuiteContext, own: Own, op: Op, yardstick: Op): Promise<{ comparison: Comparison; figure: Figure }> {
  const copies = yardstick === engineModule.copyOp;
  const one = await prepare(own, op, sizedCase(op) as SizedCase, op.name);
  const other = await prepare(own, yardstick, flatCase(copies ? Math.ceil(one.bytes / 8) : one.elements), yardstick.name);
  const named = ({ contender, name }: Prepared) => ({ ...contender, name });
  const comparison = await compare(
    context,
    `${op.name} beside ${yardstick.name}`,
    { contenders: [named(one), named(other)], absent: {} },
    (y, { name }) => (name === one.name ? one : other).check(y),
    { flops: one.flops, bytes: one.bytes },
  );
  const rounds = ({ name }: Prepared) => (comparison.timings[name] as { rounds: readonly number[] }).rounds;
  const { value } = pairedRatio(rounds(other), rounds(one));
  return { comparison, figure: bound(op.name, copies ? "copy's bandwidth" : "exp's rate", value) };
}

/** Operations and bytes of one call. Launches know best, but to be asked they are run many times, and an element-wise op's cost is plain. */
function costOf(
  op: Op,
  { elementwise, inputs, attrs }: SizedCase,
  data: readonly { readonly byteLength: number }[],
  output: Tensor,
  program: FunctionProgram,
): { readonly flops: number; readonly bytes: number } {
  if (!elementwise) {
    const launches = program.profile();
    const total = (key: "flops" | "bytes") => launches.reduce((sum, launch) => sum + launch[key], 0);
    return { flops: total("flops"), bytes: total("bytes") };
  }
  const specs = inputs.map(({ shape, dtype = "f32" }) => ({ shape, dtype }));
  const written = output.size * BYTES[output.dtype];
  return { flops: op.flops(specs, [output], attrs), bytes: data.reduce((sum, { byteLength }) => sum + byteLength, written) };
}

/** Holds the first elements of an element-wise op against its reference; of others only that something was computed. */
function checkPrefix(op: Op, { elementwise, inputs, attrs }: SizedCase, data: readonly ArrayLike<number>[], y: ArrayLike<number>): void {
  if (!elementwise || RANDOM.has(op.name)) {
    if (y.length === 0) throw new Error("it computed nothing");
    return;
  }
  const count = Math.min(CHECKED, y.length);
  const arrays = data.map((values, i) => ({
    shape: [count],
    dtype: inputs[i]?.dtype ?? ("f32" as const),
    data: Float64Array.from({ length: count }, (_, k) => values[k] as number),
  }));
  const [expected] = op.reference(arrays, attrs, op.infer(arrays, attrs));
  const wanted = (expected as { data: Float64Array }).data;
  const finite = [...wanted.keys()].filter((i) => Number.isFinite(wanted[i]));
  agree(
    finite.map((i) => y[i] as number),
    finite.map((i) => wanted[i] as number),
    AGREEMENT,
    1,
  );
}

/** The optimisers that this version exports; their update is one launch over the flat parameters. */
function optimizers(): [string, Optimizer][] {
  const names = ["sgd", "adam", "adamw", "rmsprop", "adagrad", "lion", "adafactor", "muon", "lamb", "adadelta", "nadam", "radam", "adamax"];
  return names.flatMap((name) => {
    const make = (engineModule as Readonly<Record<string, unknown>>)[name];
    return typeof make === "function"
      ? [[name, (make as (options: { lr: number }) => Optimizer)({ lr: 1e-3 })] as [string, Optimizer]]
      : [];
  });
}

/** Fifteen products of a matrix: a larger one would take minutes. */
const MUON_SHAPE = [512, 512];

async function measureOptimizer(engine: Engine, name: string, optimizer: Optimizer): Promise<Row> {
  const shape = name === "muon" ? MUON_SHAPE : [2048, 1024];
  const store = engine.store({ w: shape });
  const program = await engine.compile(store, { x: shape }, ({ w }, { x }) => mean(mul(w as Tensor, x as Tensor)), { optimizer });
  program.set({ x: fillInput({ shape }, 50) as Float32Array });
  // The update comes last: everything after the loss is recorded, but for the count of steps.
  const times = program.profile();
  const recorded = times.findIndex(({ title }) => title.startsWith("record_loss"));
  const updates = times.slice(recorded + 1).filter(({ title }) => !title.startsWith("end_step"));
  const total = (key: "microseconds" | "flops" | "bytes") => updates.reduce((sum, launch) => sum + launch[key], 0);
  const row = {
    name,
    label: `[${shape.join(", ")}]`,
    ms: total("microseconds") / 1000,
    flops: total("flops"),
    bytes: total("bytes"),
    elements: (shape[0] as number) * (shape[1] as number),
  };
  program.close();
  engine.releaseOptimizerState(store);
  store.release();
  return row;
}

function describe(rows: readonly Row[], roof: Roof): Pick<SuiteResult, "tables" | "roof" | "points"> {
  const copy = rows.find(({ name }) => name === "copy");
  const ofCopy = (row: Row) => bandwidth(row) / bandwidth(copy);
  const share = ({ flops, bytes, ms }: Row) => (Math.max(flops / roof.flopsPerSecond, bytes / roof.bytesPerSecond) * 1000) / ms;
  return {
    tables: [
      {
        title: `one thread, f32, fastest calls; roof ${short(roof.flopsPerSecond / 1e9)} GFLOP/s, ${short(roof.bytesPerSecond / 1e9)} GB/s`,
        header: ["op", "operands", "µs", "GFLOP/s", "GB/s", "roofline", "of copy"],
        rows: rows.map((row) => [
          row.name,
          row.label,
          short(row.ms * 1000),
          row.flops === 0 ? "–" : short(row.flops / row.ms / 1e6),
          short(bandwidth(row)),
          percent(share(row)),
          percent(ofCopy(row)),
        ]),
      },
    ],
    roof,
    points: rows.filter(({ flops, bytes, ms }) => flops > 0 && bytes > 0 && ms > 0).map(point),
  };
}

function point({ name, flops, bytes, ms }: Row): RooflinePoint {
  return { label: name, flopsPerByte: flops / bytes, flopsPerSecond: (flops / ms) * 1000 };
}
