/** Which model a page of a Hub shows. */
import { TetradError } from "@tetrad/engine";
import type { HubModelOptions } from "@tetrad/language";

/** @param address `https://…/org/name`, or `https://…/org/name/tree/revision` @throws TetradError ARGUMENT for another form */
export function modelOfPage(address: string): Pick<HubModelOptions, "endpoint" | "name" | "revision"> {
  const { origin, pathname } = new URL(address);
  const [org, name, tree, ...revision] = pathname.split("/").filter((part) => part !== "");
  if (org === undefined || name === undefined || (tree !== undefined && (tree !== "tree" || revision.length === 0)))
    throw new TetradError("ARGUMENT", { op: address, what: "this is no page of a model", expected: "https://…/org/name" });
  return { endpoint: origin, name: `${org}/${name}`, ...(revision.length > 0 && { revision: revision.map(decodeURIComponent).join("/") }) };
}
