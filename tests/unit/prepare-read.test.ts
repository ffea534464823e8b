// Data files of every format as rows, read whole or in the smallest pieces, and errors that name file and line.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readTable, TetradError } from "@tetrad/engine";
import { type DataRow, type ReadOptions, type ReadReport, readDataTable, readRows } from "@tetrad/language";
import { describe, expect, test } from "vitest";
import { root } from "../support/root.js";

const utf8 = (text: string) => new TextEncoder().encode(text);

function pieces(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.slice(i * size, (i + 1) * size));
}

async function read(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: Partial<ReadOptions> = {},
  size = 1 << 20,
): Promise<ReadReport & { cells: (readonly string[])[]; at: string[] }> {
  const found: DataRow[] = [];
  const inputs = Object.entries(files).map(([source, content]) => ({
    source,
    part: "train" as const,
    chunks: pieces(typeof content === "string" ? utf8(content) : content, size),
  }));
  const report = await readRows(inputs, { documents: "line", required: [], ...options }, (row) => found.push(row));
  return { ...report, cells: found.map(({ cells }) => cells), at: found.map(({ at }) => at) };
}

const AWFUL: Readonly<Record<string, string>> = {
  "comma.csv": '\ufefftext,label\r\n"Größe, ""quoted""\r\nand a line",a\r\n\r\n  漢字 ,b\r\nplain,c',
  "semicolon.csv": 'text;label\n"a;b";x\nc,d;y\n',
  "old-mac.csv": "text,label\ra,b\rc,d\r",
  "tab.tsv": 'text\tlabel\n"a\tb"\tx\nc\t\n',
  "lines.jsonl": '{"text":"a\\u0000b","label":1}\r\n\n{"label":null,"text":"c","list":["d","e",3]}\r{"text":"f"}',
};

describe("piece by piece", () => {
  test.each(Object.entries(AWFUL))("%s", async (source, text) => {
    const whole = readTable(text, source);
    for (const size of [1, 2, 3, 7, 1000]) {
      const { columns, cells, at } = await read({ [source]: text }, {}, size);
      expect(columns, `${size}`).toEqual(whole.columns);
      const padded = cells.map((row) => [...row, ...new Array(columns.length - row.length).fill("")]);
      expect(padded, `${size}`).toEqual(whole.rows);
      expect(at).toEqual(whole.rows.map((_, i) => whole.place(i)));
    }
  });

  test("UTF-16 as spreadsheets write it", async () => {
    const text = "text\tlabel\nGröße\tx\n";
    const bytes = new Uint8Array([0xff, 0xfe, ...new Uint8Array(Uint16Array.from(text, (c) => c.charCodeAt(0)).buffer)]);
    expect((await read({ "t.tsv": bytes }, {}, 5)).cells).toEqual([["Größe", "x"]]);
  });

  test("plain text: a line or a paragraph a document", async () => {
    const text = "one\r\n\r\n two \nthree\n\n\n\nfour";
    for (const size of [1, 4, 1000]) {
      expect(await read({ "t.txt": text }, {}, size)).toMatchObject({
        columns: ["text"],
        cells: [["one"], ["two"], ["three"], ["four"]],
        at: ["t.txt:1", "t.txt:3", "t.txt:4", "t.txt:8"],
      });
      expect(await read({ "t.txt": text }, { documents: "paragraph" }, size)).toMatchObject({
        cells: [["one"], ["two\nthree"], ["four"]],
        at: ["t.txt:1", "t.txt:3", "t.txt:8"],
      });
    }
  });
});

