// Data files as people really write them: every separator, encoding and gap, and an error that names the cell when something is wrong.
import {
  columnKind,
  decodeLabels,
  decodeNumbers,
  encodeInputs,
  encodeTarget,
  featureNames,
  learnPreprocessing,
  numberColumn,
  parsePreprocessing,
  planColumns,
  readTable,
  splitRows,
  type Table,
  type TetradError,
  usableRows,
} from "@tetrad/engine";
import { describe, expect, test } from "vitest";

function failure(body: () => unknown): TetradError {
  try {
    body();
  } catch (error) {
    return error as TetradError;
  }
  throw new Error("nothing was thrown");
}

const rowsOf = (table: Table) => table.rows.map((row) => [...row]);
const utf16 = (text: string) => new Uint8Array([0xff, 0xfe, ...new Uint8Array(Uint16Array.from(text, (c) => c.charCodeAt(0)).buffer)]);

describe("reading", () => {
  const expected = {
    columns: ["z", "H", "who"],
    rows: [
      ["0.1", "69", "a"],
      ["0.2", "70", "b, c"],
    ],
  };
  test.each([
    ["csv", "t.csv", 'z,H,who\n0.1,69,a\n0.2,70,"b, c"\n'],
    ["byte-order mark and CRLF", "t.csv", '\uFEFFz,H,who\r\n0.1,69,a\r\n0.2,70,"b, c"\r\n'],
    ["old Macintosh line ends, blank lines, spaces", "t.csv", '\r z , H,who\r\r0.1, 69,a \r0.2,70,"b, c"\r\r\r'],
    ["semicolons", "t.csv", "z;H;who\n0.1;69;a\n0.2;70;b, c"],
    ["bars", "t.txt", "z|H|who\n0.1|69|a\n0.2|70|b, c"],
    ["tabs", "t.tsv", "z\tH\twho\n0.1\t69\ta\n0.2\t70\tb, c\n"],
    ["tabs in a file of another name", "t.dat", "z\tH\twho\n0.1\t69\ta\n0.2\t70\tb, c\n"],
    ["JSON lines", "t.jsonl", '{"z":0.1,"H":69,"who":"a"}\n\n{"H":70,"z":0.2,"who":"b, c"}\n'],
    ["a JSON array", "t.json", '[{"z":0.1,"H":69,"who":"a"},{"z":"0.2","H":70,"who":"b, c"}]'],
  ])("%s", (_, source, text) => {
    const table = readTable(text, source);
    expect({ columns: table.columns, rows: rowsOf(table) }).toEqual(expected);
    expect(readTable(new TextEncoder().encode(text), source).rows).toEqual(expected.rows);
  });

  test("UTF-16 as spreadsheets write it", () => {
    const table = readTable(utf16("a\tb\nä\t1\n"), "t.txt");
    expect([table.columns, rowsOf(table)]).toEqual([["a", "b"], [["ä", "1"]]]);
  });

  test("a row knows its line, even after cells with line breaks", () => {
    const table = readTable('a,b\n1,"x\ny"\n\n2,z\n', "t.csv");
    expect([table.place(0), table.place(1)]).toEqual(["t.csv:2", "t.csv:5"]);
    expect(readTable('{"a":1}\n\n{"a":2}', "t.jsonl").place(1)).toBe("t.jsonl:3");
    expect(readTable('[{"a":1},{"a":2}]', "t.json").place(1)).toBe("t.json, record 2");
  });

  test("keys that come and go are missing values", () => {
    const table = readTable('{"a":1}\n{"b":true}\n{"a":null,"b":false}', "t.jsonl");
    expect([table.columns, rowsOf(table)]).toEqual([
      ["a", "b"],
      [
        ["1", ""],
        ["", "true"],
        ["", "false"],
      ],
    ]);
  });

  test("one column, with a gap inside and blank lines at the end", () => {
    expect(rowsOf(readTable("a\n1\n\n3\n\n\n", "t.csv"))).toEqual([["1"], [""], ["3"]]);
  });

  test("a table saved with its row index, and one saved without names", () => {
    expect(readTable(",a\n0,5\n", "t.csv").columns).toEqual(["unnamed_1", "a"]);
    expect(readTable("0,1\n5,6\n", "t.csv").columns).toEqual(["0", "1"]);
  });

  test.each([
    ["nothing", "", /^t\.csv: the file is empty — expected a header line/],
    ["blank lines only", "\n\n", /the file is empty/],
    ["a header only", "a,b\n", /^t\.csv: the file has a header but no rows/],
    ["too many cells", "a,b\n1,2\n1,2,3\n", /wrong number of cells — got 3, expected 2 \(a, b\) \(at t\.csv:3\)\. Hint: /],
    ["too few cells", "a,b\n1,2\n\n4\n", /got 1, expected 2 \(a, b\) \(at t\.csv:4\)/],
    ["an open quote", 'a,b\n1,2\n3,"x\n', /a quoted cell is malformed — got .* \(at t\.csv:3\)/],
    ["a column twice", "a,b,a\n1,2,3\n", /two columns are named "a" \(at t\.csv:1\)/],
    ["no header", "1.5,2\n3,4\n", /the first line holds numbers, not column names — got 1\.5, 2 \(at t\.csv:1\)/],
  ])("refuses %s", (_, text, message) => {
    const error = failure(() => readTable(text, "t.csv"));
    expect(error).toMatchObject({ code: "DATA", message: expect.stringMatching(message) });
    expect(error.message).not.toContain("\n");
  });

  test.each([
    ["t.jsonl", '{"a":1}\n{"a":\n', /not valid JSON — got .* \(at t\.jsonl:2\)/],
    ["t.jsonl", '{"a":1}\n[1]\n', /a record is not an object — got \[1\].*\(at t\.jsonl:2\)/],
    ["t.jsonl", '{"a":{"b":1}}\n', /column "a" holds a nested value — got \{"b":1\}/],
    ["t.json", '{"a":1}', /not a list of records/],
    ["t.json", "[]", /the file is empty/],
  ])("refuses %s %s", (source, text, message) => {
    expect(failure(() => readTable(text, source))).toMatchObject({ code: "DATA", message: expect.stringMatching(message) });
  });

  test("refuses bytes that are not text, naming the line", () => {
    expect(failure(() => readTable(Uint8Array.of(97, 10, 0xff, 10), "t.csv")).message).toMatch(
      /the file is not text — expected UTF-8 \(at t\.csv:2\)/,
    );
  });
});

