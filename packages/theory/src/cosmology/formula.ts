/** How this folder writes its formulas: in the language of theory files, so that a physicist reads what is computed, and a theory can replace any part. */

import type { Definition } from "../expression/parse.js";
import { parseUnit } from "../units/unit.js";

/**
 * @param head name, or name with arguments: `E2(z)`. Names that begin with _ are for the library itself.
 * @param text the formula
 * @param unit of its value; a pure number unless told
 */
export function formula(head: string, text: string | number, unit = "1"): Definition {
  const [name, list] = head.replace(")", "").split("(") as [string, string?];
  return {
    name,
    args: list === undefined ? [] : list.split(",").map((arg) => arg.trim()),
    text: String(text),
    field: `cosmology.${name}`,
    unit: parseUnit(unit),
  };
}
