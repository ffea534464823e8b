/** How a kernel is dispatched: its passes, and how many workgroups each takes. */

/** What a device says of itself that decides how work is shared out. */
export interface Traits {
  /**
   * The device runs the threads of a workgroup one after another, as a processor that stands in for a GPU does: threads that share an item gain
   * nothing, and a barrier costs as much as some hundred operations of each thread (SwiftShader, where a thread is a coroutine).
   */
  readonly serial: boolean;
  /** Threads of a subgroup, where WGSL has subgroups and all have as many; else 0. */
  readonly subgroup: number;
}

/** Whether threads run one after another, but four of them at once, which hear one another: kernels then need no shared memory, and no barriers. */
export function inFours({ serial, subgroup }: Traits): boolean {
  return serial && subgroup === 4;
}

/** What a launch says of itself: element counts of its operands, and its words (live counts as they are now). */
export interface LaunchShape extends Traits {
  readonly outputs: readonly number[];
  readonly inputs: readonly number[];
  readonly words: readonly number[];
}

export interface Pass {
  /** File of the family's folder without its ending. */
  readonly shader: string;
  /** Workgroups; beyond 65,535 they are folded over two axes, see shaders/lib/grid.wgsl. */
  groups(shape: LaunchShape): number;
  /** Constants put before the text, which make a variant of it; they must not depend on live counts. */
  consts?(shape: LaunchShape): Readonly<Record<string, number>>;
  /** Whole numbers of the pass itself, which follow the launch's words; unlike constants they need no pipeline of their own. */
  readonly words?: readonly number[];
}

export interface Kernel {
  /** In order; a function where their number depends on the launch, which it gets with live counts at their maxima. */
  readonly passes: readonly Pass[] | ((shape: LaunchShape) => readonly Pass[]);
  /** Words (four bytes each) of scratch storage that the passes share; bound behind outputs and inputs. */
  scratch?(shape: LaunchShape): number;
  /** Whether it works on i32, too: its text names types and orders by snippets that have a variant `…_i32`. */
  readonly integers?: true;
  /**
   * For a kernel of any number of inputs, which may be more than there are bindings: it is dispatched once for each, and this gives the
   * words of one. Words that say where an input's words begin are plain numbers.
   */
  eachInput?<Word>(words: readonly Word[], input: number): readonly Word[];
}

/** The passes of a launch. */
export function passesOf({ passes }: Kernel, shape: LaunchShape): readonly Pass[] {
  return typeof passes === "function" ? passes(shape) : passes;
}

export type Family = Readonly<Record<string, Kernel>>;

/** Threads of a workgroup where a file does not say otherwise. */
export const WORKGROUP = 64;

export type OnePass = Kernel & { readonly passes: readonly [Pass] };

/** A kernel of one pass whose file has its name. */
export function single(shader: string, groups: Pass["groups"], consts?: Pass["consts"]): OnePass {
  return { passes: [{ shader, groups, ...(consts && { consts }) }] };
}

/** A kernel of f32 whose text serves i32 as well. */
export function ofIntegersToo(kernel: Kernel): Kernel & { readonly integers: true } {
  return { ...kernel, integers: true };
}

/** One thread per element of the first output. */
export function perElement(shader: string, consts?: Pass["consts"]): OnePass {
  return single(shader, ({ outputs }) => Math.ceil((outputs[0] as number) / WORKGROUP), consts);
}

/** One workgroup for each of the things that a word counts. */
export function perWord(shader: string, word: number): OnePass {
  return single(shader, ({ words }) => words[word] as number);
}
