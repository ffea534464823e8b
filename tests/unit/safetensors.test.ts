// safetensors in memory: round trips with Python's own package, every storage type, and files that lie.
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSafetensors, readSafetensors, type StorableTensor, TetradError, writeSafetensors } from "@tetrad/engine";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { python } from "../support/python.js";

function file(header: unknown, data = new Uint8Array(0)): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const one = (dtype: string, shape: number[], bytes: ArrayLike<number>) =>
  file({ t: { dtype, shape, data_offsets: [0, bytes.length] } }, Uint8Array.from(bytes));
const bytesOf = (array: { buffer: ArrayBufferLike; byteOffset: number; byteLength: number }) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

describe("widening", () => {
  const read = (dtype: string, bytes: ArrayLike<number>, shape = [bytes.length]) =>
    readSafetensors(one(dtype, shape, bytes)).tensors.get("t");

  test("F16 holds its special values and every normal exactly", () => {
    const bits = Uint16Array.of(0x0000, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x0400, 0x7c00, 0xfc00, 0x7e00, 0x3555);
    const expected = [0, -0, 1, -2, 65504, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, Infinity, -Infinity, NaN, 0.333251953125];
    expect(read("F16", bytesOf(bits), [bits.length])).toMatchObject({ dtype: "f32", storage: "F16" });
    expect([...(read("F16", bytesOf(bits), [bits.length])?.data ?? [])]).toEqual(expected);
  });

  test("BF16, F8_E5M2 and F8_E4M3", () => {
    expect([...(read("BF16", bytesOf(Uint16Array.of(0x3f80, 0xc049, 0x7f80, 0x0001)), [4])?.data ?? [])]).toEqual([
      1,
      -3.140625,
      Infinity,
      2 ** -133,
    ]);
    expect([...(read("F8_E5M2", [0x3c, 0xc0, 0x7b, 0x01, 0x7c, 0x7f])?.data ?? [])]).toEqual([1, -2, 57344, 2 ** -16, Infinity, NaN]);
    expect([...(read("F8_E4M3", [0x38, 0xc0, 0x7e, 0x01, 0x08, 0x7f, 0xff])?.data ?? [])]).toEqual([
      1,
      -2,
      448,
      2 ** -9,
      2 ** -6,
      NaN,
      NaN,
    ]);
  });

  test("integers become i32 where they fit, f64 where they do not, and never round", () => {
    expect(read("I8", [255, 127])).toMatchObject({ dtype: "i32", data: Int32Array.of(-1, 127) });
    expect(read("U8", [255, 127])).toMatchObject({ dtype: "i32", data: Int32Array.of(255, 127) });
    expect(read("I16", bytesOf(Int16Array.of(-32768)), [1])).toMatchObject({ dtype: "i32", data: Int32Array.of(-32768) });
    expect(read("U16", bytesOf(Uint16Array.of(65535)), [1])).toMatchObject({ dtype: "i32", data: Int32Array.of(65535) });
    expect(read("U32", bytesOf(Uint32Array.of(7)), [1])).toMatchObject({ dtype: "i32", data: Int32Array.of(7) });
    expect(read("U32", bytesOf(Uint32Array.of(4294967295)), [1])).toMatchObject({ dtype: "f64", data: Float64Array.of(4294967295) });
    expect(read("I64", bytesOf(BigInt64Array.of(-5n)), [1])).toMatchObject({ dtype: "i32", data: Int32Array.of(-5) });
    expect(read("I64", bytesOf(BigInt64Array.of(-(2n ** 40n))), [1])).toMatchObject({ dtype: "f64", data: Float64Array.of(-(2 ** 40)) });
    expect(() => read("U64", bytesOf(BigUint64Array.of(2n ** 53n)), [1])).toThrow(
      /float64 cannot hold exactly — got 9007199254740992 at element 0/,
    );
  });

  test("BOOL is 0 or 1 whatever the byte", () => {
    expect(read("BOOL", [0, 1, 2])).toMatchObject({ dtype: "bool", data: Uint8Array.of(0, 1, 1) });
  });

  test("bytes at any alignment", () => {
    const data = new Uint8Array([9, ...bytesOf(Float64Array.of(1.5))]);
    const bytes = file(
      { a: { dtype: "U8", shape: [1], data_offsets: [0, 1] }, b: { dtype: "F64", shape: [], data_offsets: [1, 9] } },
      data,
    );
    const shifted = new Uint8Array(bytes.length + 3).subarray(3);
    shifted.set(bytes);
    expect(readSafetensors(shifted).tensors.get("b")).toMatchObject({ dtype: "f64", shape: [], data: Float64Array.of(1.5) });
  });
});

