/** The names of a theory file: what may be one, and that each means one thing. */

import type { Definition } from "./expression/parse.js";
import { isUsableName } from "./expression/text.js";
import type { DataYaml, TheoryYaml } from "./theory-schema.js";
import type { Path, TheorySource } from "./theory-source.js";

/** `name: formula` or `name(argument, …): formula`. @throws ARGUMENT for a key that is neither */
export function readDefinition(source: TheorySource, key: string, formula: string | number): Definition {
  const path = ["definitions", key];
  const match = /^\s*([^\s(),]+)\s*(?:\(([^()]*)\))?\s*$/u.exec(key);
  const args = match?.[2] === undefined ? [] : match[2].split(",").map((arg) => arg.trim());
  const name = match?.[1];
  const wrong = [name, ...args].find((one) => one === undefined || !isUsableName(one));
  if (name === undefined || match === null || wrong !== undefined || new Set(args).size !== args.length) {
    source.fail(path, "not a name, or a name with arguments", {
      got: key,
      expected: "E or E(z)",
      hint: "names are letters, digits and _; functions, pi and words such as in and to are taken",
    });
  }
  return { name, args, text: String(formula), field: path.join("."), at: source.at(path) };
}

/** Every name means one thing, and the parser can read it. Data sets may have columns of the same name. */
export function checkNames(source: TheorySource, file: TheoryYaml, definitions: readonly string[]): void {
  const taken = new Map<string, string>();
  const claim = (name: string, path: Path, what: string): void => {
    if (!isUsableName(name)) {
      source.fail(path, `"${name}" cannot be a ${what}'s name in a formula`, {
        hint: "use letters, digits and _; functions, pi and words such as in and to are taken",
      });
    }
    const owner = taken.get(name);
    if (owner !== undefined && !(owner === "column" && what === "column" && path[0] === "datasets"))
      source.fail(path, `the name ${name} is used twice`, { got: `a ${owner} and a ${what}`, hint: "rename one of them" });
    taken.set(name, what);
  };
  const columns: [Path, DataYaml][] = [
    ...(file.data === undefined ? [] : [[["data", "x"], file.data] as [Path, DataYaml]]),
    ...Object.entries(file.datasets ?? {}).map(([name, { data }]): [Path, DataYaml] => [["datasets", name, "data", "x"], data]),
  ];
  for (const [path, { x }] of columns) for (const name of typeof x === "string" ? [x] : x) claim(name, path, "column");
  for (const name of Object.keys(file.parameters)) claim(name, ["parameters", name], "parameter");
  for (const name of Object.keys(file.constants ?? {})) claim(name, ["constants", name], "constant");
  for (const [i, key] of Object.keys(file.definitions ?? {}).entries()) claim(definitions[i] as string, ["definitions", key], "definition");
  for (const name of Object.keys(file.derived ?? {})) claim(name, ["derived", name], "derived quantity");
  if (Object.keys(file.parameters).length === 0) source.fail(["parameters"], "no parameters");
}
