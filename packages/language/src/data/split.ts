/** The stage `split`: rows into training, validation and test parts, each with its share of every class, and groups whole. */
import { checkShares, isMissing, listed, permute, TetradError } from "@tetrad/engine";
import { hash64 } from "./hash-index.js";
import { cellOf, type DataRow, type DataRows, PARTS, type Part, type Stage, Tally } from "./rows.js";

export interface SplitOptions {
  /** Shares of the rows, together below 1; training gets the rest */
  readonly validation: number;
  readonly test: number;
  /** Each part gets its share of every class of this column */
  readonly stratify?: string;
  /** Rows with the same value in this column stay together */
  readonly group?: string;
  readonly seed: number;
}

/** Rows of a test file that was given stay what they are. */
const isGiven = ({ part }: DataRow) => part === "test";

/**
 * Without groups, a class's rows are ordered by a keyed permutation and cut at its shares, which are rounded so that the parts' sizes are right (largest
 * remainders). Groups go, the most uneven first, to the part that then comes nearest to its share of every class, as in scikit-learn's StratifiedGroupKFold.
 * @throws TetradError ARGUMENT for shares that leave nothing to train on; DATA for a class of one row, a row without group, too few groups, a class that is in one group only, an empty part
 */
export const splitStage: Stage<SplitOptions> = {
  name: "split",
  version: 1,
  run(rows, options, emit) {
    const { stratify, group } = options;
    checkShares(options);
    const classOf = stratify === undefined ? () => "" : cellOf(rows, stratify);
    const partOf = group === undefined ? byRows(rows, options, classOf) : byGroups(rows, options, classOf, cellOf(rows, group));
    const counts = new Tally();
    let rowsIn = 0;
    for (const row of rows) {
      const part = isGiven(row) ? "test" : partOf(row);
      counts.add(part);
      rowsIn++;
      emit({ ...row, part });
    }
    for (const part of ["train", ...askedFor(options)] as const)
      if (counts.get(part) === 0)
        throw new TetradError("DATA", {
          op: "split",
          what: `no row is left for the ${part} part`,
          got: `${rowsIn} rows`,
          hint: "use more data, or set its share to 0",
        });
    const changed = Object.fromEntries(PARTS.filter((part) => counts.get(part) > 0).map((part) => [part, counts.get(part)]));
    return { rowsIn, rowsOut: rowsIn, dropped: {}, changed, notes: [] };
  },
};

function askedFor({ validation, test }: SplitOptions): Part[] {
  return [...(validation > 0 ? (["validation"] as const) : []), ...(test > 0 ? (["test"] as const) : [])];
}

type PartOf = (row: DataRow) => Part;

function byRows(rows: DataRows, options: SplitOptions, classOf: (row: DataRow) => string): PartOf {
  const counts = new Map<string, number>();
  for (const row of rows) if (!isGiven(row)) counts.set(classOf(row), (counts.get(classOf(row)) ?? 0) + 1);
  for (const [name, count] of counts)
    if (count < 2 && options.stratify !== undefined)
      throw new TetradError("DATA", {
        op: "split",
        what: `the class ${JSON.stringify(name)} has one row, which cannot be in two parts`,
        expected: "at least two rows of each class",
        hint: "leave it out or join it to another by a map of labels, or split without regard to classes",
      });
  const names = [...counts.keys()].sort((a, b) => (a < b ? -1 : 1));
  const sizes = names.map((name) => counts.get(name) as number);
  const tests = allotted(sizes, options.test);
  const validations = allotted(sizes, options.validation, tests);
  const places = new Map(
    names.map((name, i) => [name, { next: 0, size: sizes[i] as number, test: tests[i] as number, validation: validations[i] as number }]),
  );
  return (row) => {
    const name = classOf(row);
    const place = places.get(name) as { next: number; size: number; test: number; validation: number };
    const at = permute(place.next++, place.size, [options.seed >>> 0, hash64(name)[1]]);
    if (at < place.test) return "test";
    return at < place.test + place.validation ? "validation" : "train";
  };
}

