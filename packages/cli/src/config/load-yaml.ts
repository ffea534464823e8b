/** YAML files checked against a schema, with errors that name the line and guess what was meant. */
import { decodeText, didYouMean, readBytes, TetradError } from "@tetrad/engine";
import { type Document, isMap, isNode, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";

/** @throws TetradError IO when it cannot be read, FORMAT naming line and remedy when it is not what the schema says */
export async function loadYaml<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
  return parseYaml(decodeText(await readBytes(path), path), path, schema);
}

export function parseYaml<Schema extends z.ZodType>(text: string, source: string, schema: Schema): z.output<Schema> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => `${source}:${lines.linePos(offset).line}`;
  const [syntax] = document.errors;
  if (syntax !== undefined)
    throw new TetradError("FORMAT", {
      op: source,
      what: "this is not valid YAML",
      got: syntax.message.replaceAll("\n", " "),
      at: at(syntax.pos[0]),
      hint: "check the indentation and the quotes around it",
    });
  const root = plainValue(document, source);
  const result = schema.safeParse(root);
  if (result.success) return result.data;
  const issue = deepest(result.error.issues);
  throw new TetradError("FORMAT", { op: source, ...explain(issue, schema, root), at: at(offsetOf(document, issue)) });
}

function plainValue(document: Document, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (error) {
    // A few aliases can stand for more values than there is memory.
    throw new TetradError("FORMAT", {
      op: source,
      what: "this YAML cannot be unfolded",
      got: (error as Error).message,
      hint: "write values out instead of repeating them by aliases",
    });
  }
}

type Issue = z.core.$ZodIssue;

/** A union reports one list of issues per member; the one that got furthest is the one that was meant. */
function deepest(issues: readonly Issue[], path: readonly PropertyKey[] = []): Issue {
  // An unknown key is the likely cause of whatever else is missing.
  const first = (issues.find((issue) => issue.code === "unrecognized_keys") ?? issues[0]) as Issue;
  if (first.code !== "invalid_union" || first.errors.length === 0) return { ...first, path: [...path, ...first.path] };
  const branches = first.errors.filter((branch) => branch.length > 0).map((branch) => deepest(branch, [...path, ...first.path]));
  return branches.reduce<Issue>(
    (best, issue) => (issue.path.length > best.path.length ? issue : best),
    branches[0] ?? { ...first, path: [...path, ...first.path] },
  );
}

function explain(issue: Issue, schema: z.ZodType, root: unknown): { what: string; got?: string; expected?: string; hint?: string } {
  const field = issue.path.length === 0 ? "the file" : JSON.stringify(issue.path.join("."));
  if (issue.code === "unrecognized_keys") {
    const [key] = issue.keys as [string, ...string[]];
    const known = keysAt(schema, issue.path, root);
    return {
      what: `unknown key ${JSON.stringify(key)}${issue.path.length === 0 ? "" : ` in ${field}`}`,
      expected: known.join(", "),
      hint: didYouMean(key, known) ?? "remove it",
    };
  }
  const value = valueAt(root, issue.path);
  if (value === undefined) return { what: `${field} is missing`, hint: `add a line "${String(issue.path.at(-1))}: …"` };
  const choices = choicesOf(issue);
  const hint = typeof value === "string" ? didYouMean(value, choices ?? []) : undefined;
  return {
    what: `${field} is wrong`,
    got: shown(value),
    expected: choices?.join(", ") ?? expectation(issue),
    ...(hint === undefined ? {} : { hint }),
  };
}

/** A text in the place of an object, such as `schedule: linear`, stands for its name and answers for it. */
function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (node, key) => (typeof node === "string" ? node : (node as Record<PropertyKey, unknown> | undefined)?.[key]),
    root,
  );
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** The values to choose from, where there is such a list. */
function choicesOf(issue: Issue): string[] | undefined {
  if (issue.code === "invalid_value") return issue.values.map(String);
  return issue.code === "invalid_union" && "options" in issue ? (issue.options as unknown[]).map(String) : undefined;
}

/** The schema library's message without its preamble and without what was received, which stands before it already. */
function expectation(issue: Issue): string {
  return issue.message
    .replace(/^Invalid input: expected /, "")
    .replace(/^Too (big|small): expected \w+ to /, "to ")
    .replace(/, received \w+$/, "")
    .replace(/^int$/, "a whole number");
}

interface Definition {
  readonly innerType?: unknown;
  readonly out?: unknown;
  readonly options?: readonly unknown[];
  readonly discriminator?: string;
  readonly shape?: Readonly<Record<string, unknown>>;
  /** Of a record, whose keys are anybody's */
  readonly valueType?: unknown;
}

/** The keys that an object schema knows at a path, through optional, default and preprocess wrappers; of a union only the member that the value chose. */
function keysAt(schema: unknown, path: readonly PropertyKey[], value: unknown): string[] {
  const { innerType, out, options, discriminator, valueType, shape = {} } = (schema as { readonly def: Definition }).def;
  if (innerType !== undefined) return keysAt(innerType, path, value);
  if (out !== undefined) return keysAt(out, path, value);
  if (options !== undefined) {
    const name = discriminator === undefined ? undefined : (value as Record<string, unknown>)[discriminator];
    const chosen = options.filter(
      (option) =>
        discriminator === undefined || literals((option as { readonly def: Definition }).def.shape?.[discriminator]).includes(name),
    );
    return [...new Set(chosen.flatMap((option) => keysAt(option, path, value)))];
  }
  const [head, ...rest] = path;
  if (head === undefined) return Object.keys(shape);
  if (valueType !== undefined) return keysAt(valueType, rest, (value as Record<PropertyKey, unknown>)[head]);
  return shape[String(head)] === undefined ? [] : keysAt(shape[String(head)], rest, (value as Record<PropertyKey, unknown>)[head]);
}

function literals(schema: unknown): readonly unknown[] {
  return (schema as { readonly def: { readonly values?: readonly unknown[] } } | undefined)?.def.values ?? [];
}

/** Where in the text the fault is: the unknown key itself, else the value, else the nearest parent that exists. */
function offsetOf(document: Document, issue: Issue): number {
  if (issue.code === "unrecognized_keys") {
    const map = issue.path.length === 0 ? document.contents : document.getIn(issue.path, true);
    const pair = isMap(map) ? map.items.find(({ key }) => isNode(key) && (key.toJS(document) as unknown) === issue.keys[0]) : undefined;
    if (isNode(pair?.key)) return pair.key.range?.[0] ?? 0;
  }
  for (let length = issue.path.length; length > 0; length--) {
    const node = document.getIn(issue.path.slice(0, length), true);
    if (isNode(node)) return node.range?.[0] ?? 0;
  }
  return 0;
}
