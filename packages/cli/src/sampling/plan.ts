/** What a run samples and how: everything that its numbers depend on, as plain data that workers and the folder of an unfinished run get alike. */
import { createHash } from "node:crypto";
import { readBytes } from "@tetrad/engine";
import { type ChainOptions, type ChainSampler, loadTheories, observeAll, type Theory, type TheoryData } from "@tetrad/theory";
import { CalledWrongly } from "../called-wrongly.js";
import { dataOf } from "../theory-data.js";

export type SamplerName = ChainSampler | "nested" | "laplace" | "variational";

/** What is read from disk, as the command line says it. */
export interface Inputs {
  readonly theory: string;
  /** One of several models of the file. */
  readonly model: string | null;
  readonly data: string | null;
  /** Files by data set. */
  readonly named: Readonly<Record<string, string>>;
  readonly folder: string | null;
}

export interface SamplingPlan extends Inputs {
  readonly sampler: SamplerName;
  readonly chains: number;
  readonly options: Omit<ChainOptions, "sampler">;
  readonly nested: { readonly live?: number; readonly steps?: number };
  readonly family: "mean-field" | "full-rank" | "flow";
  /** Of the theory file and the numbers of all data. */
  readonly sha256: string;
}

export interface TheoryAndData {
  readonly theory: Theory;
  /** Undefined where the theory has read its data itself. */
  readonly given: TheoryData | undefined;
  /** Number of data of all sets. */
  readonly rows: number;
  /** Where they come from, for people. */
  readonly source: string;
  readonly sha256: string;
}

export function isChainSampler(name: SamplerName): name is ChainSampler {
  return name === "nuts" || name === "hmc" || name === "metropolis" || name === "ensemble";
}

/**
 * Theory and data, checked against each other.
 * @throws TetradError as `loadTheories`, `dataOf` and `observeAll`; ARGUMENT where the file holds several models and none is chosen
 */
export async function readTheoryAndData({ theory: path, model, data, named, folder }: Inputs): Promise<TheoryAndData> {
  const theories = await loadTheories(path, { folder: folder ?? undefined });
  const chosen = model === null ? theories : theories.filter(({ name }) => name === model || name.endsWith(`/${model}`));
  const [theory] = chosen;
  if (theory === undefined || chosen.length > 1) {
    throw new CalledWrongly({
      op: path,
      what: model === null ? "the file holds several models" : `there is no model ${model}`,
      expected: `--model with one of ${theories.map(({ name }) => name.split("/").at(-1)).join(", ")}`,
    });
  }
  const given = await dataOf(theory, data ?? undefined, named);
  const hash = createHash("sha256").update(await readBytes(path));
  const observed = observeAll(theory, given);
  for (const { observations } of observed) {
    for (const column of [...Object.values(observations.x), observations.y, observations.sigma, observations.whitening.values])
      hash.update(column);
  }
  return {
    theory,
    given,
    rows: observed.reduce((sum, { observations }) => sum + observations.n, 0),
    source: observed.map(({ observations }) => observations.source).join(" and "),
    sha256: hash.digest("hex"),
  };
}