/** Whole numbers near share · size whose sum is right, by largest remainders; a class keeps a row to train on. */
function allotted(sizes: readonly number[], share: number, taken: readonly number[] = sizes.map(() => 0)): number[] {
  const total = Math.round(sizes.reduce((sum, size) => sum + size, 0) * share);
  const given = sizes.map((size) => Math.floor(size * share));
  const remainders = sizes.map((size, i) => size * share - (given[i] as number));
  const order = sizes.map((_, i) => i).sort((a, b) => (remainders[b] as number) - (remainders[a] as number) || a - b);
  const room = (i: number) => (sizes[i] as number) - (taken[i] as number) - 1;
  let left = total - given.reduce((sum, count) => sum + count, 0);
  for (const i of order) {
    if (left <= 0) break;
    if ((given[i] as number) >= room(i)) continue;
    (given[i] as number)++;
    left--;
  }
  return given.map((count, i) => Math.min(count, Math.max(0, room(i))));
}

function byGroups(rows: DataRows, options: SplitOptions, classOf: (row: DataRow) => string, groupOf: (row: DataRow) => string): PartOf {
  const groups = new Map<string, Map<string, number>>();
  const classes = new Map<string, { rows: number; groups: number }>();
  for (const row of rows) {
    if (isGiven(row)) continue;
    const [group, name] = [groupOf(row), classOf(row)];
    if (isMissing(group))
      throw new TetradError("DATA", {
        op: "split",
        what: `a row has no group in column ${JSON.stringify(options.group)}`,
        got: JSON.stringify(group),
        at: row.at,
        hint: "give it one of its own, or leave the row out",
      });
    const own = groups.get(group) ?? new Map<string, number>();
    groups.set(group, own);
    const all = classes.get(name) ?? { rows: 0, groups: 0 };
    classes.set(name, all);
    all.rows++;
    if (!own.has(name)) all.groups++;
    own.set(name, (own.get(name) ?? 0) + 1);
  }
  const parts: readonly Part[] = ["train", ...askedFor(options)];
  checkGroups(groups, classes, parts.length, options);
  const shares: Readonly<Record<Part, number>> = {
    train: 1 - options.validation - options.test,
    validation: options.validation,
    test: options.test,
  };
  const filled = new Map(parts.map((part) => [part, new Map<string, number>()]));
  /** How far a part is from its share of the classes of a group, with that group in it less without it */
  const cost = (part: Part, own: ReadonlyMap<string, number>) => {
    let change = 0;
    for (const [name, count] of own) {
      const { rows: all } = classes.get(name) as { rows: number };
      const off = (filled.get(part)?.get(name) ?? 0) / all - shares[part];
      change += (off + count / all) ** 2 - off ** 2;
    }
    return change;
  };
  const names = [...groups.keys()];
  const shuffled = names.map((_, i) => names[permute(i, names.length, [options.seed >>> 0, GROUPS])] as string);
  const weight = (name: string) => {
    let sum = 0;
    for (const [label, count] of groups.get(name) as Map<string, number>)
      sum += (count / (classes.get(label) as { rows: number }).rows) ** 2;
    return sum;
  };
  const weights = new Map(names.map((name) => [name, weight(name)]));
  const chosen = new Map<string, Part>();
  for (const name of shuffled.sort((a, b) => (weights.get(b) as number) - (weights.get(a) as number))) {
    const own = groups.get(name) as Map<string, number>;
    const [first, ...others] = parts;
    const best = others.reduce((least, part) => (cost(part, own) < cost(least, own) ? part : least), first as Part);
    chosen.set(name, best);
    const counts = filled.get(best) as Map<string, number>;
    for (const [label, count] of own) counts.set(label, (counts.get(label) ?? 0) + count);
  }
  return (row) => chosen.get(groupOf(row)) as Part;
}

/** Second word of the permutation's key, so that groups are ordered otherwise than rows. */
const GROUPS = 0x96057;

function checkGroups(
  groups: ReadonlyMap<string, unknown>,
  classes: ReadonlyMap<string, { readonly groups: number }>,
  parts: number,
  { group, stratify }: SplitOptions,
): void {
  if (groups.size < parts)
    throw new TetradError("DATA", {
      op: "split",
      what: `column ${JSON.stringify(group)} has fewer groups than there are parts`,
      got: listed([...groups.keys()].map((name) => JSON.stringify(name))),
      expected: `at least ${parts}`,
      hint: "is that the column of groups?",
    });
  if (stratify === undefined) return;
  const lone = [...classes].filter(([, { groups: own }]) => own < 2).map(([name]) => JSON.stringify(name));
  if (lone.length > 0)
    throw new TetradError("DATA", {
      op: "split",
      what: `groups of column ${JSON.stringify(group)} make it impossible to have every class in two parts`,
      got: `${listed(lone, 5)} in one group only`,
      hint: "split without regard to classes, or join classes by a map of labels",
    });
}
