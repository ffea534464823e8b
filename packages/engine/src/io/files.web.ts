/** Files of a server, by their address: they can be read, as far as the server lets a page of another origin do so, and not written. */
import { TetradError } from "../errors.js";
import * as faults from "./faults.js";

/** @throws TetradError IO for a file that is not there, a server that refuses or cannot be reached */
export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return faults.attempt("read", path, reasonOf, async () => {
    // A folder's address may end in a slash, which is not the start of another folder.
    const answer = await fetch(path.replace(/(?<!:)\/{2,}/g, "/"));
    if (answer.status === 404 || answer.status === 410 || isPage(answer))
      throw new DOMException(`status ${answer.status}`, "NotFoundError");
    if (!answer.ok) throw new DOMException(`the server answers with status ${answer.status}`, "NetworkError");
    return new Uint8Array(await answer.arrayBuffer());
  });
}

/** Servers of pages that route by themselves answer with the page for whatever they have not. */
function isPage({ headers, url }: Response): boolean {
  return headers.get("content-type")?.startsWith("text/html") === true && !/\.html?$/.test(new URL(url).pathname);
}

export async function writeFileAtomic(path: string): Promise<void> {
  throw readOnly(path);
}

export const removeFile = writeFileAtomic;
export const appendToFile = writeFileAtomic;
export const writeFolderAtomic = writeFileAtomic;

export async function recoverFolder(_path: string): Promise<void> {}

function readOnly(path: string): TetradError {
  return new TetradError("UNSUPPORTED", { op: `write ${path}`, what: "what has an address can only be read", hint: "write to a folder" });
}

const NOT_FOUND: faults.Reason = ["the server has no such file", "check the address: it is that of the folder which holds config.json"];
const UNREACHABLE: faults.Reason = [
  "the server cannot be reached, or does not let this page read from it",
  "check the address; a server of another origin must send Access-Control-Allow-Origin",
];

function reasonOf({ name }: Error): faults.Reason | undefined {
  if (name === "NotFoundError") return NOT_FOUND;
  return name === "TypeError" ? UNREACHABLE : undefined;
}