describe("columns", () => {
  const table = readTable("x,y,c,gap\n1,1e3,red,1\n-.5,+2.,green,NA\n3,nan,red,?\n", "t.csv");

  test("numbers and categories are told apart", () => {
    expect(["x", "y", "c", "gap"].map((name) => columnKind(table, name))).toEqual(["number", "number", "category", "number"]);
  });

  test("numbers", () => {
    expect(numberColumn(table, "x")).toEqual(Float64Array.of(1, -0.5, 3));
    expect(numberColumn(table, "y", "nan")).toEqual(Float64Array.of(1000, 2, NaN));
    expect(numberColumn(table, "x", "error", [2, 0])).toEqual(Float64Array.of(3, 1));
  });

  test.each([
    ["y", /column "y" has a missing value — got "nan" \(at t\.csv:4\)/],
    ["c", /column "c" holds text where a number should be — got "red", expected a finite number \(at t\.csv:2\)/],
    ["X", /there is no column "X" — expected one of x, y, c, gap\. Hint: did you mean "x"\?/],
  ])("refuses %s", (name, message) => {
    expect(failure(() => numberColumn(table, name))).toMatchObject({ code: "DATA", message: expect.stringMatching(message) });
  });

  test.each([
    ["inf", /not finite/],
    ["1e999", /not finite/],
    ["12,5", /decimal point/],
    ["0x10", /text where/],
    ["1 2", /text where/],
    ["--1", /text where/],
  ])("%s is not a number", (cell, message) => {
    expect(failure(() => numberColumn(readTable(`x;y\n${cell};1\n`, "t.csv"), "x")).message).toMatch(message);
  });
});

