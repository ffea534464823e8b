/** A theory's data, checked and whitened: after this file a likelihood is a sum of squares. */

import { didYouMean, numberColumn, type Table, TetradError } from "@tetrad/engine";
import { lossOf } from "./loss.js";
import { cholesky, dot, invertLower, type Matrix, multiplyVector, type Vector } from "./minimise/dense.js";
import { lnGamma } from "./special.js";
import type { DataSet } from "./theory.js";

/** Columns of numbers, for data that come from no file. */
export interface Columns {
  readonly columns: Readonly<Record<string, ArrayLike<number>>>;
  /** For messages; "data" unless told. */
  readonly source?: string;
}

/** A table as `readTable` gives it, or plain columns. */
export type DataSource = Table | Columns;

export interface Observations {
  readonly source: string;
  /** Number of data, n. */
  readonly n: number;
  /** The theory's x columns [n]. */
  readonly x: Readonly<Record<string, Float64Array>>;
  readonly y: Float64Array;
  /** The column of standard deviations [n], where there is one. */
  readonly error?: Float64Array | undefined;
  /** √ of the covariance's diagonal [n], for plots. */
  readonly sigma: Float64Array;
  /** W with WᵀW = C⁻¹: its diagonal [n], or the lower-triangular matrix [n, n] when the data are correlated. */
  readonly whitening: { readonly kind: "diagonal"; readonly values: Vector } | { readonly kind: "full"; readonly values: Matrix };
  /** −2 ln of the density where the model meets the data: ln det 2πC for Gaussian errors. */
  readonly logDeterminant: number;
  /** 1ᵀC⁻¹1: the offset's information. */
  readonly offsetInformation: number;
  /** C⁻¹1 / 1ᵀC⁻¹1 [n]: the weights of the mean residual. */
  readonly offsetWeights: Vector;
  /** `file:line` of a row. */
  readonly place: (row: number) => string;
}

/**
 * @param set a data set's columns and likelihood; a theory has those of its first
 * @throws DATA for a missing column, a value that is not a finite number, an error that is not positive, a negative count, a covariance of the wrong size or not positive definite, no rows
 */
export function observe(theory: Pick<DataSet, "data" | "noise">, data: DataSource): Observations {
  const reader = readerOf(data);
  const y = reader.column(theory.data.y);
  const n = y.length;
  if (n === 0) throw new TetradError("DATA", { op: reader.source, what: "there are no rows" });
  const x: Record<string, Float64Array> = {};
  for (const name of theory.data.x) x[name] = reader.column(name, n);
  const error = theory.data.error === undefined ? undefined : reader.column(theory.data.error, n);
  error?.forEach((value, row) => {
    if (value > 0) return;
    throw new TetradError("DATA", {
      op: reader.source,
      what: `column "${theory.data.error}" holds an error that is not positive`,
      got: `${value}`,
      at: reader.place(row),
      hint: "remove the row or give its standard deviation",
    });
  });
  const noise = theory.noise.kind === "poisson" ? counts(y, reader) : scatter(theory, reader, n, error);
  return { source: reader.source, n, x, y, error, place: reader.place, ...noise };
}

type Noise = Pick<Observations, "sigma" | "whitening" | "logDeterminant" | "offsetInformation" | "offsetWeights">;

function scatter(set: Pick<DataSet, "data" | "noise">, reader: Reader, n: number, error: Float64Array | undefined): Noise {
  if (set.data.covariance !== undefined) return full(set, reader, n, error);
  const noise = diagonal(error as Float64Array);
  const loss = lossOf(set.noise);
  if (loss === undefined) return noise;
  // Zσ in place of √(2π)σ.
  return { ...noise, logDeterminant: noise.logDeterminant + n * (2 * loss.logNormalisation - Math.log(2 * Math.PI)) };
}

/** Counts: −2 ln Poisson where the expectation is the count itself. */
function counts(y: Float64Array, reader: Reader): Noise {
  let logDeterminant = 0;
  y.forEach((count, row) => {
    if (!(count >= 0))
      throw new TetradError("DATA", { op: reader.source, what: "a count is negative", got: `${count}`, at: reader.place(row) });
    logDeterminant += 2 * (count === 0 ? 0 : count - count * Math.log(count) + lnGamma(count + 1));
  });
  // Only plots and pulls use these widths: √y, and that of one count where there was none.
  return { ...diagonal(y.map((count) => Math.sqrt(Math.max(count, 1)))), logDeterminant };
}