describe("writing", () => {
  const tensors: Record<string, StorableTensor> = {
    small: { shape: [3], data: Uint8Array.of(0, 1, 1), storage: "BOOL" },
    w: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
    big: { shape: [], data: Float64Array.of(Math.PI) },
    i: { shape: [1, 2], data: Int32Array.of(-1, 5) },
    empty: { shape: [0, 7], data: new Float32Array(0) },
    "7": { shape: [1], data: BigInt64Array.of(3n) },
  };

  test("reads back, aligned, in the order of the reference writer", () => {
    const bytes = writeSafetensors(tensors, { made: "here" });
    const { entries, metadata } = openSafetensors(bytes);
    expect(metadata).toEqual({ made: "here" });
    expect([...entries.keys()]).toEqual(["7", "big", "empty", "w", "i", "small"]);
    for (const { begin, storage } of entries.values())
      expect(begin % { I64: 8, F64: 8, F32: 4, I32: 4, BOOL: 1 }[storage as "F32"]).toBe(0);
    const { tensors: read } = readSafetensors(bytes);
    expect(read.get("w")).toEqual({ dtype: "f32", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4), storage: "F32" });
    expect(read.get("empty")).toMatchObject({ shape: [0, 7], data: new Float32Array(0) });
  });

  test("only the view's own elements are written", () => {
    const view = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    expect(readSafetensors(writeSafetensors({ v: { shape: [2], data: view } })).tensors.get("v")?.data).toEqual(Float32Array.of(1, 2));
  });

  test("what does not fit is refused", () => {
    expect(() => writeSafetensors({ a: { shape: [3], data: new Float32Array(2) } })).toThrow(
      /tensor "a": shape and data do not fit — got 2 elements, expected 3 for \[3\]/,
    );
    expect(() => writeSafetensors({ a: { shape: [2], data: new Float32Array(2), storage: "F16" } })).toThrow(
      /storage type and array do not fit/,
    );
    expect(() => writeSafetensors({ a: { shape: [2], data: new Float32Array(2), storage: "I32" } })).toThrow(
      /storage type and array do not fit/,
    );
    expect(() => writeSafetensors({ __metadata__: { shape: [0], data: new Float32Array(0) } })).toThrow(/reserved/);
  });
});

