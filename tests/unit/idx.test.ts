// IDX files: every type in this machine's byte order, gzip undone, and coded errors for what is none.
import { gzipSync } from "node:zlib";
import { decodeIdx, readIdx, TetradError } from "@tetrad/engine";
import { expect, test } from "vitest";

const header = (type: number, ...shape: number[]) => {
  const bytes = new Uint8Array(4 + 4 * shape.length);
  bytes.set([0, 0, type, shape.length]);
  const view = new DataView(bytes.buffer);
  shape.forEach((extent, axis) => view.setUint32(4 + 4 * axis, extent));
  return bytes;
};
const file = (type: number, shape: number[], body: readonly number[]) => Uint8Array.from([...header(type, ...shape), ...body]);

const code = async (promise: Promise<unknown>) => {
  try {
    await promise;
  } catch (error) {
    return error instanceof TetradError ? error.code : `${error}`;
  }
  return undefined;
};

test.each([
  [8, [1, 255], [1, 255]],
  [9, [1, 255], [1, -1]],
  [11, [1, 2, 255, 254], [258, -2]],
  [12, [0, 0, 1, 0, 255, 255, 255, 255], [256, -1]],
  [13, [0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0], [1, -2.5]],
  [14, [0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0x04, 0, 0, 0, 0, 0, 0], [1, -2.5]],
])("type %i", async (type, body, values) => {
  for (const bytes of [file(type, [2, 1], body), new Uint8Array(gzipSync(file(type, [2, 1], body)))]) {
    const { shape, data } = await decodeIdx(bytes, "numbers");
    expect(shape).toEqual([2, 1]);
    expect([...data]).toEqual(values);
  }
});

test("an empty array", async () => {
  expect(await decodeIdx(file(8, [0, 28, 28], []), "none")).toEqual({ shape: [0, 28, 28], data: new Uint8Array(0) });
});

test("refuses what is no IDX file", async () => {
  const whole = file(8, [3], [1, 2, 3]);
  expect(await code(decodeIdx(new Uint8Array(0), "a"))).toBe("FORMAT");
  expect(await code(decodeIdx(Uint8Array.of(1, 2, 3, 4), "a"))).toBe("FORMAT");
  expect(await code(decodeIdx(file(10, [1], [1]), "a"))).toBe("FORMAT");
  expect(await code(decodeIdx(whole.subarray(0, 6), "a"))).toBe("FORMAT");
  expect(await code(decodeIdx(whole.subarray(0, whole.length - 1), "a"))).toBe("FORMAT");
  expect(await code(decodeIdx(Uint8Array.from([...whole, 0]), "a"))).toBe("FORMAT");
  expect(await code(decodeIdx(new Uint8Array(gzipSync(whole)).subarray(0, 20), "a"))).toBe("FORMAT");
  expect(await code(readIdx("/no/such/file"))).toBe("IO");
});
