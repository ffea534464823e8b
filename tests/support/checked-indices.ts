/**
 * A shader's text with every index put through a check against the end of what it indexes: buffers by their bound length, arrays of a fixed size, vectors and
 * matrices by their types. An index that is beyond the end is noted under the number of its place in the text and becomes the last one.
 */

export interface Checked {
  readonly text: string;
  /** The expressions that are checked, in the order of their numbers. */
  readonly places: readonly string[];
}

/** The notes say how far beyond its end a place was indexed, one word each, at most; 0 where it never was. */
const CHECK = `
@group(1) @binding(0) var<storage, read_write> noted_indices: array<atomic<u32>>;
fn checked_index(index: u32, length: u32, place: u32) -> u32 {
  if (index < length) {
    return index;
  }
  atomicMax(&noted_indices[place], index - length + 1u);
  return length - 1u;
}
`;

type Types = Map<string, string>;

/** What the text of one shader says of its names. */
interface Names {
  readonly aliases: Types;
  /** Members of structs, "Struct.member". */
  readonly members: Types;
  readonly results: Types;
  readonly globals: Types;
}

/** @param first the number of the first place */
export function checkIndices(source: string, first: number): Checked {
  const text = source.replace(/\/\/.*$/gm, "");
  const names = namesOf(text);
  const places: string[] = [];
  let checked = "";
  let at = 0;
  // What stands outside of functions indexes nothing but in initialisers, which are constant.
  for (const { parameters, begin, end } of functionsOf(text)) {
    const body = text.slice(begin, end);
    const locals = declared(parameters, body, names);
    checked += text.slice(at, begin) + new Body(body, locals, names, first, places).rewrite(0, body.length).text;
    at = end;
  }
  return { text: `${checked}${text.slice(at)}${CHECK}`, places };
}