describe("files that lie", () => {
  const entry = (begin: number, end: number, shape = [end - begin]) => ({ dtype: "U8", shape, data_offsets: [begin, end] });
  const bytes = (n: number) => new Uint8Array(n);
  const length = (n: bigint) => {
    const header = new Uint8Array(16);
    new DataView(header.buffer).setBigUint64(0, n, true);
    return header;
  };
  const cases: [string, Uint8Array, RegExp][] = [
    ["too short", bytes(7), /too short to hold a header — got 7 bytes/],
    ["absurd header length", length(2n ** 63n), /header's length is absurd — got 9223372036854775808 bytes/],
    ["header beyond the file", length(100n), /ends inside its header — got 16 bytes, expected at least 108/],
    [
      "not UTF-8",
      (() => {
        const b = file('{"a":1}');
        b[10] = 0xff;
        return b;
      })(),
      /not UTF-8/,
    ],
    ["not an object", file("[1,2]"), /not a JSON object/],
    ["not JSON", file('{"a":'), /not valid JSON/],
    ["text after the object", file("{} {}"), /not valid JSON/],
    [
      "a tensor named twice",
      file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', bytes(1)),
      /names "a" twice/,
    ],
    [
      "a name twice behind an escape",
      file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061" :{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', bytes(1)),
      /names "a" twice/,
    ],
    ["a field twice", file('{"a":{"dtype":"U8","shape":[0],"shape":[1],"data_offsets":[0,1]}}', bytes(1)), /names "shape" twice/],
    ["entry is no object", file({ a: 3 }), /tensor "a" is not described by an object/],
    ["unknown dtype", file({ a: { ...entry(0, 1), dtype: "toString" } }, bytes(1)), /tensor "a" has an unknown dtype — got "toString"/],
    ["negative shape", file({ a: entry(0, 1, [-1]) }, bytes(1)), /impossible shape/],
    ["fractional shape", file({ a: entry(0, 1, [0.5, 2]) }, bytes(1)), /impossible shape/],
    ["absurd shape", file({ a: entry(0, 1, [2 ** 40, 2 ** 40]) }, bytes(1)), /absurd size/],
    ["shape with zero that hides an overflow", file({ a: entry(0, 1, [1e300, 0]) }, bytes(1)), /impossible shape/],
    ["backward range", file({ a: { dtype: "U8", shape: [1], data_offsets: [1, 0] } }, bytes(1)), /impossible byte range/],
    ["shape against bytes", file({ a: entry(0, 3, [2]) }, bytes(3)), /does not match its bytes — got 3 bytes, expected 2 for U8 \[2\]/],
    ["beyond the file", file({ a: entry(0, 9) }, bytes(8)), /tensor "a" reaches beyond the end of the file/],
    ["overlap", file({ a: entry(0, 4), b: entry(3, 8) }, bytes(8)), /tensor "b" overlaps tensor "a"/],
    ["gap", file({ a: entry(0, 4), b: entry(5, 8) }, bytes(8)), /1 bytes before tensor "b" belong to no tensor/],
    ["trailing bytes", file({ a: entry(0, 4) }, bytes(8)), /after the last tensor/],
    ["metadata no object", file({ __metadata__: ["x"] }), /__metadata__ is not an object/],
    ["metadata no string", file({ __metadata__: { x: 1 } }), /__metadata__ "x" is not a string/],
  ];

  test.each(cases)("%s", (_, content, message) => {
    expect(() => openSafetensors(content, "m.safetensors")).toThrow(message);
    try {
      openSafetensors(content, "m.safetensors");
    } catch (error) {
      expect(error).toMatchObject({ code: "FORMAT", message: expect.stringMatching(/^safetensors m\.safetensors: [^\n]*$/) });
    }
  });

  test("storage types of the format that have no widening are named", () => {
    expect(() => openSafetensors(one("C64", [1], new Uint8Array(8)))).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
  });

  test("names from the prototype are names like any other", () => {
    const read = openSafetensors(
      file(
        '{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"constructor":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}',
        bytes(2),
      ),
    );
    expect([...read.entries.keys()]).toEqual(["__proto__", "constructor"]);
    expect(() => read.read("toString")).toThrow(/no tensor "toString" — expected __proto__, constructor/);
  });

  test("any single flipped bit or cut gives the file or a coded error, never a crash", () => {
    const good = writeSafetensors(
      { a: { shape: [2, 3], data: new Float32Array(6) }, bb: { shape: [5], data: new Uint8Array(5), storage: "BOOL" } },
      { k: "v" },
    );
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(7), fc.nat(good.length), (at, bit, cut) => {
        const bad = good.slice(0, cut);
        if (at < cut) bad[at] = (bad[at] as number) ^ (1 << bit);
        try {
          readSafetensors(bad);
        } catch (error) {
          expect(error).toBeInstanceOf(TetradError);
        }
      }),
      { numRuns: 3000, seed: 7 },
    );
  });
});

