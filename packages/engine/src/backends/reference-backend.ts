/** The oracle as a backend: float64 arithmetic node by node, for tests and for users who doubt a kernel. */

import { type DType, type HostArray, hostArray } from "../dtype.js";
import { TetradError } from "../errors.js";
import type { Machine } from "../explain.js";
import { type NdArray, ndFrom } from "../nd.js";
import type { Piece } from "../optim/runs.js";
import { permute } from "../random.js";
import { formatSite } from "../site.js";
import type { Tensor } from "../tensor.js";
import { type Backend, type BatchSource, type CompileRequest, type Executable, type LaunchTime, SCALAR, type Segment } from "./backend.js";
import { interpret, liveSpec, type Occasion } from "./reference.js";

class HostSegment implements Segment {
  readonly #data: HostArray;

  constructor(
    readonly dtype: DType,
    readonly length: number,
  ) {
    this.#data = hostArray(dtype, length);
  }

  view(): HostArray {
    return this.#data;
  }

  write(data: ArrayLike<number>, offset = 0): void {
    this.#data.set(data, offset);
  }

  async pull(): Promise<void> {}

  release(): void {}
}

export class ReferenceBackend implements Backend {
  readonly name = "reference";
  readonly build = "float64";
  readonly threads = 1;
  readonly why = "reference: float64 arithmetic in TypeScript, node by node";

  allocate(dtype: DType, length: number): Segment {
    return new HostSegment(dtype, length);
  }

  async compile(request: CompileRequest): Promise<Executable> {
    return new ReferenceExecutable(request);
  }

  /** References need no kernels. */
  async defineKernels(): Promise<void> {}

  machine(): Machine {
    return { flopsPerSecond: Number.NaN, bytesPerSecond: Number.NaN, describe: this.why };
  }

  async recover(): Promise<string> {
    return "the CPU";
  }

  async close(): Promise<void> {}
}

class ReferenceExecutable implements Executable {
  readonly plan = undefined;
  readonly placement = "reference interpreter, 1 thread";
  readonly runsOn = "reference";
  readonly #inputs = new Map<string, NdArray>();
  readonly #outputs = new Map<string, HostArray>();
  readonly #live: Map<string, number>;
  readonly #losses: number[] = [];
  #source: BatchSource | undefined;

  constructor(private readonly request: CompileRequest) {
    this.#live = new Map(request.maxima);
  }

  write(name: string, data: ArrayLike<number>): void {
    const tensor = this.request.graph.inputs.get(name);
    if (tensor === undefined) throw new TetradError("ARGUMENT", { op: "write", what: `no input "${name}"` });
    const rounded = hostArray(tensor.dtype, data.length);
    rounded.set(data);
    this.#inputs.set(name, ndFrom(liveSpec(tensor, this.#live).shape, tensor.dtype, rounded));
  }

  read(name: string): HostArray {
    const value = this.#outputs.get(name);
    if (value === undefined) throw new TetradError("ARGUMENT", { op: "read", what: `no output "${name}" yet` });
    return value;
  }

  setLive(axis: string, length: number): void {
    this.#live.set(axis, length);
  }

  runSync(): void {
    this.#step();
  }

  async run(): Promise<void> {
    this.#step();
  }

  async pull(): Promise<void> {}

  attach(source: BatchSource): void {
    this.#source = source;
  }

