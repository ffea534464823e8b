/**
 * A fused chain of element-wise ops as a shader: the ops' own functions (kernels-wgsl/shaders/elementwise), one behind the other, and a body that calls
 * them in turn. Numbers that differ between plans of one structure (extents, strides, offsets, constants) are words of a uniform buffer, so that such
 * plans share a pipeline.
 */

import { WORKGROUP } from "@tetrad/kernels-wgsl";
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
  /** What is read once, for all elements: the words, as vectors c0, c1, … */
  readonly head: string;
  /** What becomes of element i. @param part of fours: which of the vectors' elements it is, `.x` or `[k]` */
  readonly body: (part: string) => string;
  /** Lines of fours from `at` on: inputs are loaded, outputs begin as zeros or as what is there, and are stored. */
  readonly fours: Readonly<Record<"load" | "zeros" | "kept" | "store", readonly string[]>>;
  readonly words: readonly ChainWord[];
  readonly random: boolean;
}

const WGSL_TYPE = { f32: "f32", f64: "f32", i32: "i32", bool: "u32", u8: "u32" } as const;

/** Names of the functions that a chain calls, without their texts. */
export function functionsIn({ ops }: Chain): string[] {
  return [...new Set(ops.map(({ strip }) => strip))];
}

export function wgslType(dtype: Tensor["dtype"]): string {
  return WGSL_TYPE[dtype];
}

/** Whether four elements can be read and written as a vector: buffers begin and end at multiples of 16 bytes, and so must what lies in them. */
export function readsFours({ inputs, outputs, dims }: Chain, offsetOf: (tensor: Tensor) => number): boolean {
  const last = dims.length - 1;
  return (
    outputs.every(({ tensor }) => offsetOf(tensor) % 4 === 0) &&
    inputs.every(({ kind, operand, strides }) => {
      const whole = (offsetOf(operand.base) + operand.offset) % 4 === 0;
      if (kind !== "strided") return kind === "scalar" || whole;
      if ((dims[last] as number) % 4 !== 0) return false;
      return strides[last] === 0 || (strides[last] === 1 && whole && strides.every((stride, axis) => axis === last || stride % 4 === 0));
    })
  );
}

/**
 * @param bufferOf name of the buffer that holds a value
 * @param product the value that a kernel hands to its epilogue instead of storing it
 * @param vectors whether buffers are arrays of four elements each: `readsFours`
 */
export function chainShader(chain: Chain, bufferOf: (tensor: Tensor) => string, product: Tensor | undefined, vectors = false): ChainShader {
  // Integer chains are planned as f64, where 32-bit integers are exact; here they are what they are.
  const type = chain.dtype === "f32" ? "f32" : "i32";
  const words: ChainWord[] = [{ kind: "count" }];
  const lines: string[] = [];
  const once: string[] = [];
  const fours = { load: [] as string[], zeros: [] as string[], kept: [] as string[], store: [] as string[] };
  const word = (entry: ChainWord): string => {
    const index = words.push(entry) - 1;
    const text = `c${index >> 2}.${"xyzw"[index & 3]}`;
    return entry.kind === "float" ? `bitcast<f32>(${text})` : text;
  };
  const strided = chain.inputs.some(({ kind }) => kind === "strided");
  if (strided) {
    const places = vectors ? fours.load : lines;
    places.push(`  var rest = ${vectors ? "at" : "i"};`);
    for (let axis = chain.dims.length - 1; axis >= 0; axis--) {
      const extent = word({ kind: "whole", value: chain.dims[axis] as number });
      places.push(axis > 0 ? `  let d${axis} = rest % ${extent};` : "  let d0 = rest;");
      if (axis > 0) places.push(`  rest = rest / ${extent};`);
    }
  }
  for (const input of chain.inputs) {
    const { base } = input.operand;
    if (base === product) {
      lines.push(`  let r${input.register} = value;`);
      continue;
    }
    const terms = [word({ kind: "offset", input })];
    if (input.kind === "dense") terms.push(vectors ? "at" : "i");
    if (input.kind === "strided") {
      input.strides.forEach((stride, axis) => {
        if (stride !== 0) terms.push(`d${axis} * ${word({ kind: "whole", value: stride })}`);
      });
    }
    const at = terms.join(" + ");
    const register = `r${input.register}`;
    if (!vectors) lines.push(`  let ${register} = ${type}(${bufferOf(base)}[${at}]);`);
    else if (input.kind === "dense" || input.strides.at(-1) === 1) {
      fours.load.push(`    let v${register} = ${bufferOf(base)}[(${at}) / 4u];`);
      lines.push(`  let ${register} = ${type}(v${register}${PART});`);
    } else {
      const same = `    let ${register} = ${type}(${bufferOf(base)}[(${at}) / 4u][(${at}) % 4u]);`;
      (input.kind === "scalar" ? once : fours.load).push(same);
    }
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
  chain.outputs.forEach(({ tensor, register }, k) => {
    const value = tensor.dtype === "bool" ? `u32(r${register} != ${type}(0))` : `${wgslType(tensor.dtype)}(r${register})`;
    const at = word({ kind: "output", tensor });
    if (vectors) {
      const place = `${bufferOf(tensor)}[(${at} + at) / 4u]`;
      fours.zeros.push(`    var o${k} = vec4<${wgslType(tensor.dtype)}>();`);
      fours.kept.push(`    var o${k} = ${place};`);
      fours.store.push(`    ${place} = o${k};`);
    }
    lines.push(vectors ? `  o${k}${PART} = ${value};` : `  ${bufferOf(tensor)}[${at} + i] = ${value};`);
  });
  const constants = Array.from({ length: Math.ceil(words.length / 4) }, (_, k) => `  let c${k} = chain[${k}];`);
  return {
    head: [...constants, ...once].join("\n"),
    body: (part) => lines.join("\n").replaceAll(PART, part),
    fours,
    words,
    random,
  };
}

/** Stands in lines for the part of a vector that they are about. */
const PART = "@part";
const PARTS = [".x", ".y", ".z", ".w"];

/** How a thread takes elements: one in each round, four beside one another, or four as a vector. */
export type ChainForm = "ones" | "fours" | "vectors";

/** The shader of a chain that stands alone, and how many elements a workgroup of it takes. @param rounds of a thread */
export function chainText({ head, body, fours }: ChainShader, declarations: readonly string[], rounds: number, form: ChainForm) {
  const { load, zeros, kept, store } = fours;
  const step = form === "ones" ? 1 : 4;
  const group = WORKGROUP * rounds * step;
  const one = (place: string, part: string) => `    {\n  let i = ${place};\n${body(part)}\n    }`;
  const parts = PARTS.slice(0, step).map((part, k) => one(`at + ${k}u`, part));
  const text = [
    "//! use grid",
    ...declarations,
    "@compute @workgroup_size(64)",
    "fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {",
    head,
    `  let begin = flat_group(group, groups) * ${group}u;`,
    `  let end = min(begin + ${group}u, c0.x);`,
    `  var at = begin + lane * ${step}u;`,
    `  for (; at + ${step - 1}u < end; at += ${WORKGROUP * step}u) {`,
    ...(form === "vectors" ? [...load, ...zeros, ...parts, ...store] : parts),
    "  }",
    ...(form === "fours" ? ["  for (; at < end; at++)", one("at", "")] : []),
    // The last vector is not whole: what lies behind it stays as it is.
    ...(form === "vectors"
      ? ["  if (at < end) {", ...load, ...kept, "    for (var k = 0u; at + k < end; k++)", one("at + k", "[k]"), ...store, "  }"]
      : []),
    "}",
  ].join("\n");
  return { text, group };
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
