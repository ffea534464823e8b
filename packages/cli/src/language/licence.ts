/** What a model's folder says of its licence. */
import { existsSync, readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { frontMatter } from "./front-matter.js";

/** Fields of a model card's head; those that nobody stated are left out. */
export interface Licence {
  readonly license?: string;
  /** Of one that the Hub has no identifier for */
  readonly license_name?: string;
  readonly license_link?: string;
}

/** From the head of its README.md or, where that is silent, from config.json. Neither is worth a failure: a file that is damaged says nothing. */
export function licenceOf(folder: string): Licence {
  const { head } = frontMatter(textOf(`${folder}/README.md`));
  const found = [head, textOf(`${folder}/config.json`)].map(licenceIn);
  return found.find(({ license }) => license !== undefined) ?? {};
}

/** @param yaml or JSON, which is YAML */
function licenceIn(yaml: string): Licence {
  const fields = parseDocument(yaml);
  const stated = ["license", "license_name", "license_link"].map((name) => [name, fields.get(name)] as const);
  return Object.fromEntries(stated.filter(([, value]) => typeof value === "string"));
}

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");