  async runSteps(steps: number, rates: Float64Array): Promise<number> {
    for (let i = 0; i < steps; i++) {
      this.#gather();
      this.setRate(rates[i] as number);
      if (!Number.isFinite(this.#step())) return i;
    }
    return steps;
  }

  setRate(rate: number): void {
    const { training } = this.request;
    if (training !== undefined) training.scalars.view()[SCALAR.learningRate] = rate;
  }

  losses(count: number): Float64Array {
    return Float64Array.from(this.#losses.slice(-count));
  }

  get stopped(): boolean {
    const last = this.#losses[this.#losses.length - 1];
    return last !== undefined && !Number.isFinite(last);
  }

  profile(): LaunchTime[] {
    throw new TetradError("UNSUPPORTED", { op: "explain", what: "the reference backend has no launches to time" });
  }

  tune(): never {
    throw new TetradError("UNSUPPORTED", { op: "tune", what: "the reference backend has nothing to choose" });
  }

  choices(): never {
    throw new TetradError("UNSUPPORTED", { op: "explain", what: "the reference backend has no launches to explain" });
  }

  async trace(): Promise<never> {
    throw new TetradError("UNSUPPORTED", { op: "trace", what: "the reference backend has no launches to time" });
  }

  findNonFinite(): { title: string; site: string | undefined } | undefined {
    const { graph } = this.request;
    const feeds = this.#feeds();
    for (const node of graph.nodes) {
      const results = interpret(graph, node.outputs, feeds, this.#occasion());
      if (results.some((result) => result.data.some((x) => !Number.isFinite(x))))
        return { title: node.op.name, site: formatSite(node.site) };
    }
    return undefined;
  }

  close(): void {}

  #occasion(): Occasion {
    const { seed, training } = this.request;
    return { live: this.#live, key: { seed, step: (training?.scalars.view()[SCALAR.step] as number | undefined) ?? 0 } };
  }

  #feeds(): Map<Tensor, NdArray> {
    const { graph, leaves } = this.request;
    const feeds = new Map<Tensor, NdArray>();
    for (const [name, tensor] of graph.inputs) {
      const value = this.#inputs.get(name);
      if (value !== undefined) feeds.set(tensor, value);
    }
    for (const [tensor, { segment, offset }] of leaves)
      feeds.set(tensor, ndFrom(tensor.shape, tensor.dtype, segment.view().subarray(offset, offset + tensor.size)));
    return feeds;
  }

  /** One step; returns the loss (0 outside training). A loss that is not finite leaves parameters and states alone. */
  #step(): number {
    const { graph, outputs, training, leaves } = this.request;
    const gradients = training?.gradients.map(({ gradient }) => gradient) ?? [];
    const assigned = graph.assignments.map(({ value }) => value);
    const loss = training === undefined ? [] : [training.loss];
    const values = interpret(graph, [...outputs.values(), ...assigned, ...loss, ...gradients], this.#feeds(), this.#occasion());
    [...outputs].forEach(([name, tensor], i) => {
      const array = hostArray(tensor.dtype, (values[i] as NdArray).data.length);
      array.set((values[i] as NdArray).data);
      this.#outputs.set(name, array);
    });
    const value = training === undefined ? 0 : ((values[outputs.size + assigned.length] as NdArray).data[0] as number);
    if (training !== undefined) {
      this.#losses.push(value);
      training.scalars.view()[SCALAR.lastLoss] = value;
    }
    if (!Number.isFinite(value)) return value;
    graph.assignments.forEach(({ state }, i) => {
      const binding = leaves.get(state);
      if (binding !== undefined) binding.segment.view().set((values[outputs.size + i] as NdArray).data, binding.offset);
    });
    if (training !== undefined) this.#update(values.slice(-gradients.length));
    return value;
  }

  #update(values: readonly NdArray[]): void {
    const training = this.request.training as NonNullable<CompileRequest["training"]>;
    const { optimizer, params, moments, scalars } = training;
    const gradient = new Float64Array(params.length);
    training.gradients.forEach(({ offset }, i) => gradient.set((values[i] as NdArray).data, offset));
    if (optimizer.clipNorm !== undefined) {
      const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
      const scale = Math.min(1, optimizer.clipNorm / (norm + 1e-6));
      for (let i = 0; i < gradient.length; i++) gradient[i] = (gradient[i] as number) * scale;
    }
    const now = scalars.view();
    for (const { update, shape, weightDecay, lrScale, ...run } of training.runs) {
      const part = (array: HostArray | Float64Array, { offset, length }: Piece) =>
        Float64Array.from(array.subarray(offset, offset + length));
      const pieces = run.moments.map((piece, i) => part((moments[i] as Segment).view(), piece));
      const values = { params: part(params.view(), run), gradients: part(gradient, run), moments: pieces };
      const lr = (now[SCALAR.learningRate] as number) * lrScale;
      update.reference({ ...values, shape, step: now[SCALAR.step] as number, lr, weightDecay });
      params.view().set(values.params, run.offset);
      pieces.forEach((piece, i) => moments[i]?.view().set(piece, run.moments[i]?.offset));
    }
    now[SCALAR.step] = (now[SCALAR.step] as number) + 1;
  }

  #gather(): void {
    const source = this.#source as BatchSource;
    const { training, graph } = this.request;
    const step = training?.scalars.view()[SCALAR.step] as number;
    const perEpoch = Math.ceil(source.rows / source.batchRows);
    const first = (step % perEpoch) * source.batchRows;
    const epoch = Math.floor(step / perEpoch);
    const count = Math.min(source.batchRows, source.rows - first);
    const key: [number, number] = [source.seed >>> 0, (Math.floor(source.seed / 2 ** 32) ^ epoch) >>> 0];
    for (const [name, segment] of source.columns) {
      const tensor = graph.inputs.get(name) as Tensor;
      const width = tensor.size / (tensor.shape[0] as number);
      const data = segment.view();
      const batch = hostArray(tensor.dtype, count * width);
      for (let i = 0; i < count; i++) {
        const row = source.shuffle ? permute(first + i, source.rows, key) : first + i;
        batch.set(data.subarray(row * width, (row + 1) * width), i * width);
      }
      this.write(name, batch);
    }
  }
}
