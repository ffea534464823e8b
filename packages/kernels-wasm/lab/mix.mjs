/** What the innermost loops of a kernel are made of, read from binaryen's text of the module: loads, multiply-adds, other SIMD, scalar, locals. */
import binaryen from "binaryen";

/** Vector registers of x86-64 before AVX-512; V8 spills what does not fit. */
const REGISTERS = 16;
/** Loops that are shown. */
const MOST = 3;

/**
 * @param {Uint8Array} bytes
 * @returns {{ function: string, depth: number, loads: number, fma: number, simd: number, stores: number, scalar: number, locals: number, vectors: number, spills: boolean }[]}
 */
export function instructionMix(bytes, kernels) {
  const module = binaryen.readBinary(bytes);
  module.setFeatures(binaryen.Features.All);
  const [tree] = parse(module.emitText());
  module.dispose();
  const functions = new Map();
  const exported = new Map();
  for (const item of tree) {
    if (item[0] === "func") functions.set(item[1], item);
    if (item[0] === "export" && item[2]?.[0] === "func") exported.set(item[1].slice(1, -1), item[2][1]);
  }
  const loops = new Map();
  const visited = new Map();
  const open = new Set();
  /** A function called inside loops is as deep as they are; one that calls itself stands where it was first called. */
  const enter = (name, depth) => {
    const body = functions.get(name);
    if (body === undefined || open.has(name) || (visited.get(name) ?? -1) >= depth) return;
    visited.set(name, depth);
    open.add(name);
    const types = new Map(body.filter(([kind]) => kind === "param" || kind === "local").map(([, id, type]) => [id, type]));
    for (const part of body) walk(part, { name, types, depth, loop: undefined });
    open.delete(name);
  };
  const walk = (node, at) => {
    if (!Array.isArray(node)) return;
    const [opcode] = node;
    let here = at;
    if (opcode === "loop") {
      const key = `${at.name} ${typeof node[1] === "string" ? node[1] : ""}`;
      const loop = { function: at.name.slice(1), depth: at.depth + 1, innermost: true, ...EMPTY, used: new Set() };
      if (at.loop !== undefined) at.loop.innermost = false;
      loops.set(key, loop);
      here = { ...at, depth: at.depth + 1, loop };
    } else if (opcode === "call") {
      // What a call does is shown where it does it.
      if (at.loop !== undefined && hasLoop(functions.get(node[1]))) at.loop.innermost = false;
      enter(node[1], at.depth);
    }
    if (here.loop !== undefined && typeof opcode === "string") count(node, here);
    for (const part of node) walk(part, here);
  };
  for (const kernel of kernels) enter(exported.get(kernel), 0);
  return [...loops.values()]
    .filter(({ innermost, fma, simd, loads, scalar }) => innermost && fma + simd + loads + scalar > 0)
    .sort((a, b) => b.depth - a.depth || b.fma - a.fma || b.simd + b.loads - (a.simd + a.loads))
    .slice(0, MOST)
    .map(({ innermost: _, used, ...loop }) => ({ ...loop, vectors: used.size, spills: used.size > REGISTERS }));
}

const EMPTY = { loads: 0, fma: 0, simd: 0, stores: 0, scalar: 0, locals: 0 };
/** Structure, not work. */
const FREE = new Set([
  "block",
  "loop",
  "then",
  "else",
  "result",
  "type",
  "nop",
  "i32.const",
  "i64.const",
  "f32.const",
  "f64.const",
  "unreachable",
]);

function count([opcode, first], { loop, types }) {
  if (opcode.startsWith("local.")) {
    loop.locals++;
    if (types.get(first) === "v128") loop.used.add(first);
  } else if (/\.load/.test(opcode)) loop.loads++;
  else if (/\.store/.test(opcode)) loop.stores++;
  else if (/relaxed_n?madd/.test(opcode)) loop.fma++;
  else if (/^(v128|[if]\d+x\d+)\./.test(opcode)) loop.simd++;
  else if (opcode.includes(".") || ["br_if", "br", "if", "select", "call", "call_indirect"].includes(opcode))
    loop.scalar += FREE.has(opcode) ? 0 : 1;
}

function hasLoop(node) {
  return Array.isArray(node) && (node[0] === "loop" || node.some(hasLoop));
}

/** S-expressions as nested arrays; atoms and strings as they stand. */
function parse(text) {
  const stack = [[]];
  for (const [token] of text.matchAll(/;;[^\n]*|"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+/g)) {
    if (token === "(") stack.push([]);
    else if (token === ")") {
      const done = stack.pop();
      stack.at(-1).push(done);
    } else if (!token.startsWith(";;")) stack.at(-1).push(token);
  }
  return stack[0];
}
