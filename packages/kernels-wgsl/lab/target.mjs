/** Which shader the laboratory works on: one file of shaders/, the launches that dispatch it, and where other versions of it come from. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { caseGraph } from "../../../tests/support/case-graph.ts";
import { opsOf } from "../../../tests/support/ops-cases.ts";
import { shapeOf } from "../../engine/src/backends/webgpu/encode.ts";
import * as engine from "../../engine/src/index.ts";
import { makePlan } from "../../engine/src/plan/make.ts";
import { didYouMean, LabError } from "../../kernels-wasm/lab/target.mjs";
import { families, familyOf, librariesOf, passesOf } from "../src/index.ts";

export const shaders = join(import.meta.dirname, "..", "shaders");

/** Every file as family/name. */
function filesOf() {
  return readdirSync(shaders, { recursive: true })
    .map((path) => `${path}`.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".wgsl"))
    .map((path) => path.slice(0, -".wgsl".length))
    .sort();
}

export const readShader = (key) => readFileSync(join(shaders, `${key}.wgsl`), "utf8");
const snippet = (name) => (existsSync(join(shaders, "lib", `${name}.wgsl`)) ? readShader(`lib/${name}`) : undefined);

/** Names of the shaders that a launch dispatches, family/name, with the functions of chains. @returns {Set<string>} */
export function shadersOf(launch, traits) {
  const found = new Set();
  const visit = ({ body, chain, ...own }) => {
    for (const inner of body?.launches ?? []) visit(inner);
    for (const op of chain?.ops ?? []) found.add(`elementwise/${op.strip}`);
    if (body !== undefined || own.kernel.startsWith("ew_")) return;
    const name = own.kernel.replace(/_(f32|i32)$/, "");
    const family = familyOf(name);
    if (family === undefined) return;
    const shape = shapeOf({ chain, ...own }, traits, (count) => (typeof count === "number" ? count : 0));
    for (const { shader } of passesOf(families[family][name], shape)) found.add(`${family}/${shader}`);
  };
  visit(launch);
  return found;
}

/**
 * `name` is `family/file`, a file's name that only one family has, or the name of an op that dispatches only one file.
 * @param {string} name
 * @param {import("../src/index.ts").Traits} traits of the device, which decide between variants
 */
export function findTarget(name, traits) {
  const files = filesOf();
  const wanted = name.replace(/\.wgsl$/, "");
  const matches = files.includes(wanted) ? [wanted] : files.filter((key) => key.endsWith(`/${wanted}`) && !key.startsWith("lib/"));
  if (matches.length === 0) matches.push(...ofOp(wanted, traits));
  if (matches.length !== 1) {
    if (matches.length > 1) throw new LabError(`"${name}" has several shaders; say which: ${matches.join(", ")}`);
    throw new LabError(`no shader and no op is called "${name}"; ${didYouMean(wanted, files) ?? "see shaders/"}`);
  }
  const [key] = matches;
  const [family, file] = key.split("/");
  // A snippet is tried through whatever uses it.
  const keys = family === "lib" ? files.filter((each) => !each.startsWith("lib/") && uses(each, file)) : [key];
  const kernels = keys.flatMap((each) => {
    const [of, base] = each.split("/");
    return of === "elementwise" ? [`${base}_f32`] : Object.keys(families[of]).flatMap((kernel) => [kernel, `${kernel}_f32`]);
  });
  const reaches = ({ launches }) => launches.some((launch) => dispatches({ keys }, launch, traits));
  // Shaders of optimisers go by vectors of four.
  return { key, family, file, path: join(shaders, `${key}.wgsl`), keys, kernels, reaches, wholeLines: true };
}

/** Whether a launch runs the target. */
export function dispatches({ keys }, launch, traits) {
  const reached = shadersOf(launch, traits);
  return keys.some((key) => reached.has(key));
}

function uses(key, name) {
  return librariesOf([readShader(key)], { snippet }).some((found) => found.name === name);
}

/** Shaders of an op's cases, forward; those of large operands among networks' are not among them. */
function ofOp(name, traits) {
  const op = opsOf(engine).find((each) => each.name === name);
  const found = new Set();
  for (const opCase of op?.cases() ?? []) {
    const { graph, forward } = caseGraph(op, opCase, "f32");
    const plan = makePlan({ graph, outputs: new Map(forward.map((tensor, i) => [`${i}`, tensor])) });
    for (const launch of plan.launches) for (const shader of shadersOf(launch, traits)) found.add(shader);
  }
  // Reading and writing through views is not what the op is about.
  if (op?.lowering.kind !== "elementwise") found.delete("elementwise/copy");
  return found;
}

/** The target and every snippet that it uses, absolute. */
export function watchedFiles({ key, path, family }) {
  const used = family === "lib" ? [] : librariesOf([readShader(key)], { snippet });
  return [path, ...used.map(({ name }) => join(shaders, "lib", `${name}.wgsl`))];
}

/** Texts as they are in the working tree, with `text` in place of the target's. @returns {import("../src/index.ts").ShaderSource} */
export function workingTree({ key }, text = undefined) {
  const read = (each) => (each === key && text !== undefined ? text : readShader(each));
  return {
    load: async (family, name) => read(`${family}/${name}`),
    snippet: (name) => (snippet(name) === undefined ? undefined : read(`lib/${name}`)),
  };
}

/** Texts as a commit has them. @returns {import("../src/index.ts").ShaderSource} */
export function atCommit(commit) {
  const root = execFileSync("git", ["rev-parse", "--show-toplevel"], { cwd: shaders, encoding: "utf8" }).trim();
  const show = (key) => {
    const { status, stdout } = spawnSync("git", ["show", `${commit}:packages/kernels-wgsl/shaders/${key}.wgsl`], {
      cwd: root,
      encoding: "utf8",
    });
    return status === 0 ? stdout : undefined;
  };
  if (spawnSync("git", ["rev-parse", "--verify", `${commit}^{commit}`], { cwd: root }).status !== 0)
    throw new LabError(`no version ${commit} to race against: not a file, and git knows no such commit`);
  const known = new Map();
  const read = (key) => {
    if (!known.has(key)) known.set(key, show(key));
    return known.get(key);
  };
  return {
    // What the commit had not is as it is now.
    load: async (family, name) => read(`${family}/${name}`) ?? readShader(`${family}/${name}`),
    snippet: (name) => read(`lib/${name}`) ?? snippet(name),
  };
}
