/** A sentence with its entities marked: those that were found, and those that were not, or wrongly. */
import { type Entity, entitiesOf, type TaggedSentence } from "@tetrad/language";
import { element, escapeText } from "./svg.js";

/** Found as it is; found otherwise, of another type or extent; not found; found where there is none */
export type Outcome = "right" | "otherwise" | "missed" | "invented";

/** Neighbouring words that are within the same entities */
interface Part {
  readonly words: readonly string[];
  readonly own: Entity | undefined;
  readonly said: Entity | undefined;
}

function partsOf(words: readonly string[], own: readonly Entity[], said: readonly Entity[]): Part[] {
  const at = (entities: readonly Entity[], i: number) => entities.find(({ begin, end }) => begin <= i && i < end);
  const parts: { words: string[]; own: Entity | undefined; said: Entity | undefined }[] = [];
  words.forEach((word, i) => {
    const [here, guess] = [at(own, i), at(said, i)];
    const last = parts.at(-1);
    if (last !== undefined && last.own === here && last.said === guess) last.words.push(word);
    else parts.push({ words: [word], own: here, said: guess });
  });
  return parts;
}

function outcomeOf({ own, said }: Omit<Part, "words">): Outcome | undefined {
  if (own === undefined) return said === undefined ? undefined : "invented";
  if (said === undefined) return "missed";
  return own.type === said.type && own.begin === said.begin && own.end === said.end ? "right" : "otherwise";
}

/** What became of each true entity, and those that were invented. */
export function outcomesOf({ tags }: TaggedSentence, predicted: readonly string[]): { readonly type: string; readonly outcome: Outcome }[] {
  const [own, said] = [entitiesOf(tags), entitiesOf(predicted)];
  const overlapping = (entity: Entity, others: readonly Entity[]) =>
    others.filter(({ begin, end }) => begin < entity.end && entity.begin < end);
  const outcomes = (entity: Entity): Outcome => {
    const guesses = overlapping(entity, said);
    if (guesses.length === 0) return "missed";
    return guesses.some((guess) => outcomeOf({ own: entity, said: guess }) === "right") ? "right" : "otherwise";
  };
  return [
    ...own.map((entity) => ({ type: entity.type, outcome: outcomes(entity) })),
    ...said.filter((entity) => overlapping(entity, own).length === 0).map(({ type }) => ({ type, outcome: "invented" as const })),
  ];
}

export function markedSentence({ words, tags }: TaggedSentence, predicted: readonly string[]): string {
  const parts = partsOf(words, entitiesOf(tags), entitiesOf(predicted)).map((part) => {
    const text = escapeText(part.words.join(" "));
    const outcome = outcomeOf(part);
    if (outcome === undefined) return text;
    const [is, said] = [part.own?.type, part.said?.type];
    const label = outcome === "otherwise" && is !== said ? `${is}, not ${said}` : `${is ?? said}`;
    return element("mark", { class: outcome }, text, element("sub", {}, escapeText(label)));
  });
  return element("li", {}, parts.join(" "));
}
