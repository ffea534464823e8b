// Lines that begin with # before the names of a CSV file: remarks, or the names themselves.
import { readTable } from "@tetrad/engine";
import { expect, test } from "vitest";

const seen = (text: string) => {
  const { columns, rows, place } = readTable(text, "t.csv");
  return { columns, rows, first: place(0) };
};

test.each<readonly [string, string, readonly string[], readonly (readonly string[])[], string]>([
  ["remarks", "# H(z), measured; see the paper\n# second\nz,H\n0.1,69\n", ["z", "H"], [["0.1", "69"]], "t.csv:4"],
  ["names behind #", "# remark\n#z;H\n0.1;69\n", ["z", "H"], [["0.1", "69"]], "t.csv:3"],
  ["names behind # and a space", "# z, H, note\n0.1,69,a\n", ["z", "H", "note"], [["0.1", "69", "a"]], "t.csv:2"],
  ["a column that is called #", "#,name,hp\n1,Bulbasaur,45\n", ["#", "name", "hp"], [["1", "Bulbasaur", "45"]], "t.csv:2"],
  ["names of texts", "#tag,label\nfoo,bar\n", ["tag", "label"], [["foo", "bar"]], "t.csv:2"],
  ["a remark as wide as the names", "# of Smith, 1998\nz,H\n1,2\n", ["z", "H"], [["1", "2"]], "t.csv:3"],
  ["# among the rows", "text,label\n#physics,a\n", ["text", "label"], [["#physics", "a"]], "t.csv:2"],
  ["separators in a remark", "# a;b;c;d\nz,H\n1,2\n", ["z", "H"], [["1", "2"]], "t.csv:3"],
])("%s", (_, text, columns, rows, first) => {
  expect(seen(text)).toEqual({ columns, rows, first });
  expect(seen(`\n${text.replaceAll("\n", "\r\n")}`)).toMatchObject({ columns, rows });
});

test("remarks alone are an empty file", () => {
  expect(() => readTable("# nothing\n", "t.csv")).toThrow(/the file is empty/);
});
