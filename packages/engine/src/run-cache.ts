/** The programs behind `engine.run`: compiled once for each function and set of shapes, closed again when there are too many. */

import type { HostArray } from "./dtype.js";
import type { InputSpecs, NdResult, TracedFunction } from "./engine.js";
import type { HostNd } from "./nd-input.js";
import type { FunctionProgram } from "./program.js";
import { formatShape } from "./shape.js";

/** Programs kept. A function written inside a loop is a new one each time, and would otherwise fill the memory. */
const MOST = 32;

interface Entry {
  readonly program: Promise<FunctionProgram>;
  /** Runs of one program follow one another, since they share its inputs and outputs. */
  turn: Promise<unknown>;
  pending: number;
}

export class RunCache {
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();
  readonly #ids = new WeakMap<TracedFunction, number>();
  #nextId = 0;
  #warned = false;

  constructor(
    private readonly compile: (f: TracedFunction, specs: InputSpecs) => Promise<FunctionProgram>,
    private readonly warn: (message: string) => void,
  ) {}

  async run(f: TracedFunction, arrays: ReadonlyMap<string, HostNd>): Promise<Record<string, NdResult>> {
    const shapes = [...arrays].map(([name, { shape, dtype }]) => `${name}: ${dtype}${formatShape(shape)}`).join(", ");
    const key = `${this.#id(f)} ${shapes}`;
    const entry = this.#entries.get(key) ?? { program: this.compile(f, specsOf(arrays)), turn: Promise.resolve(), pending: 0 };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.pending++;
    const result = entry.turn.then(async () => runOnce(await entry.program, arrays));
    entry.turn = result.catch(() => {});
    try {
      return await result;
    } catch (error) {
      // A function that could not be compiled is tried anew next time.
      await entry.program.catch(() => this.#entries.delete(key));
      throw error;
    } finally {
      entry.pending--;
      await this.#trim(shapes);
    }
  }

  async #trim(shapes: string): Promise<void> {
    for (const [key, entry] of this.#entries) {
      if (this.#entries.size <= MOST) return;
      if (entry.pending > 0) continue;
      this.#entries.delete(key);
      (await entry.program).close();
      if (this.#warned) continue;
      this.#warned = true;
      this.warn(
        `engine.run has compiled more than ${MOST} functions and shapes (the latest for ${shapes}) and forgets the oldest. Hint: define the function once, outside the loop, or compile it by engine.compileFunction with a bounded axis`,
      );
    }
  }

  #id(f: TracedFunction): number {
    const known = this.#ids.get(f);
    if (known !== undefined) return known;
    this.#ids.set(f, ++this.#nextId);
    return this.#nextId;
  }
}

const specsOf = (arrays: ReadonlyMap<string, HostNd>): InputSpecs =>
  Object.fromEntries([...arrays].map(([name, { shape, dtype }]) => [name, { shape, dtype }]));

async function runOnce(program: FunctionProgram, arrays: ReadonlyMap<string, HostNd>): Promise<Record<string, NdResult>> {
  const results = await program.call(Object.fromEntries([...arrays].map(([name, { data }]) => [name, data])));
  const copies: Record<string, NdResult> = {};
  for (const [name, { shape, dtype }] of program.outputs) copies[name] = { shape, dtype, data: (results[name] as HostArray).slice() };
  return copies;
}
