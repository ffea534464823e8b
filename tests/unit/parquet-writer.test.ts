// Parquet files of numbers: read back by hyparquet to the last bit, in several groups of rows, with more columns than a short list's header holds.
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { expect, test } from "vitest";
import { parquet } from "../../packages/cli/src/parquet.js";

const read = (file: Uint8Array) => parquetReadObjects({ file: file.buffer as ArrayBuffer });

test("numbers survive to the last bit, names in any script", async () => {
  const values = Float64Array.of(0.1, -0, 5e-324, Number.MAX_VALUE, Math.PI, -Infinity);
  const many = Array.from({ length: 20 }, (_, i) => ({ name: `Ω${i}`, values: values.map((value) => value / (i + 1)) }));
  const rows = await read(parquet([{ name: "chain", values: Int32Array.of(1, 2, -3, 4, 2 ** 31 - 1, -(2 ** 31)) }, ...many]));
  expect(rows.map((row) => row["chain"])).toEqual([1, 2, -3, 4, 2 ** 31 - 1, -(2 ** 31)]);
  for (const { name, values: own } of many) expect(rows.map((row) => row[name])).toEqual([...own]);
});

test("more rows than one group", async () => {
  const values = Int32Array.from({ length: (1 << 20) + 3 }, (_, i) => i);
  const file = parquet([{ name: "i", values }]);
  expect(parquetMetadata(file.buffer as ArrayBuffer).row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([1 << 20, 3]);
  const last = await parquetReadObjects({ file: file.buffer as ArrayBuffer, rowStart: (1 << 20) - 1 });
  expect(last.map((row) => row["i"])).toEqual([(1 << 20) - 1, 1 << 20, (1 << 20) + 1, (1 << 20) + 2]);
});

test("no rows", async () => {
  expect(await read(parquet([{ name: "x", values: new Float64Array(0) }]))).toEqual([]);
});
