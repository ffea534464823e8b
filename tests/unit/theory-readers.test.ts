// Columns of text as cosmologists publish them: supernovae, BAO, H(z), band powers; and what is wrong with a file.

import { numberColumn } from "@tetrad/engine";
import { isTabular, observe, parseTheory, readDataText } from "@tetrad/theory";
import { describe, expect, test } from "vitest";
import { errorOf } from "./theory-support.js";

describe("readDataText", () => {
  test("supernovae: the comment line names the columns; without one custom does", () => {
    const rows = "03D1au 0.50349 0.504299 0.0 22.93445 0.12605\n03D1ax 0.4952 0.496005 0.0 22.8802 0.11765\n";
    for (const head of ["#name zcmb zhel dz mb dmb\n", ""]) {
      const table = readDataText(`${head}${rows}`, "sn.txt", "supernovae");
      expect(table.columns).toEqual(["name", "zcmb", "zhel", "dz", "mb", "dmb"]);
      expect(Array.from(numberColumn(table, "mb"))).toEqual([22.93445, 22.8802]);
      expect(table.place(1)).toBe(head === "" ? "sn.txt:2" : "sn.txt:3");
    }
  });

  test("bao: each quantity is a column of ones in its rows", () => {
    const text = "# z value quantity\n0.38 10.234 DM_over_rs\n0.38 24.98 DH_over_rs\n\n1.48\t26.07\tDV_over_rs\n";
    const table = readDataText(text, "mean.txt", "bao");
    expect(table.columns).toEqual(["z", "value", "quantity", "DM_over_rs", "DH_over_rs", "DV_over_rs"]);
    expect(Array.from(numberColumn(table, "DH_over_rs"))).toEqual([0, 1, 0]);
    const theory = parseTheory(
      `name: bao
use: cosmology
model: (DM_over_rs*transverse_distance(z) + DH_over_rs*hubble_distance(z) + DV_over_rs*volume_distance(z))/rd
data: { x: [z, DM_over_rs, DH_over_rs, DV_over_rs], y: value, covariance: cov.txt, file: mean.txt, format: bao }
parameters: { Om: { start: 0.3 }, rd: { start: 147, unit: Mpc } }
constants: { H0: 70 }`,
      { files: { "mean.txt": text, "cov.txt": "0.0286 -0.01 0\n-0.01 0.5 0\n0 0 0.3" } },
    );
    const { x, y, n, whitening } = observe(theory, theory.data.table as NonNullable<typeof theory.data.table>);
    expect(n).toBe(3);
    expect(Array.from(y)).toEqual([10.234, 24.98, 26.07]);
    expect(Array.from(x["DM_over_rs"] as Float64Array)).toEqual([1, 0, 0]);
    expect(whitening.kind).toBe("full");
  });

  test("H(z) and band powers have customary names", () => {
    expect(readDataText("0.07 69.0 19.6\n", "hz.dat", "hz").columns).toEqual(["z", "H", "sigma_H"]);
    expect(readDataText("# a comment on what this is\n30 1000.5 3.1\n", "cl.dat", "bandpowers").columns).toEqual(["ell", "power", "error"]);
  });

  test("csv by its ending, whatever the format", () => {
    expect(isTabular("a.CSV")).toBe(true);
    expect(isTabular("a.txt")).toBe(false);
    expect(readDataText("z,H\n1,2\n", "hz.csv", "hz").columns).toEqual(["z", "H"]);
  });

  test.each<[string, string, RegExp]>([
    ["no rows", "# z H\n\n", /the file holds no rows/],
    ["no names", "1 2 3\n", /the columns have no names — expected a line "# name name …" of 3 words above the first row \(at d\.txt:1\)/],
    ["ragged", "# z H\n1 2\n3\n", /a row has another number of columns than the first — got 1, expected 2 \(at d\.txt:3\)/],
    ["twice", "# z z\n1 2\n", /two columns are named "z"/],
  ])("%s", (_, text, message) => {
    const error = errorOf(() => readDataText(text, "d.txt", "table"));
    expect(error.code).toBe("DATA");
    expect(error.message).toMatch(message);
  });

  test("text in a column of numbers is named with its line", () => {
    const table = readDataText("# z H\n1 2\n3 many\n", "d.txt", "table");
    expect(errorOf(() => numberColumn(table, "H")).message).toMatch(/at d\.txt:3/);
  });
});

describe("theory files that name data", () => {
  const text = "name: n\nmodel: a\ndata: { x: z, y: H, error: s, file: d.txt }\nparameters: { a: { start: 1 } }";
  test("are given their text, or say which file is missing", () => {
    expect(parseTheory(text, { files: { "d.txt": "# z H s\n1 2 3\n" } }).data.table?.rows).toHaveLength(1);
    expect(errorOf(() => parseTheory(text)).message).toMatch(/the data file was not given — expected d\.txt/);
  });
  test.each<[string, string, RegExp]>([
    ["data beside datasets", `${text}\ndatasets: { a: { model: a, data: { x: z, y: H, error: s } } }`, /both model and datasets/],
    [
      "marginalise beside datasets",
      text.replace(/model: a\ndata: .*/, "marginalise: offset\ndatasets: { a: { model: a, data: { x: z, y: H, error: s } } }"),
      /stands beside datasets/,
    ],
    [
      "an unknown key in a data set",
      text.replace(/model: a\ndata: .*/, "datasets: { a: { model: a, dta: { x: z, y: H, error: s } } }"),
      /unknown key "dta".*did you mean "data"/,
    ],
    ["no data at all", "name: n\nmodel: a\nparameters: { a: { start: 1 } }", /data: missing/],
    ["student without degrees", text.replace("parameters", "likelihood: { student: 0 }\nparameters"), /positive degrees of freedom/],
    ["poisson with errors", text.replace("parameters", "likelihood: poisson\nparameters"), /counts have no errors of their own/],
    [
      "an offset of counts",
      text.replace(", error: s", "").replace("parameters", "likelihood: poisson\nmarginalise: offset\nparameters"),
      /only a gaussian likelihood/,
    ],
    ["an unknown format", text.replace("file: d.txt", "format: fits"), /table, supernovae, bao, hz or bandpowers/],
  ])("%s", (_, yaml, message) => {
    const error = errorOf(() => parseTheory(yaml, { source: "t.yaml", files: { "d.txt": "# z H s\n1 2 3\n" } }));
    expect(error.code).toBe("ARGUMENT");
    expect(error.message).toMatch(message);
  });
});
