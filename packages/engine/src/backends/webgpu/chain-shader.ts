/**
 * A fused chain of element-wise ops as a shader: the ops' own functions (kernels-wgsl/shaders/elementwise), one behind the other, and a body that calls
 * them in turn. Numbers that differ between plans of one structure (extents, strides, offsets, constants) are words of a uniform buffer, so that such
 * plans share a pipeline.
 */

import { TetradError } from "../../errors.js";
import type { Chain, ChainInput } from "../../plan/plan.js";
import { formatSite } from "../../site.js";
import type { Node, Tensor } from "../../tensor.js";

/** What a storage buffer of a chain is bound as; several values may lie in one buffer. */
export interface ChainBuffer {
  readonly name: string;
  readonly dtype: Tensor["dtype"];
  readonly written: boolean;
}

/** A number of the uniform buffer, in order. */
export type ChainWord =
  | { readonly kind: "count" }
  | { readonly kind: "offset"; readonly input: ChainInput }
  | { readonly kind: "output"; readonly tensor: Tensor }
  | { readonly kind: "whole"; readonly value: number }
  | { readonly kind: "float"; readonly value: number };

export interface ChainShader {
  /** Function names without their texts. */
  readonly functions: readonly string[];
  /** What is read once, for all elements: the words, as vectors c0, c1, … */
  readonly head: string;
  /** What becomes of element i. */
  readonly body: string;
  readonly words: readonly ChainWord[];
  readonly random: boolean;
}

const WGSL_TYPE = { f32: "f32", f64: "f32", i32: "i32", bool: "u32", u8: "u32" } as const;

export function wgslType(dtype: Tensor["dtype"]): string {
  return WGSL_TYPE[dtype];
}

/**
 * @param bufferOf name of the buffer that holds a value
 * @param product the value that a kernel hands to its epilogue instead of storing it
 */
export function chainShader(chain: Chain, bufferOf: (tensor: Tensor) => string, product: Tensor | undefined): ChainShader {
  // Integer chains are planned as f64, where 32-bit integers are exact; here they are what they are.
  const type = chain.dtype === "f32" ? "f32" : "i32";
  const words: ChainWord[] = [{ kind: "count" }];
  const lines: string[] = [];
  const word = (entry: ChainWord): string => {
    const index = words.push(entry) - 1;
    const text = `c${index >> 2}.${"xyzw"[index & 3]}`;
    return entry.kind === "float" ? `bitcast<f32>(${text})` : text;
  };
  const strided = chain.inputs.some(({ kind }) => kind === "strided");
  if (strided) {
    lines.push("  var rest = i;");
    for (let axis = chain.dims.length - 1; axis >= 0; axis--) {
      const extent = word({ kind: "whole", value: chain.dims[axis] as number });
      lines.push(axis > 0 ? `  let d${axis} = rest % ${extent};` : "  let d0 = rest;");
      if (axis > 0) lines.push(`  rest = rest / ${extent};`);
    }
  }
  for (const input of chain.inputs) {
    const { base } = input.operand;
    if (base === product) {
      lines.push(`  let r${input.register} = value;`);
      continue;
    }
    const terms = [word({ kind: "offset", input })];
    if (input.kind === "dense") terms.push("i");
    if (input.kind === "strided") {
      input.strides.forEach((stride, axis) => {
        if (stride !== 0) terms.push(`d${axis} * ${word({ kind: "whole", value: stride })}`);
      });
    }
    lines.push(`  let r${input.register} = ${type}(${bufferOf(base)}[${terms.join(" + ")}]);`);
  }
  let random = false;
  for (const op of chain.ops) {
    const args = op.args.map((register) => `r${register}`);
    const drawn = op.immediates.includes("randomState");
    if (drawn) args.push("i", "vec4<u32>(random_state[0], random_state[1], random_state[2], random_state[3])");
    random ||= drawn;
    op.immediates.forEach((value, k) => {
      if (value === "randomState") return;
      // The stream of a random function, 32 bits wide.
      if (op.immediates[k - 1] === "randomState") args.push(word({ kind: "whole", value }));
      else args.push(type === "i32" ? `i32(${word({ kind: "float", value })})` : word({ kind: "float", value }));
    });
    lines.push(`  let r${op.dst} = ${op.strip}_${type}(${args.join(", ")});`);
  }
  for (const { tensor, register } of chain.outputs) {
    const value = tensor.dtype === "bool" ? `u32(r${register} != ${type}(0))` : `${wgslType(tensor.dtype)}(r${register})`;
    lines.push(`  ${bufferOf(tensor)}[${word({ kind: "output", tensor })} + i] = ${value};`);
  }
  const head = Array.from({ length: Math.ceil(words.length / 4) }, (_, k) => `  let c${k} = chain[${k}];`).join("\n");
  return { functions: [...new Set(chain.ops.map(({ strip }) => strip))], head, body: lines.join("\n"), words, random };
}

/** f64 stays on the CPU. @throws TetradError UNSUPPORTED, naming the op and the user's line */
export function refuseF64(values: Iterable<Tensor>, reader?: Node): void {
  for (const { dtype, node = reader } of values) {
    if (dtype === "f64") throw noF64(node, "compile");
  }
}

/** @param otherwise what is named where no op is known */
export function noF64(node: Node | undefined, otherwise: string): TetradError {
  return new TetradError("UNSUPPORTED", {
    op: node?.op.name ?? otherwise,
    what: "WebGPU has no f64",
    at: node && formatSite(node.site),
    hint: 'use f32, or backend "wasm"',
  });
}

/** Every value that a chain reads, computes or writes. */
export function valuesOf({ inputs, ops, outputs }: Chain): Tensor[] {
  return [...inputs.map(({ operand }) => operand.base), ...ops.flatMap(({ node }) => node.outputs), ...outputs.map(({ tensor }) => tensor)];
}