describe("preprocessing", () => {
  const text = "size,colour,code,same,id,price\n1,red,1,7,a1,10\n2,green,2,7,a2,20\n3,red,1,7,a3,30\n6,,2,7,a4,40\n,blue,1,7,a5,50\n";
  const table = readTable(text, "t.csv");
  const options = { target: "price", categories: ["code"], maxCategories: 4 };

  test("columns that cannot be inputs are left out with a reason", () => {
    const plan = planColumns(table, options);
    expect(plan.inputs).toEqual([
      { name: "size", kind: "number" },
      { name: "colour", kind: "category" },
      { name: "code", kind: "category" },
    ]);
    expect(plan.target).toEqual({ name: "price", kind: "number" });
    expect(plan.notes).toEqual([
      'left out "same": it holds only "7"',
      'left out "id": 5 different texts among 5 rows are too many to be categories',
    ]);
    expect(failure(() => planColumns(table, { ...options, inputs: ["id"] })).message).toMatch(
      /column "id" cannot be an input: 5 different texts/,
    );
    expect(failure(() => planColumns(table, { ...options, inputs: ["price"] })).message).toMatch(/both target and input/);
    expect(failure(() => planColumns(table, { ...options, inputs: ["same"] })).message).toMatch(/holds only "7"/);
  });

  test("missing values: refused, dropped or filled in", () => {
    const plan = planColumns(table, options);
    expect(failure(() => usableRows(table, plan, "error")).message).toMatch(
      /column "colour" has a missing value — got "" \(at t\.csv:5\)\. Hint: .*missing: drop/,
    );
    expect([...usableRows(table, plan, "drop")]).toEqual([0, 1, 2]);
    expect([...usableRows(table, plan, "impute")]).toEqual([0, 1, 2, 3, 4]);
    const preprocessing = learnPreprocessing(table, plan, [0, 1, 2], { missing: "impute", unseen: "zeros" });
    const { x, width, notes } = encodeInputs(preprocessing, table);
    const s = Math.fround(Math.sqrt(1.5)); // (3 − 2) / √(2/3)
    expect(featureNames(preprocessing)).toEqual(["size", "colour=green", "colour=red", "code=1", "code=2"]);
    expect(width).toBe(5);
    expect([...x]).toEqual([-s, 0, 1, 1, 0, 0, 1, 0, 0, 1, s, 0, 1, 1, 0, Math.fround(4 * Math.sqrt(1.5)), 0, 1, 0, 1, 0, 0, 0, 1, 0]);
    expect(notes).toEqual(['1 value of "colour" never seen in training, treated as unknown (first "blue" at t.csv:6)']);
  });

  test("saved as JSON and applied to another file with columns in another order", () => {
    const plan = planColumns(table, options);
    const learnt = learnPreprocessing(table, plan, [0, 1, 2], { missing: "drop", unseen: "error" });
    const saved = parsePreprocessing(JSON.parse(JSON.stringify(learnt)), "config.json");
    expect(saved).toEqual(learnt);
    const other = readTable("code,extra,colour,size\n2,x,green,2\n1,y,,3\n1,z,red,1\n", "new.csv");
    const encoded = encodeInputs(saved, other);
    expect([...encoded.rows]).toEqual([0, 2]);
    expect([...encoded.x.subarray(0, 5)]).toEqual([0, 1, 0, 0, 1]);
    expect(failure(() => encodeInputs(saved, readTable("code,colour,size\n1,pink,2\n", "new.csv"))).message).toMatch(
      /column "colour" holds a category never seen in training — got "pink", expected green, red \(at new\.csv:2\)/,
    );
    expect(failure(() => encodeInputs(saved, readTable("code,colour\n1,red\n", "new.csv"))).message).toMatch(
      /new\.csv: there is no column "size"/,
    );
  });

  test("a damaged config names its field", () => {
    const learnt = learnPreprocessing(table, planColumns(table, options), [0, 1, 2], { missing: "drop", unseen: "error" });
    const damage = (edit: (json: Record<string, Record<string, unknown>>) => void) => {
      const json = JSON.parse(JSON.stringify(learnt));
      edit(json);
      return failure(() => parsePreprocessing(json, "m/config.json"));
    };
    expect(damage((json) => delete json["target"])).toMatchObject({
      code: "FORMAT",
      message: expect.stringMatching(/^m\/config\.json: preprocessing\.target is wrong — expected an object/),
    });
    expect(damage((json) => Object.assign(json["target"] as object, { scale: 0 })).message).toMatch(/target\.scale is wrong/);
    expect(
      damage((json) => Object.assign((json["inputs"] as unknown as object[])[1] as object, { categories: ["a", "a"] })).message,
    ).toMatch(/inputs\[1\]\.categories/);
    expect(damage((json) => Object.assign(json, { missing: "guess" })).message).toMatch(
      /missing is wrong — expected error, drop or impute/,
    );
  });

  test("targets: standardised and back", () => {
    const learnt = learnPreprocessing(table, planColumns(table, options), [0, 1, 2], { missing: "drop", unseen: "error" });
    const y = encodeTarget(learnt, table, [0, 1, 2, 4]);
    expect([...decodeNumbers(learnt, y)].map((value) => Math.round(value * 1e4) / 1e4)).toEqual([10, 20, 30, 50]);
    expect(failure(() => decodeLabels(learnt, y))).toMatchObject({ code: "ARGUMENT" });
  });

  test("targets: labels as text, and numbers that are labels, in order", () => {
    const labelled = readTable("x,kind,grade\n1,b,10\n2,a,9\n3,b,9\n", "t.csv");
    const learn = (target: string, task?: "classification") =>
      learnPreprocessing(labelled, planColumns(labelled, { target, task, inputs: ["x"] }), [0, 1], { missing: "error", unseen: "error" });
    expect(learn("kind").target).toEqual({ kind: "label", name: "kind", labels: ["a", "b"] });
    expect(learn("grade").target.kind).toBe("number");
    expect(learn("grade", "classification").target).toEqual({ kind: "label", name: "grade", labels: ["9", "10"] });
    expect([...encodeTarget(learn("kind"), labelled, [0, 1, 2])]).toEqual([1, 0, 1]);
    const { indices, probabilities } = decodeLabels(learn("kind"), [0, Math.log(3), 800, -800, 1, 1]);
    expect([...indices]).toEqual([1, 0, 0]);
    for (const [i, p] of [0.25, 0.75, 1, 0, 0.5, 0.5].entries()) expect(probabilities[i]).toBeCloseTo(p, 14);
    expect(failure(() => encodeTarget(learn("kind"), readTable("x,kind\n1,c\n", "n.csv"), [0])).message).toMatch(
      /unknown label — got "c", expected a, b \(at n\.csv:2\)/,
    );
  });

  test("a slip of the pen in a column of numbers is an error, not a category", () => {
    const slip = readTable("x,y\n1,1\n2,2\nthree,3\n4,4\n", "t.csv");
    const plan = planColumns(slip, { target: "y" });
    expect(failure(() => learnPreprocessing(slip, plan, [0, 1, 2, 3], { missing: "error", unseen: "error" })).message).toMatch(
      /column "x" holds text where a number should be — got "three".*\(at t\.csv:4\)/,
    );
  });

  test("a column that is constant in the training rows alone is centred, not divided by nothing", () => {
    const flat = readTable("x,y\n0.1,1\n0.1,2\n0.1,3\n5,4\n", "t.csv");
    const learnt = learnPreprocessing(flat, planColumns(flat, { target: "y" }), [0, 1, 2], { missing: "error", unseen: "error" });
    expect(learnt.inputs[0]).toMatchObject({ scale: 1 });
  });
});

