/** Parquet files as tables: uncompressed or Snappy, as pandas and Hugging Face's datasets write them; hyparquet does the work. */
import { type JsonOptions, recordTable, type Table, TetradError } from "@tetrad/engine";

/** @throws TetradError FORMAT for a damaged file or another compression, DATA for nested columns other than lists unless the options allow them */
export async function readParquet(bytes: Uint8Array<ArrayBuffer>, source: string, options: JsonOptions = {}): Promise<Table> {
  const { parquetReadObjects } = await import("hyparquet");
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const records = await parquetReadObjects({ file }).catch((error: Error) => {
    throw new TetradError("FORMAT", {
      op: source,
      what: "this Parquet file cannot be read",
      got: error.message,
      hint: /compression/.test(error.message) ? "write it with Snappy, or without compression" : "is the file whole?",
    });
  });
  return recordTable(
    records.map((record) => plain(record)),
    source,
    options,
  );
}

/** As JSON would have it: whole numbers that a float64 has not, and dates, as text. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}
