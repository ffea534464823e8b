// Headers of GGUF files: what is cut short, or lies about its lengths, is an error that says so and nothing else.
import { openGguf } from "@tetrad/language";
import { expect, test } from "vitest";
import { writeGguf } from "../support/gguf.js";

const METADATA = { "general.architecture": "llama", "llama.attention.head_count": 2, "llama.attention.head_count_kv": 1 };
const tensor = (name: string) => ({
  name,
  shape: [2, 4],
  format: "F32" as const,
  bytes: new Uint8Array(Float32Array.from({ length: 8 }, (_, i) => i).buffer),
});
const file = (metadata: Readonly<Record<string, string | number>> = METADATA) =>
  writeGguf(metadata, [tensor("token_embd.weight"), tensor("output.weight")]);
const open = (bytes: Uint8Array) => openGguf(bytes, "model.gguf");

/** A copy in which the bytes of a text, which occurs once, or those after it are others. */
function changed(bytes: Uint8Array, text: string, change: (view: DataView, begin: number, end: number) => void): Uint8Array {
  const copy = Buffer.from(bytes);
  const begin = copy.indexOf(text);
  change(new DataView(copy.buffer, copy.byteOffset, copy.length), begin, begin + text.length);
  return new Uint8Array(copy);
}

test("tensors are where the header says", async () => {
  const { shapes, read } = await open(file());
  expect([...shapes]).toEqual([
    ["model.embed_tokens.weight", [2, 4]],
    ["lm_head.weight", [2, 4]],
  ]);
  expect([...read("lm_head.weight").data]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test("a file that ends anywhere", async () => {
  const bytes = file();
  for (let length = 0; length < bytes.length - 32; length++)
    await expect(open(bytes.slice(0, length)), `${length}`).rejects.toMatchObject({ code: "FORMAT" });
});

test("lists are passed over, and may not reach beyond the file, nor hold lists", async () => {
  const metadata = { ...METADATA, "tokenizer.list": "0123456789abcdef0123456789abcdef" };
  // Type 8 becomes 9, a list; what was the text's length is its items' type, then their number.
  const list = (type: number, count: bigint) =>
    changed(file(metadata), "tokenizer.list", (view, _, end) => {
      view.setUint32(end, 9, true);
      view.setUint32(end + 4, type, true);
      view.setBigUint64(end + 8, count, true);
    });
  // 32 bytes of text and 4 of its length are left behind the type and the number.
  expect((await open(list(0, 28n))).shapes.size).toBe(2);
  for (const [type, count] of [
    [0, 2n ** 62n],
    [12, 2n ** 52n],
    [8, 5n],
    [9, 1n],
    [77, 1n],
  ] as const)
    await expect(open(list(type, count)), `type ${type}`).rejects.toMatchObject({ code: "FORMAT" });
});

test("other versions, no alignment, a name twice, too many axes", async () => {
  const bytes = file({ ...METADATA, "general.alignment": 32 });
  const version = Uint8Array.from(bytes);
  version[4] = 1;
  await expect(open(version)).rejects.toMatchObject({ code: "UNSUPPORTED" });
  await expect(open(changed(bytes, "general.alignment", (view, _, end) => view.setUint32(end + 4, 0, true)))).rejects.toThrow(
    /aligned to 0 bytes/,
  );
  await expect(open(writeGguf(METADATA, [tensor("output.weight"), tensor("output.weight")]))).rejects.toThrow(/two tensors output\.weight/);
  await expect(open(changed(bytes, "output.weight", (view, _, end) => view.setUint32(end, 5, true)))).rejects.toThrow(/has 5 axes/);
});