describe("read whole", () => {
  test("JSON: a list of records, or the only one in an object; lists in a cell", async () => {
    const records = '[{"text":["One.","Two."],"n":1.5},{"text":"Three","ok":true}]';
    const expected = {
      columns: ["text", "n", "ok"],
      cells: [
        ["One. Two.", "1.5", ""],
        ["Three", "", "true"],
      ],
    };
    expect(await read({ "t.json": records })).toMatchObject(expected);
    expect(await read({ "t.json": `{"date":"2026-08-21","count":2,"papers":${records},"tags":["x"]}` })).toMatchObject(expected);
    await expect(read({ "t.json": `{"a":${records},"b":${records}}` })).rejects.toThrow(/not a list of records.*the only such list/);
    await expect(read({ "t.jsonl": '{"text":"a"}\n{"text":{"b":1}}' })).rejects.toThrow(/column "text" holds a nested value.*t\.jsonl:2/);
  });

  test("CoNLL", async () => {
    expect(await read({ "t.conll": "Anna\tB-PER\nlives\tO\n\nTom\tB-PER\n" })).toMatchObject({
      columns: ["text", "tags"],
      cells: [
        ["Anna lives", "B-PER O"],
        ["Tom", "B-PER"],
      ],
      at: ["t.conll, sentence 1", "t.conll, sentence 2"],
    });
  });

  test("Parquet by pyarrow: Snappy, row groups, dictionaries, lists, dates, 64-bit numbers, nothing", async () => {
    const fixture = (name: string) => readFileSync(join(root, "tests/support/fixtures", name));
    const { columns, cells } = await read({ "papers.parquet": fixture("papers.parquet") });
    expect(columns).toEqual(["text", "label", "authors", "year", "score", "day"]);
    const day = "1998-05-15T00:00:00.000Z";
    expect(cells).toEqual([
      ["Dark energy accelerates the expansion.", "cosmology", "A. Riess S. Perlmutter", "1998", "0.5", day],
      ['Größe, "quoted"\nand a line', "other", "", "9007199254740993", "1.25", day],
      ["", "cosmology", "B. Schmidt", "", "", day],
      ["The last one", "other", "", "2011", "-3", day],
    ]);
    await expect(read({ "zstd.parquet": fixture("zstd.parquet") })).rejects.toThrow(/ZSTD.*write it with Snappy/);
    await expect(read({ "t.parquet": "text,label\na,b\n" })).rejects.toThrow(/this Parquet file cannot be read/);
    await expect(read({ "t.parquet": fixture("papers.parquet").subarray(0, 2000) })).rejects.toThrow(TetradError);
  });
});

test("a file as a table: by its ending, Parquet with its values, plain text a line each", async () => {
  const parquet = new Uint8Array(readFileSync(join(root, "tests/support/fixtures/papers.parquet")));
  const table = await readDataTable(parquet, "papers.parquet", { records: true });
  expect(table.columns).toEqual(["text", "label", "authors", "year", "score", "day"]);
  expect(table.records?.slice(0, 2)).toMatchObject([
    { authors: ["A. Riess", "S. Perlmutter"], year: 1998, score: 0.5 },
    { year: "9007199254740993", score: 1.25 },
  ]);
  const bytes = (text: string) => new TextEncoder().encode(text);
  const lines = await readDataTable(bytes("one\r\n\n  two, three\n"), "t.txt");
  expect({ columns: lines.columns, rows: lines.rows, at: lines.place(1) }).toEqual({
    columns: ["text"],
    rows: [["one"], ["two, three"]],
    at: "t.txt:3",
  });
  await expect(readDataTable(bytes("\n \n"), "t.txt")).rejects.toThrow(/t\.txt: the file has no rows/);
  expect((await readDataTable(bytes("a;b\n1;2\n"), "t.dat")).rows).toEqual([["1", "2"]]);
});

test("columns of several files are found by name", async () => {
  expect(await read({ "a.csv": "text,label\na,x\n", "b.jsonl": '{"id":7,"label":"y","text":"b"}' })).toMatchObject({
    columns: ["text", "label", "id"],
    cells: [
      ["a", "x"],
      ["b", "y", "7"],
    ],
    rows: [
      { source: "a.csv", rows: 1 },
      { source: "b.jsonl", rows: 1 },
    ],
  });
});

describe("bad input", () => {
  const broken = new Uint8Array([...utf8("text,label\na,b\nc"), 0xff, ...utf8(",d\n")]);

  test.each<readonly [string, string | Uint8Array, Partial<ReadOptions>, RegExp]>([
    ["t.csv", broken, {}, /not text — expected UTF-8 \(at t\.csv:3\)/],
    ["t.csv", "text,label\na,b\nc\n", {}, /wrong number of cells — got 1, expected 2 \(text, label\) \(at t\.csv:3\)/],
    ["t.csv", "text,label\n", {}, /t\.csv: the file has no rows/],
    ["t.csv", "", {}, /no rows/],
    ["t.csv", "text,label\na,b\n", { required: ["text", "lable"] }, /no column "lable".*did you mean "label"/],
    ["t.csv", 'text,label\n"a,b\nc,d\n', {}, /a quoted cell is malformed/],
    ["t.csv", `text,label\n"a,b\n${"c,d\n".repeat(9_000_000)}`, {}, /a row does not end.*t\.csv:2.*close the quote/],
    ["t.jsonl", '{"text":"a"}\n{"text":', {}, /not valid JSON.*t\.jsonl:2/],
    ["t.dat", "a", {}, /does not say which format/],
  ])("%s %#", async (source, content, options, message) => {
    for (const size of [source === "t.csv" && content.length > 1e6 ? 1 << 20 : 2, 1 << 20])
      await expect(read({ [source]: content }, options, size)).rejects.toThrow(message);
  });
});
