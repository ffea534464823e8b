// Schemas that guide text: what documents they let through and what not, patterns as JavaScript reads them, coded refusals by name, and that any choice of tokens ends in a document.
import type { Json } from "@tetrad/engine";
import { trainBpe } from "@tetrad/language";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileSchema } from "../../packages/language/src/schema/compile.js";
import { Expressions } from "../../packages/language/src/schema/expression.js";
import { SchemaGuide } from "../../packages/language/src/schema/guide.js";
import { randoms } from "../support/ops-cases.js";
import { fulfils } from "../support/schema-check.js";

/** Whether a schema lets a text through, byte by byte. */
function accepts(schema: Json, text: string): boolean {
  const make = new Expressions();
  let state = compileSchema(make, schema);
  for (const byte of new TextEncoder().encode(text)) state = make.after(state, byte);
  return state.nullable;
}

const PERSON: Json = {
  title: "A person",
  type: "object",
  properties: {
    name: { type: "string", maxLength: 12 },
    age: { type: "integer" },
    mass: { type: "number", description: "in kg" },
    tags: { type: "array", items: { enum: ["a", "b"] }, minItems: 1, maxItems: 2 },
    note: { anyOf: [{ type: "null" }, { type: "string", pattern: "^[A-Z][a-z]+$" }] },
  },
  required: ["name", "tags"],
  additionalProperties: false,
};

test.each<readonly [Json, string, boolean]>([
  [PERSON, '{"name":"Ada","age":36,"mass":5.5e1,"tags":["a"],"note":null}', true],
  [PERSON, ' {"name": "Ada", "tags": ["a", "b"], "note": "Hi"}', true],
  [PERSON, '{"name":"Ada"}', false],
  [PERSON, '{"tags":["a"],"name":"Ada"}', false],
  [PERSON, '{"name":"Ada","tags":[]}', false],
  [PERSON, '{"name":"Ada","tags":["a","b","a"]}', false],
  [PERSON, '{"name":"Ada","tags":["c"]}', false],
  [PERSON, '{"name":"Ada","age":1.5,"tags":["a"]}', false],
  [PERSON, '{"name":"Ada","tags":["a"],"note":"hi"}', false],
  [PERSON, '{"name":"thirteen char","tags":["a"]}', false],
  [{ type: "string", maxLength: 3 }, '"北京👩"', true],
  [{ type: "string", maxLength: 3 }, '"\\n\\"\\\\"', true],
  [{ type: "string", minLength: 2, maxLength: 3 }, '"\\n"', false],
  [{ type: "string" }, '"a\nb"', false],
  [{ type: "object" }, "{}", true],
  [{ type: "object", properties: { a: { type: "null" } } }, '{"a":null}', true],
  [{ type: "object", properties: { a: { type: "null" } } }, "{}", true],
  [{ type: ["boolean", "null"] }, "true", true],
  [{ type: ["boolean", "null"] }, "1", false],
  [{ const: { a: [1, "é"] } }, '{"a":[1,"é"]}', true],
  [{ type: "string", enum: ["red", 'gr"een'] }, '"gr\\"een"', true],
  [{ type: "array", items: { type: "array", items: { type: "integer" }, maxItems: 0 } }, "[[],[]]", true],
  [{ type: "number" }, "-0.5E+10", true],
  [{ type: "number" }, "01", false],
  [{ type: "number" }, ".5", false],
])("%j: %s is %s", (schema, text, expected) => expect(accepts(schema, text)).toBe(expected));

test.each<readonly [string, readonly string[]]>([
  ["^[A-Z]{2}-\\d{1,3}$", ["AB-1", "AB-1234", "Ab-1", "AB-", "xAB-1"]],
  ["b+", ["abba", "aa", "b", ""]],
  ["^(cat|dog)s?$", ["cat", "dogs", "cats!", "catdog"]],
  ['^[^a-c"]*$', ['"', "abc", "xyz", "é\\", ""]],
  ["^\\w+@\\w+\\.(org|net)$", ["a_1@b.org", "a@b.com", "@b.org", "a@bxorg"]],
  ["^.\\s\\S$", ["a b", "é\tx", "ab ", "\n b"]],
  ["(?:ab){2,}", ["abab", "xababab", "ab", "aab"]],
])("pattern %s", (pattern, texts) => {
  for (const text of texts)
    expect(accepts({ type: "string", pattern }, JSON.stringify(text)), text).toBe(new RegExp(pattern, "u").test(text));
});

