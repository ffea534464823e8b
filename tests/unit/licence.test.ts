// Where a model's licence is stated, and what damaged files say of it: nothing.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { licenceOf } from "../../packages/cli/src/language/licence.js";

function folder(files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(tmpdir(), "tetrad-licence-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

test.each([
  ["the head of README.md", { "README.md": "---\nlanguage: en\nlicense: apache-2.0 # see below\n---\n# A\n" }, { license: "apache-2.0" }],
  [
    "one that the Hub does not know",
    { "README.md": '---\r\nlicense: other\r\nlicense_name: "llama 3"\r\nlicense_link: LICENSE\r\n---\r\n' },
    { license: "other", license_name: "llama 3", license_link: "LICENSE" },
  ],
  ["config.json", { "README.md": "# A\n", "config.json": '{"license": "mit"}' }, { license: "mit" }],
  [
    "README.md before config.json",
    { "README.md": "---\nlicense: mit\n---\n", "config.json": '{"license": "gpl-3.0"}' },
    { license: "mit" },
  ],
  ["nowhere", { "config.json": "{}" }, {}],
  ["text below the head", { "README.md": "---\nlanguage: en\n---\n\nlicense: mit\n" }, {}],
  ["an anchor that is not there", { "README.md": "---\nlicense: *mit\n---\n" }, {}],
  ["damaged files", { "README.md": "---\n- [\n---\n", "config.json": "[{" }, {}],
])("%s", (_, files, licence) => {
  expect(licenceOf(folder(files))).toEqual(licence);
});
