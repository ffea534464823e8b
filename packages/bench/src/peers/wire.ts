/**
 * One message, one line of JSON; typed arrays travel as {"f32": …} (f64, i32 alike): small ones as base64, large ones as the path of a file, for a
 * language model's weights would be a line of 120 MB for every peer.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const TYPES = { f32: Float32Array, f64: Float64Array, i32: Int32Array };
type Typed = Float32Array | Float64Array | Int32Array;

const LARGEST_INLINE_BYTES = 1 << 20;

/** Files of large arrays, each written once however many peers read it. */
export class Spool {
  #folder: string | undefined;
  #count = 0;
  readonly #paths = new WeakMap<Typed, string>();
  readonly #atExit = (): void => this.remove();

  pathOf(array: Typed): string {
    const known = this.#paths.get(array);
    if (known !== undefined) return known;
    if (this.#folder === undefined) {
      this.#folder = mkdtempSync(join(tmpdir(), "tetrad-bench-"));
      process.once("exit", this.#atExit);
    }
    const path = join(this.#folder, `${this.#count++}.bin`);
    writeFileSync(path, bytesOf(array));
    this.#paths.set(array, path);
    return path;
  }

  remove(): void {
    process.off("exit", this.#atExit);
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }
}

function bytesOf(array: Typed): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** @param spool takes large arrays; without one they go into the line */
export function toLine(message: unknown, spool?: Spool): string {
  return JSON.stringify(message, (_, value: unknown) => {
    for (const [name, Type] of Object.entries(TYPES)) {
      if (!(value instanceof Type)) continue;
      if (spool !== undefined && value.byteLength > LARGEST_INLINE_BYTES) return { [name]: { path: spool.pathOf(value) } };
      return { [name]: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
    }
    return value;
  });
}

export function fromLine(line: string): unknown {
  return JSON.parse(line, (_, value: unknown) => {
    if (typeof value !== "object" || value === null) return value;
    const [[name, content] = ["", undefined], ...others] = Object.entries(value);
    const Type = TYPES[name as keyof typeof TYPES];
    if (Type === undefined || others.length > 0) return value;
    if (typeof content === "string") return new Type(Uint8Array.from(Buffer.from(content, "base64")).buffer);
    return typeof content?.path === "string" ? new Type(Uint8Array.from(readFileSync(content.path)).buffer) : value;
  });
}