test.each<readonly [Json, string, RegExp]>([
  [{ type: "integer", minimum: 3 }, "UNSUPPORTED", /"minimum" is not built here/],
  [{ type: "object", properties: { a: { type: "string", format: "date" } } }, "UNSUPPORTED", /#\/properties\/a.*"format"/],
  [{ type: "object", propertees: {} }, "UNSUPPORTED", /did you mean "properties"/],
  [{ $ref: "#/x" }, "UNSUPPORTED", /must say the type/],
  [{ type: "text" }, "UNSUPPORTED", /got "text".*string/],
  [{ type: "array" }, "DATA", /#\/items.*no schema/],
  [{ type: "object", required: ["b"], properties: { a: { type: "null" } } }, "UNSUPPORTED", /required property.*got "b"/],
  [{ type: "string", pattern: "^a|b$" }, "UNSUPPORTED", /group/],
  [{ type: "string", pattern: "(?=a)" }, "UNSUPPORTED", /from character 3/],
  [{ type: "string", pattern: "a", maxLength: 3 }, "UNSUPPORTED", /pattern and limits/],
  [{ type: "string", minLength: 3, maxLength: 2 }, "DATA", /no limits.*3 to 2/],
  [{ enum: [] }, "DATA", /no document fulfils/],
  [true, "DATA", /no schema/],
])("%j is refused", (schema, code, message) => {
  let thrown: unknown;
  try {
    compileSchema(new Expressions(), schema);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code });
  expect((thrown as Error).message).toMatch(message);
});

/** Schemas of any depth up to three. */
const { schema: schemas } = fc.letrec<{ readonly schema: Json }>((tie) => {
  const words = fc.constantFrom<Json>("a", 'q"', "é", 1, null, true, [1, "x"]);
  const scalar = fc.oneof(
    fc.constantFrom<Json>({ type: "integer" }, { type: "number" }, { type: "boolean" }, { type: "null" }, { type: "string" }),
    fc.constantFrom<Json>(
      { type: "string", maxLength: 4 },
      { type: "string", minLength: 2 },
      { type: "string", pattern: "^[a-f]{2,4}x?$" },
    ),
    fc.array(words, { minLength: 1, maxLength: 3 }).map((values): Json => ({ enum: values })),
  );
  const array = fc
    .record({ items: tie("schema"), minItems: fc.integer({ min: 0, max: 2 }), maxItems: fc.integer({ min: 2, max: 3 }) })
    .map((parts): Json => ({ type: "array", ...parts }));
  const object = fc
    .uniqueArray(fc.tuple(fc.constantFrom("a", "b", 'c"', "dé"), tie("schema"), fc.boolean()), { maxLength: 3, selector: ([name]) => name })
    .map(
      (list): Json => ({
        type: "object",
        properties: Object.fromEntries(list.map(([name, value]) => [name, value])),
        required: list.filter(([, , needed]) => needed).map(([name]) => name),
      }),
    );
  const either = fc.array(tie("schema"), { minLength: 1, maxLength: 2 }).map((anyOf): Json => ({ anyOf }));
  return { schema: fc.oneof({ depthSize: "small", withCrossShrink: true, maxDepth: 3 }, scalar, array, object, either) };
});

describe("a guided choice", () => {
  const tokenizer = trainBpe(["the cat sat on the mat with 12 hats, naïve", '{"a": [1, "b"], "dé": null}'], { vocabSize: 300 });
  const END = tokenizer.idOf("<|endoftext|>") as number;

  test("ends in a document that fulfils its schema, within any number of tokens that is enough", () => {
    fc.assert(
      fc.property(schemas, fc.nat(1000), fc.integer({ min: 0, max: 40 }), (schema, seed, spare) => {
        const guide = new SchemaGuide(tokenizer, schema);
        const most = guide.start.least + spare;
        const next = randoms(seed);
        const ids: number[] = [];
        let state = guide.start;
        while (!guide.isOver(state)) {
          const allowed = guide.allowed(state, most - ids.length, new Set([END]), tokenizer.size);
          const some = [...allowed.keys()].filter((id) => allowed[id] === 1);
          const id = some[Math.floor(next() * some.length)];
          if (id === undefined || id === END) {
            expect(state.nullable).toBe(true);
            break;
          }
          ids.push(id);
          state = guide.after(state, id);
        }
        expect(ids.length).toBeLessThanOrEqual(most);
        const text = tokenizer.decode(ids);
        expect(fulfils(JSON.parse(text) as Json, schema), `${text} by ${JSON.stringify(schema)}`).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});
