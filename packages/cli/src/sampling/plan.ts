/** What a run samples and how: everything that its numbers depend on, as plain data that workers and the folder of an unfinished run get alike. */
import { createHash } from "node:crypto";
import { readBytes, readTable, type Table, TetradError } from "@tetrad/engine";
import { type ChainOptions, type ChainSampler, covarianceFile, loadTheories, type Theory } from "@tetrad/theory";

export const SAMPLERS = ["nuts", "hmc", "metropolis", "ensemble", "nested", "laplace", "variational"] as const;
export type SamplerName = (typeof SAMPLERS)[number];

export interface SamplingPlan {
  readonly theory: string;
  /** One of several models of the file. */
  readonly model: string | null;
  readonly data: string;
  readonly sampler: SamplerName;
  readonly chains: number;
  readonly options: Omit<ChainOptions, "sampler">;
  readonly nested: { readonly live?: number; readonly steps?: number };
  readonly family: "mean-field" | "full-rank" | "flow";
  /** Of theory, data and covariance. */
  readonly sha256: string;
}

export interface TheoryAndData {
  readonly theory: Theory;
  readonly table: Table;
  readonly sha256: string;
}

export function isChainSampler(name: SamplerName): name is ChainSampler {
  return name === "nuts" || name === "hmc" || name === "metropolis" || name === "ensemble";
}

/** @throws TetradError as `loadTheories` and `readTable`; ARGUMENT where the file holds several models and none is chosen */
export async function readTheoryAndData(path: string, model: string | null, data: string): Promise<TheoryAndData> {
  const theories = await loadTheories(path);
  const chosen = model === null ? theories : theories.filter(({ name }) => name === model || name.endsWith(`/${model}`));
  const [theory] = chosen;
  if (theory === undefined || chosen.length > 1) {
    throw new TetradError("ARGUMENT", {
      op: path,
      what: model === null ? "the file holds several models" : `there is no model ${model}`,
      expected: `--model with one of ${theories.map(({ name }) => name.split("/").at(-1)).join(", ")}`,
    });
  }
  const bytes = await readBytes(data);
  const yaml = await readBytes(path);
  const named = covarianceFile(new TextDecoder().decode(yaml), path);
  const hash = createHash("sha256").update(yaml).update(bytes);
  if (named !== undefined && theory.data.covariance !== undefined) hash.update(theory.data.covariance.values);
  return { theory, table: readTable(bytes, data), sha256: hash.digest("hex") };
}
