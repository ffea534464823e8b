/**
 * Columns of numbers as a Parquet file (github.com/apache/parquet-format): required columns, plain encoding, no compression, since most digits of measured and drawn numbers are
 * noise. Written out because a writer's library would bring a second reader along.
 */
import { i32, i64, list, struct, type ThriftValue, text, thrift } from "./thrift.js";

export interface ParquetColumn {
  readonly name: string;
  readonly values: Float64Array | Int32Array;
}

/** parquet.thrift: Type. */
const INT32 = 1;
const DOUBLE = 5;
/** parquet.thrift: Encoding. */
const PLAIN = 0;
const RLE = 3;
/** Rows that are stored together; a column's page of them is 8 MiB. */
const GROUP = 1 << 20;

const typeOf = ({ values }: ParquetColumn): ThriftValue => i32(values instanceof Int32Array ? INT32 : DOUBLE);
const ascii = (word: string): Uint8Array => new TextEncoder().encode(word);

/** @param columns of one length, of different names */
export function parquet(columns: readonly ParquetColumn[]): Uint8Array {
  const rows = columns[0]?.values.length ?? 0;
  const parts: Uint8Array[] = [ascii("PAR1")];
  let at = 4;
  const append = (bytes: Uint8Array): void => {
    parts.push(bytes);
    at += bytes.length;
  };
  const groups: ThriftValue[] = [];
  for (let first = 0; first < rows; first += GROUP) {
    const count = Math.min(GROUP, rows - first);
    const begin = at;
    const chunks = columns.map((column) => {
      const { buffer, byteOffset, byteLength } = column.values.slice(first, first + count); // little-endian, as every machine that runs Node is
      const offset = at;
      append(Uint8Array.from(thrift(pageHeader(count, byteLength))));
      append(new Uint8Array(buffer, byteOffset, byteLength));
      return struct({ 2: i64(offset), 3: chunkMetadata(column, count, offset, at - offset) });
    });
    groups.push(struct({ 1: list("struct", chunks), 2: i64(at - begin), 3: i64(count) }));
  }
  const schema = [
    struct({ 4: text("columns"), 5: i32(columns.length) }),
    ...columns.map((column) => struct({ 1: typeOf(column), 3: i32(0), 4: text(column.name) })),
  ];
  const footer = thrift(struct({ 1: i32(1), 2: list("struct", schema), 3: i64(rows), 4: list("struct", groups), 6: text("tetrad") }));
  append(Uint8Array.from(footer));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, footer.length, true);
  append(length);
  append(ascii("PAR1"));
  const file = new Uint8Array(at);
  let position = 0;
  for (const part of parts) {
    file.set(part, position);
    position += part.length;
  }
  return file;
}

/** A data page whose values are all there, so that no levels stand before them. */
function pageHeader(count: number, bytes: number): ThriftValue {
  const page = struct({ 1: i32(count), 2: i32(PLAIN), 3: i32(RLE), 4: i32(RLE) });
  return struct({ 1: i32(0), 2: i32(bytes), 3: i32(bytes), 5: page });
}

function chunkMetadata(column: ParquetColumn, count: number, offset: number, bytes: number): ThriftValue {
  return struct({
    1: typeOf(column),
    2: list("i32", [i32(PLAIN), i32(RLE)]),
    3: list("text", [text(column.name)]),
    4: i32(0),
    5: i64(count),
    6: i64(bytes),
    7: i64(bytes),
    9: i64(offset),
  });
}