describe("splitting", () => {
  const rows = Int32Array.from({ length: 103 }, (_, i) => 2 * i);

  test("each row goes into exactly one part, of the size asked for", () => {
    const { train, validation, test: held } = splitRows(rows, { validation: 0.1, test: 0.2 }, 7);
    expect([train.length, validation.length, held.length]).toEqual([72, 10, 21]);
    expect([...train, ...validation, ...held].sort((a, b) => a - b)).toEqual([...rows]);
    for (const part of [train, validation, held]) expect([...part]).toEqual([...part].sort((a, b) => a - b));
  });

  test("the seed decides, and nothing else", () => {
    const parts = [7, 7, 8].map((seed) => splitRows(rows, { validation: 0, test: 0.5 }, seed).test);
    expect(parts[0]).toEqual(parts[1]);
    expect(parts[0]).not.toEqual(parts[2]);
  });

  test("rows near each other in the file do not stay together", () => {
    const { test: held } = splitRows(
      Int32Array.from({ length: 10_000 }, (_, i) => i),
      { validation: 0, test: 0.5 },
      1,
    );
    const firstHalf = held.filter((row) => row < 5000).length;
    expect(Math.abs(firstHalf - 2500)).toBeLessThan(150); // three standard deviations of a fair draw without replacement
  });

  test("shares that leave nothing are refused", () => {
    expect(failure(() => splitRows(rows, { validation: 0.5, test: 0.5 }, 0))).toMatchObject({ code: "ARGUMENT" });
    expect(failure(() => splitRows(rows, { validation: -0.1, test: 0.5 }, 0))).toMatchObject({ code: "ARGUMENT" });
    expect(failure(() => splitRows([1, 2], { validation: 0.1, test: 0.1 }, 0)).message).toMatch(
      /no row is left for the test part — got 2 rows/,
    );
  });
});