function diagonal(sigma: Float64Array): Noise {
  const values = sigma.map((s) => 1 / s);
  const information = dot(values, values);
  return {
    sigma,
    whitening: { kind: "diagonal", values },
    logDeterminant: sigma.reduce((sum, s) => sum + Math.log(2 * Math.PI * s * s), 0),
    offsetInformation: information,
    offsetWeights: values.map((w) => (w * w) / information),
  };
}

function full(theory: Pick<DataSet, "data">, reader: Reader, n: number, error: Float64Array | undefined): Noise {
  const covariance = theory.data.covariance as NonNullable<typeof theory.data.covariance>;
  if (covariance.size !== n) {
    throw new TetradError("DATA", {
      op: covariance.source,
      what: "the covariance has the wrong size",
      got: `${covariance.size} × ${covariance.size}`,
      expected: `${n} × ${n}, one row for each row of ${reader.source}`,
    });
  }
  const c = Float64Array.from(covariance.values);
  for (let i = 0; i < n; i++) c[i * n + i] = (c[i * n + i] as number) + (error === undefined ? 0 : (error[i] as number) ** 2);
  const { lower, failedRow } = cholesky(c, n);
  if (lower === undefined) {
    throw new TetradError("DATA", {
      op: covariance.source,
      what: `the covariance is not positive definite: row ${failedRow + 1} is a combination of those above it, or contradicts them`,
      at: covariance.place(failedRow),
      hint: "look for a row given twice, a correlation beyond ±1 or digits lost in rounding",
    });
  }
  const values = invertLower(lower, n);
  const ones = multiplyVector(values, new Float64Array(n).fill(1), n, n); // W 1
  const information = dot(ones, ones);
  const weights = new Float64Array(n); // Wᵀ W 1
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) weights[j] = (weights[j] as number) + (values[i * n + j] as number) * (ones[i] as number);
  let logDeterminant = n * Math.log(2 * Math.PI);
  for (let i = 0; i < n; i++) logDeterminant += 2 * Math.log(lower[i * n + i] as number);
  return {
    sigma: Float64Array.from({ length: n }, (_, i) => Math.sqrt(c[i * n + i] as number)),
    whitening: { kind: "full", values },
    logDeterminant,
    offsetInformation: information,
    offsetWeights: weights.map((w) => w / information),
  };
}

/** Observations as columns again, or some rows of them; a covariance stays with the set. */
export function columnsOf(
  { data }: Pick<DataSet, "data">,
  { x, y, error, source }: Observations,
  keep: (row: number) => boolean = () => true,
): Columns {
  const pick = (values: Float64Array): Float64Array => values.filter((_, row) => keep(row));
  return {
    columns: {
      ...Object.fromEntries(Object.entries(x).map(([name, values]) => [name, pick(values)])),
      [data.y]: pick(y),
      ...(data.error !== undefined && { [data.error]: pick(error as Float64Array) }),
    },
    source,
  };
}

interface Reader {
  readonly source: string;
  readonly place: (row: number) => string;
  column(name: string, length?: number): Float64Array;
}

function readerOf(data: DataSource): Reader {
  if ("rows" in data) return { source: data.source, place: data.place, column: (name) => numberColumn(data, name) };
  const source = data.source ?? "data";
  const place = (row: number): string => `${source}, row ${row + 1}`;
  return {
    source,
    place,
    column(name, length) {
      const values: ArrayLike<number> | undefined = Object.hasOwn(data.columns, name) ? data.columns[name] : undefined;
      if (values === undefined) {
        const known = Object.keys(data.columns);
        throw new TetradError("DATA", {
          op: source,
          what: `there is no column "${name}"`,
          expected: `one of ${known.join(", ")}`,
          hint: didYouMean(name, known),
        });
      }
      if (length !== undefined && values.length !== length) {
        throw new TetradError("DATA", {
          op: source,
          what: `column "${name}" has another length than the measured column`,
          got: `${values.length}`,
          expected: `${length}`,
        });
      }
      return Float64Array.from(values, (value, row) => {
        if (Number.isFinite(value)) return value;
        throw new TetradError("DATA", {
          op: source,
          what: `column "${name}" holds a value that is not finite`,
          got: `${value}`,
          at: place(row),
        });
      });
    },
  };
}

/** W v, and W (v − weighted mean of v) where an offset is marginalised: subtract first and whiten then, or seven digits are lost to an offset of 24. */
export function whiten(observations: Observations, v: ArrayLike<number>, marginaliseOffset: boolean): Vector {
  const mean = marginaliseOffset ? dot(observations.offsetWeights, v) : 0;
  const centred = Float64Array.from(v, (value) => value - mean);
  const { kind, values } = observations.whitening;
  return kind === "diagonal"
    ? centred.map((value, i) => value * (values[i] as number))
    : multiplyVector(values, centred, observations.n, observations.n);
}