function namesOf(text: string): Names {
  const names: Names = { aliases: new Map(), members: new Map(), results: new Map(), globals: new Map() };
  for (const [, name, type] of text.matchAll(/^alias (\w+) = ([^;]+);/gm)) names.aliases.set(name as string, type as string);
  for (const [, struct, members] of text.matchAll(/^struct (\w+) \{([^}]*)\}/gm))
    for (const [name, type] of listed(members as string)) names.members.set(`${struct}.${name}`, type);
  for (const [, name, type] of text.matchAll(/^fn (\w+)\([^{]*\) -> ([^{]+) \{/gm)) names.results.set(name as string, type as string);
  for (const [, name, type] of text.matchAll(/^(?:@[^;]*?\) )?var(?:<[^>]*>)? (\w+): ([^;=]+)/gm))
    names.globals.set(name as string, type as string);
  for (const [, name, type] of text.matchAll(/^const (\w+)(?:: [^=]+)? = (array<.*?>)\(/gm))
    names.globals.set(name as string, type as string);
  return names;
}

/** Names and types of "a: T, b: U<V, W>". */
function listed(text: string): [string, string][] {
  return cut(text).flatMap((part) => {
    const [, name, type] = /(\w+)\s*:\s*([\s\S]+)$/.exec(part.trim()) ?? [];
    return name === undefined ? [] : [[name, (type as string).trim()] as [string, string]];
  });
}

/** Parts between commas that no bracket holds. */
function cut(text: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const sign of text) {
    if ("<([".includes(sign)) depth++;
    if (">)]".includes(sign)) depth--;
    if (sign === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += sign;
  }
  return parts;
}

function functionsOf(text: string): { parameters: string; begin: number; end: number }[] {
  return [...text.matchAll(/\bfn \w+\(/g)].map((match) => {
    const open = match.index + match[0].length - 1;
    const close = closing(text, open);
    const begin = text.indexOf("{", close) + 1;
    return { parameters: text.slice(open + 1, close), begin, end: closing(text, begin - 1) };
  });
}

const PAIRS: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** Where the bracket that opens at `open` closes. */
function closing(text: string, open: number): number {
  const [opens, closes] = [text[open] as string, PAIRS[text[open] as string]];
  for (let at = open, depth = 0; at < text.length; at++) {
    if (text[at] === opens) depth++;
    else if (text[at] === closes && --depth === 0) return at;
  }
  throw new Error(`no end of ${text.slice(open, open + 40)}`);
}

/** Types of a function's own names, as far as it says them. @throws Error where a name has two types that can be indexed */
function declared(parameters: string, body: string, names: Names): Types {
  const types: Types = new Map(listed(parameters).map(([name, type]) => [name, /^ptr<\w+,\s*([\s\S]+)>$/.exec(type)?.[1] ?? type]));
  for (const [, name, type, value] of body.matchAll(/\b(?:let|var) (\w+)(?:: ([^=;]+?))?(?: = ([^;]+))?;/g)) {
    const found = type ?? new Body(value as string, types, names, 0, []).typeOfAll();
    if (found === undefined) continue;
    const known = types.get(name as string);
    if (known === undefined || !isIndexed(known, names)) types.set(name as string, found);
    else if (known !== found && isIndexed(found, names)) throw new Error(`${name} is ${known} and ${found} in one function`);
  }
  return types;
}

function isIndexed(type: string, { aliases }: Names): boolean {
  return /^(?:array|vec|mat)/.test(aliases.get(type) ?? type);
}

/** The body of a function, on its way to a checked one. */
class Body {
  constructor(
    private readonly text: string,
    private readonly locals: Types,
    private readonly names: Names,
    private readonly first: number,
    private readonly places: string[],
  ) {}

  /** The type of the text as one operand; undefined where it is an operation, or unknown. */
  typeOfAll(): string | undefined {
    const { end, type } = this.#operand(0);
    return end === this.text.length ? type : undefined;
  }

  /** The part from `begin` to `end` with its checks, and the type of its last operand. */
  rewrite(begin: number, end: number): { text: string; type: string | undefined } {
    let text = "";
    let type: string | undefined;
    for (let at = begin; at < end; ) {
      const operand = this.#operand(at);
      text += operand.text;
      type = operand.type;
      at = operand.end;
    }
    return { text, type };
  }

  /** A name, a call or something in brackets, with all members and indices behind it; or a single other sign. */
  #operand(begin: number): { text: string; end: number; type: string | undefined } {
    const { text } = this;
    const [word] = /^(?:\d[\w.]*|[A-Za-z_]\w*(?:<[^()=;&|]*?>+(?=\())?)/.exec(text.slice(begin)) ?? [];
    let at = begin + (word?.length ?? 1);
    let out = text.slice(begin, at);
    let type = word === undefined ? undefined : (this.locals.get(word) ?? this.names.globals.get(word));
    if (text[begin] === "(" || (word !== undefined && text[at] === "(")) {
      const open = word === undefined ? begin : at;
      const end = closing(text, open);
      const inner = this.rewrite(open + 1, end);
      if (word === "array") {
        const [element, ...others] = cut(text.slice(open + 1, end));
        type = `array<${new Body(element as string, this.locals, this.names, 0, []).typeOfAll()}, ${1 + others.length}>`;
      } else type = word === undefined ? inner.type : (this.names.results.get(word) ?? word);
      out = `${word ?? ""}(${inner.text})`;
      at = end + 1;
    }
    for (;;) {
      const [member, name] = /^\.([a-zA-Z_]\w*)/.exec(text.slice(at)) ?? [];
      if (member !== undefined) {
        type = type && this.names.members.get(`${this.#plain(type)}.${name}`);
        out += member;
        at += member.length;
      } else if (text[at] === "[") {
        const end = closing(text, at);
        const index = this.rewrite(at + 1, end).text;
        const { length, element } = this.#indexed(type, out);
        // The compiler refuses a number that is too large for a type that says how many elements it has.
        if (/^\d+u?$/.test(index) && !length?.startsWith("arrayLength")) out += `[${index}]`;
        else {
          const place = text.slice(begin, end + 1).replace(/\s+/g, " ");
          if (length === undefined) throw new Error(`the type of what is indexed is not known: ${place}`);
          out += `[checked_index(u32(${index}), ${length}, ${this.first + this.places.length}u)]`;
          this.places.push(place);
        }
        type = element;
        at = end + 1;
      } else return { text: out, end: at, type };
    }
  }

  #plain(type: string): string {
    return this.names.aliases.get(type) ?? type;
  }

  /** How many elements there are of what is indexed, and of which type. */
  #indexed(type: string | undefined, name: string): { length?: string; element?: string | undefined } {
    const plain = this.#plain(type?.trim() ?? "");
    const [, vector] = /^vec([234])\b/.exec(plain) ?? [];
    if (vector !== undefined) return { length: `${vector}u` };
    const [, columns, rows] = /^mat([234])x([234])\b/.exec(plain) ?? [];
    if (columns !== undefined) return { length: `${columns}u`, element: `vec${rows}` };
    const [, inner] = /^array<([\s\S]*)>$/.exec(plain) ?? [];
    if (inner === undefined) return {};
    const [element, count] = cut(inner);
    return { length: count === undefined ? `arrayLength(&${name})` : `u32(${count.trim()})`, element };
  }
}
