// Writes docs/ops.md: every op that Tetrad means to have × backend × type × direction, read off the ops themselves, so that a hole is seen.
// `npm run docs:ops [-- --measured <file>]`, where the file is what `tetrad bench ops --json <file>` wrote: shares of the roofline by op.
// `--check` writes nothing and fails when the committed page is not what this would write, measured shares aside.
import "./typescript-sources.mjs";
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { groups } from "./ops-names.mjs";

// The sources are TypeScript that Node's hooks load; their types are checked where they live.
const from = (/** @type {string} */ path) => import(new URL(`../${path}`, import.meta.url).href);
const engine = await from("packages/engine/src/index.ts");
const { makePlan } = await from("packages/engine/src/plan/make.ts");
const { kernelsOf } = await from("packages/kernels-wasm/lab/placed.mjs");
const { familyOf } = await from("packages/kernels-wgsl/src/index.ts");
const functions = new Set(Object.keys((await from("packages/kernels-wgsl/src/generated/elementwise.ts")).sources));
const { manifest } = await from("packages/kernels-wasm/src/index.ts");
const { caseGraph } = await from("tests/support/case-graph.ts");

const { values: options } = parseArgs({ options: { measured: { type: "string" }, check: { type: "boolean", default: false } } });
const path = new URL("../docs/ops.md", import.meta.url);
const DTYPES = ["f32", "f64"];
/** @type {(kernel: string) => boolean} */
const onCpu = (kernel) => compiled.has(kernel);
const compiled = new Set(Object.values(manifest).flat());
/** Element-wise functions and kernels, which lie in folders by family. @type {(kernel: string) => boolean} */
const onGpu = (kernel) => {
  const name = kernel.replace(/_(f32|i32)$/, "");
  // Chains of integers are planned as f64, where they are exact on the CPU, and run in i32 here.
  return name.startsWith("ew") || familyOf(name) !== undefined || functions.has(name.replace(/_f64$/, ""));
};

/** @typedef {{ name: string, lowering: { kind: string }, cases(): any[] }} Op */
/** @type {Map<string, Op>} */
const registry = new Map();
for (const value of Object.values(engine)) {
  if (typeof value === "object" && value !== null && "lowering" in value && "cases" in value) registry.set(value.name, value);
}

/**
 * What a backend can do with an op in one type: `→` forward, `←` backward.
 * @param {Op} op
 * @param {string} dtype
 * @param {(kernel: string) => boolean} has whether the backend has a kernel
 * @param {Set<string>} [kernels] collects what the plans of forward passes call
 */
function onBackend(op, dtype, has, kernels = new Set()) {
  let [forward, backward, differentiable] = [true, false, false];
  for (const single of op.cases()) {
    const { graph, forward: outputs, gradients } = caseGraph(op, single, dtype);
    // A case about f64 says nothing of a backend without it.
    if (has === onGpu && graph.nodes.some(wide)) continue;
    const named = (/** @type {any[]} */ tensors) => new Map(tensors.map((tensor, i) => [`${i}`, tensor]));
    const own = kernelsOf(makePlan({ graph, outputs: named(outputs) }).launches);
    for (const kernel of own) kernels.add(kernel.replace(/_(f32|f64|i32)$/, ""));
    forward &&= [...own].every(has);
    if (gradients.length === 0) continue;
    differentiable = true;
    backward = [...kernelsOf(makePlan({ graph, outputs: named(gradients) }).launches)].every(has);
  }
  if (!forward) return "**hole**";
  return `→${backward ? " ←" : differentiable ? " **hole**" : ""}`;
}

/** @param {{ inputs: readonly { dtype: string }[], outputs: readonly { dtype: string }[] }} node */
function wide(node) {
  return [...node.inputs, ...node.outputs].some(({ dtype }) => dtype === "f64");
}

/** @param {Op} op */
function onReference(op) {
  const some = op.cases().some((single) => caseGraph(op, single, "f64").gradients.length > 0);
  return `→${some ? " ←" : ""}`;
}

