/** Entities in sequences of tags, as seqeval finds them: in its default mode, which repairs, and strictly by a scheme, which drops what does not fit. */

import { TetradError } from "@tetrad/engine";

/** How tags mark where entities begin and end. */
export type Scheme = "IOB1" | "IOB2" | "IOE1" | "IOE2" | "IOBES" | "BILOU";

export interface Entity {
  readonly type: string;
  /** First token */
  readonly begin: number;
  /** One after the last token */
  readonly end: number;
}

type Prefix = "I" | "O" | "B" | "E" | "S" | "U" | "L";

/** Previous and present prefix, * for any; whether their types are the same (=), differ (!), or either way. */
type Pattern = `${Prefix | "*"}${Prefix | "*"}${"=" | "!" | ""}`;

interface Rules {
  readonly allowed: string;
  readonly start: readonly Pattern[];
  readonly inside: readonly Pattern[];
  readonly end: readonly Pattern[];
}

/** seqeval's own tables. */
const SCHEMES: Readonly<Record<Scheme, Rules>> = {
  IOB1: {
    allowed: "IOB",
    start: ["OI", "II!", "BI", "IB=", "BB="],
    inside: ["BI=", "II="],
    end: ["II!", "IO", "IB", "BO", "BI!", "BB="],
  },
  IOB2: { allowed: "IOB", start: ["*B"], inside: ["BI=", "II="], end: ["IO", "II!", "IB", "BO", "BI!", "BB"] },
  IOE1: { allowed: "IOE", start: ["OI", "II!", "EI", "EE="], inside: ["II=", "IE="], end: ["II!", "IO", "IE!", "EI=", "EE="] },
  IOE2: { allowed: "IOE", start: ["OI", "OE", "EI", "EE", "II!", "IE!"], inside: ["IE=", "II="], end: ["E*"] },
  IOBES: { allowed: "IOBES", start: ["*B", "*S"], inside: ["BI=", "BE=", "II=", "IE="], end: ["S*", "E*"] },
  BILOU: { allowed: "BILOU", start: ["*B", "*U"], inside: ["BI=", "BL=", "II=", "IL="], end: ["U*", "L*"] },
};

interface Tag {
  readonly prefix: string;
  readonly type: string;
}

const OUTSIDE: Tag = { prefix: "O", type: "_" };

/** seqeval's default mode, for IOB and IOBES alike: a type that changes, or an inside without a beginning, begins an entity. */
export function entitiesOf(tags: readonly string[]): Entity[] {
  const entities: Entity[] = [];
  let previous: Tag = { prefix: "O", type: "" };
  let begin = 0;
  [...tags, "O"].forEach((text, i) => {
    const rest = text.slice(1);
    const dash = rest.indexOf("-");
    const tag = { prefix: text[0] ?? "O", type: (dash < 0 ? rest : rest.slice(dash + 1)) || "_" };
    if (ends(previous, tag)) entities.push({ type: previous.type, begin, end: i });
    if (starts(previous, tag)) begin = i;
    previous = tag;
  });
  return entities;
}

function ends(previous: Tag, tag: Tag): boolean {
  if (previous.prefix === "E" || previous.prefix === "S") return true;
  if ((previous.prefix === "B" || previous.prefix === "I") && "BSO".includes(tag.prefix)) return true;
  return previous.prefix !== "O" && previous.prefix !== "." && previous.type !== tag.type;
}

function starts(previous: Tag, tag: Tag): boolean {
  if (tag.prefix === "B" || tag.prefix === "S") return true;
  if ("ESO".includes(previous.prefix) && (tag.prefix === "E" || tag.prefix === "I")) return true;
  return tag.prefix !== "O" && tag.prefix !== "." && previous.type !== tag.type;
}

/** @throws TetradError DATA for a tag that the scheme has not */
export function entitiesByScheme(tags: readonly string[], scheme: Scheme): Entity[] {
  const rules = SCHEMES[scheme];
  const parsed = [...tags.map((text, i) => strictTag(text, rules, scheme, i)), OUTSIDE];
  const fits = (patterns: readonly Pattern[], previous: Tag, tag: Tag) =>
    patterns.some(
      ([before, now, types]) =>
        (before === "*" || before === previous.prefix) &&
        (now === "*" || now === tag.prefix) &&
        (types === undefined || (types === "=") === (previous.type === tag.type)),
    );
  const entities: Entity[] = [];
  let previous = OUTSIDE;
  for (let i = 0; i < parsed.length; ) {
    const tag = parsed[i] as Tag;
    if (!fits(rules.start, previous, tag)) {
      previous = tag;
      i += 1;
      continue;
    }
    let end = i + 1;
    while (end < parsed.length && fits(rules.inside, parsed[end - 1] as Tag, parsed[end] as Tag)) end += 1;
    if (fits(rules.end, parsed[end - 1] as Tag, (parsed[end] ?? OUTSIDE) as Tag)) entities.push({ type: tag.type, begin: i, end });
    previous = parsed[end - 1] as Tag;
    i = end;
  }
  return entities;
}

function strictTag(text: string, { allowed }: Rules, scheme: Scheme, at: number): Tag {
  const prefix = text[0] ?? "";
  if (prefix !== "" && allowed.includes(prefix)) return { prefix, type: text.slice(1).replace(/^-+|-+$/g, "") || "_" };
  throw new TetradError("DATA", {
    op: "entities",
    what: `this is no tag of ${scheme}`,
    got: JSON.stringify(text),
    expected: [...allowed].map((letter) => (letter === "O" ? "O" : `${letter}-…`)).join(", "),
    at: `token ${at + 1}`,
  });
}

/**
 * The scheme that a file of tags keeps: IOBES or BILOU where their letters occur, IOE2 or IOB2 where every entity is marked at its end or beginning, else IOB1.
 * @throws TetradError DATA for letters of no scheme
 */
export function detectScheme(sequences: readonly (readonly string[])[]): Scheme {
  const letters = new Set(sequences.flatMap((tags) => tags.map((tag) => tag[0] ?? "")));
  const has = (text: string) => [...text].some((letter) => letters.has(letter));
  const within = (text: string) => [...letters].every((letter) => text.includes(letter));
  if (has("UL") && within("BILOU")) return "BILOU";
  if (has("S") && within("IOBES")) return "IOBES";
  if (has("E") && within("IOE")) return "IOE2";
  if (has("E") && within("IOBES")) return "IOBES";
  if (!within("IOB")) {
    throw new TetradError("DATA", {
      op: "entities",
      what: "the tags keep no known scheme",
      got: [...letters].join(", "),
      expected: "IOB1, IOB2, IOE2, IOBES or BILOU",
    });
  }
  // In IOB2 every entity begins with B; an I after O, or after another type, is IOB1.
  const loose = sequences.some((tags) =>
    tags.some((tag, i) => tag.startsWith("I") && (i === 0 || tags[i - 1] === "O" || (tags[i - 1] as string).slice(1) !== tag.slice(1))),
  );
  return loose ? "IOB1" : "IOB2";
}
