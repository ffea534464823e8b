/**
 * A traced value and the graph it lives in. A graph is an append-only list of nodes, so it is already in topological
 * order: autodiff is one loop backwards and lowering one loop forwards.
 */

import type { DType } from "./dtype.js";
import type { Op } from "./op.js";
import type { Stored } from "./quant/stored.js";
import type { Shape } from "./shape.js";
import { sizeOf } from "./shape.js";
import { captureSite, type Site } from "./site.js";

export type Attrs = Readonly<Record<string, unknown>>;

/** Where a value comes from. `temp` is a node's output; everything else outlives or precedes the step. */
export type ValueKind = "input" | "param" | "state" | "const" | "temp";

/** Axis 0 of a bounded tensor holds `times` × the live length of the bounded axis `name`; its extent is the maximum. */
export interface Bound {
  readonly name: string;
  readonly times: number;
}

/** What is known of a value before it exists. */
export interface Spec {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly bound?: Bound | undefined;
  /** What the bytes of a store's parameter stand for, where they are a matrix in a storage format. */
  readonly stored?: Stored | undefined;
}

/** A symbolic value: shape and type, no data. Valid inside the function that is being traced. */
export class Tensor implements Spec {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly bound: Bound | undefined;
  readonly stored: Stored | undefined;
  /** The node that makes this value; undefined for inputs, parameters, states and constants. */
  readonly node: Node | undefined;

  constructor(
    readonly graph: Graph,
    readonly id: number,
    readonly kind: ValueKind,
    spec: Spec,
    readonly label: string | undefined,
    node?: Node,
  ) {
    this.shape = spec.shape;
    this.dtype = spec.dtype;
    this.bound = spec.bound;
    this.stored = spec.stored;
    this.node = node;
  }

  get rank(): number {
    return this.shape.length;
  }

  get size(): number {
    return sizeOf(this.shape);
  }
}

export interface Node {
  readonly op: Op;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attrs: Attrs;
  /** The user's line that asked for this node. */
  readonly site: Site | undefined;
}

/** `state` takes the value of `value` after everything that reads the old state has run. */
export interface Assignment {
  readonly state: Tensor;
  readonly value: Tensor;
}

export class Graph {
  readonly nodes: Node[] = [];
  readonly inputs = new Map<string, Tensor>();
  readonly params = new Map<string, Tensor>();
  readonly states = new Map<string, Tensor>();
  readonly constants = new Map<Tensor, Float64Array>();
  readonly assignments: Assignment[] = [];
  /** Set while gradients of a node are emitted, so that they name the user's line too. */
  siteOverride: Site | undefined;
  #nextId = 0;
  readonly #scalars = new Map<string, Tensor>();

  input(name: string, spec: Spec): Tensor {
    const tensor = this.#leaf("input", spec, name);
    this.inputs.set(name, tensor);
    return tensor;
  }

  param(name: string, spec: Spec): Tensor {
    const tensor = this.#leaf("param", spec, name);
    this.params.set(name, tensor);
    return tensor;
  }

  state(name: string, spec: Spec): Tensor {
    const tensor = this.#leaf("state", spec, name);
    this.states.set(name, tensor);
    return tensor;
  }

  /** An array known at trace time; equal scalars share one value. */
  constant(data: Float64Array, spec: Spec): Tensor {
    const key = spec.shape.length === 0 ? `${spec.dtype}:${Object.is(data[0], -0) ? "-0" : data[0]}` : undefined;
    const known = key === undefined ? undefined : this.#scalars.get(key);
    if (known !== undefined) return known;
    const tensor = this.#leaf("const", spec, undefined);
    this.constants.set(tensor, data);
    if (key !== undefined) this.#scalars.set(key, tensor);
    return tensor;
  }

  append(op: Op, inputs: readonly Tensor[], attrs: Attrs, specs: readonly Spec[]): readonly Tensor[] {
    const outputs: Tensor[] = [];
    const node: Node = { op, inputs, outputs, attrs, site: this.siteOverride ?? captureSite() };
    for (const spec of specs) outputs.push(new Tensor(this, this.#nextId++, "temp", spec, undefined, node));
    this.nodes.push(node);
    return outputs;
  }

  /** An id for a value of the planner's own. */
  takeId(): number {
    return this.#nextId++;
  }

  #leaf(kind: ValueKind, spec: Spec, label: string | undefined): Tensor {
    return new Tensor(this, this.#nextId++, kind, spec, label);
  }
}