/** @param {string} name @param {Record<string, number>} share */
function row(name, share) {
  const names = name.split("|");
  const found = names.find((candidate) => registry.has(candidate)) ?? names.find((candidate) => typeof engine[candidate] === "function");
  const cells = [`\`${found ?? names[0]}\``];
  const op = found === undefined ? undefined : registry.get(found);
  if (op === undefined) {
    const what = found === undefined ? "**hole**" : "composed";
    cells.push(what, what, what, what, found === undefined ? "" : "of other ops");
  } else if (op.lowering.kind === "scan") {
    cells.push("→ ←", "→ ←", "→ ←", "→ ←", "`loop`, and those of its body");
  } else {
    /** @type {Set<string>} */
    const kernels = new Set();
    cells.push(...DTYPES.map((dtype) => onBackend(op, dtype, onCpu, kernels)), onBackend(op, "f32", onGpu), onReference(op));
    const interesting = [...kernels].filter((kernel) => !["ew", "ew_range", "copy", "copy_strided"].includes(kernel)).sort();
    cells.push(interesting.map((kernel) => `\`${kernel}\``).join(" ") || (op.lowering.kind === "view" ? "none: a view" : "`copy`"));
  }
  const measured = found === undefined ? undefined : share[found];
  cells.push(measured === undefined ? "" : `${Math.round(100 * measured)} %`);
  return `| ${cells.join(" | ")} |`;
}

/** @param {{ machine?: string, share?: Record<string, number> }} measured */
function page({ machine, share = {} }) {
  const head = "| op | wasm f32 | wasm f64 | webgpu f32 | reference | kernels | share of roofline |\n|---|---|---|---|---|---|---|";
  const listed = new Set(Object.values(groups).flatMap((names) => names.split(/[ |]/)));
  const rest = [...registry.keys()].filter((name) => !listed.has(name)).sort();
  const rows = (/** @type {readonly string[]} */ names) => names.map((name) => row(name, share)).join("\n");
  const tables = Object.entries(groups).map(([title, names]) => `## ${title}\n\n${head}\n${rows(names.split(" "))}`);
  const text = `# Ops

Generated by \`npm run docs:ops\` from the ops themselves; do not edit. **→** forward, **←** backward (the gradient's own plan); both builds (baseline and relaxed
SIMD) have the same kernels; WebGPU has f32 and i32, f64 stays on the CPU. *composed*: a function of other ops, which differentiates and runs wherever they do. **hole**: not there yet. An op without ← has no
float operand, no float result, or says itself that it cannot be differentiated.
Shares of the roofline${machine === undefined ? " are filled from a measurement by `--measured`." : ` on ${machine}.`}

${tables.join("\n\n")}

## Parts of the above

Backward passes and building blocks that have an op of their own.

${head}
${rows(rest)}
`;
  return { text, holes: text.split("\n").filter((line) => line.startsWith("|") && line.includes("**hole**")).length };
}

/** The page without what a measurement fills in. @param {string} text */
function bare(text) {
  return text.replace(/^Shares of the roofline.*$/m, "").replace(/^(\|.*\|)[^|]*\|$/gm, "$1");
}

/** What a run of the benchmarks says of ops. @param {any} run */
function sharesOf({ machine, suites }) {
  const { header, rows } = suites.ops.tables[0];
  const column = header.indexOf("roofline");
  const share = Object.fromEntries(rows.map((/** @type {string[]} */ row) => [row[0], Number.parseFloat(row[column] ?? "") / 100]));
  return { machine: `${machine.processor}, one thread, large cases, ${machine.time.slice(0, 10)}`, share };
}

const measured = options.measured === undefined ? {} : sharesOf(JSON.parse(readFileSync(options.measured, "utf8")));
const { text, holes } = page(measured);
if (options.check) {
  if (bare(readFileSync(path, "utf8")) !== bare(text)) {
    console.error("docs/ops.md is not what the ops say: run `npm run docs:ops`");
    process.exitCode = 1;
  }
} else {
  writeFileSync(path, text);
  console.log(`docs/ops.md: ${registry.size} ops, ${holes} rows with a hole`);
}