describe("Python's safetensors", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tetrad-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const TYPES = ["bool", "uint8", "int8", "int16", "uint16", "float16", "int32", "uint32", "float32", "float64", "int64", "uint64"];

  test("writes the same bytes", () => {
    const py = python(["safetensors", "numpy"]);
    const path = join(folder, "theirs.safetensors");
    py(
      `import sys, numpy as np
from safetensors.numpy import save_file
t = {"t_" + d: np.arange(3).astype(d) for d in sys.argv[2:]}
t.update({"é": np.zeros((2, 0), "f4"), "😀": np.array(1, "f4"), "\\ufffd": np.ones((1, 2), "f4")})
save_file(t, sys.argv[1], {"b": 'x"y\\n\\u2028'})`,
      path,
      ...TYPES,
    );
    const arrays: Record<string, StorableTensor["data"]> = {
      bool: Uint8Array.of(0, 1, 1),
      uint8: Uint8Array.of(0, 1, 2),
      int8: Int8Array.of(0, 1, 2),
      int16: Int16Array.of(0, 1, 2),
      uint16: Uint16Array.of(0, 1, 2),
      float16: Uint16Array.of(0, 0x3c00, 0x4000),
      int32: Int32Array.of(0, 1, 2),
      uint32: Uint32Array.of(0, 1, 2),
      float32: Float32Array.of(0, 1, 2),
      float64: Float64Array.of(0, 1, 2),
      int64: BigInt64Array.of(0n, 1n, 2n),
      uint64: BigUint64Array.of(0n, 1n, 2n),
    };
    const storage: Record<string, StorableTensor["storage"]> = { bool: "BOOL", float16: "F16" };
    const tensors: Record<string, StorableTensor> = {
      é: { shape: [2, 0], data: new Float32Array(0) },
      "😀": { shape: [], data: Float32Array.of(1) },
      "\ufffd": { shape: [1, 2], data: Float32Array.of(1, 1) },
    };
    for (const [type, data] of Object.entries(arrays))
      tensors[`t_${type}`] = { shape: [3], data, ...(storage[type] === undefined ? {} : { storage: storage[type] }) };
    expect(Buffer.from(writeSafetensors(tensors, { b: 'x"y\n\u2028' }))).toEqual(readFileSync(path));
    for (const [name, { data, shape }] of readSafetensors(readFileSync(path)).tensors)
      if (name.startsWith("t_")) expect([shape, [...data]]).toEqual([[3], [0, 1, name === "t_bool" ? 1 : 2]]);
  });

  test("opens ours", () => {
    const py = python(["safetensors", "numpy"]);
    const path = join(folder, "ours.safetensors");
    const w = Float32Array.from({ length: 12 }, (_, i) => Math.fround(Math.sin(i)));
    writeFileSync(
      path,
      writeSafetensors(
        {
          w: { shape: [3, 4], data: w },
          mask: { shape: [2], data: Uint8Array.of(1, 0), storage: "BOOL" },
          pi: { shape: [1], data: Float64Array.of(Math.PI) },
        },
        { format: "tetrad" },
      ),
    );
    const out = py(
      `import sys, json
from safetensors import safe_open
with safe_open(sys.argv[1], "numpy") as f:
    print(json.dumps({"meta": f.metadata(), "w": f.get_tensor("w").astype("f8").tolist(), "mask": f.get_tensor("mask").tolist(), "pi": f.get_tensor("pi").tolist()}))`,
      path,
    );
    const rows = [0, 1, 2].map((row) => [...w.subarray(4 * row, 4 * row + 4)]);
    expect(JSON.parse(out)).toEqual({ meta: { format: "tetrad" }, w: rows, mask: [true, false], pi: [Math.PI] });
  });
});
