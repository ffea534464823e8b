// What is taken for a model's name on the Hub, and what for a path.
import { expect, test } from "vitest";
import { hubModelIn } from "../../packages/cli/src/language/hub-name.js";

test.each([
  ["org/name", { name: "org/name", revision: "main" }],
  ["org-1/Name_2.5", { name: "org-1/Name_2.5", revision: "main" }],
  ["org/name@v1.0", { name: "org/name", revision: "v1.0" }],
  ["org/name@refs/pr/7", { name: "org/name", revision: "refs/pr/7" }],
  ["org/name/model-Q4_0.gguf", { name: "org/name", revision: "main", gguf: "model-Q4_0.gguf" }],
  ["org/name@refs/pr/7/model.gguf", { name: "org/name", revision: "refs/pr/7", gguf: "model.gguf" }],
])("%s", (given, model) => expect(hubModelIn(given)).toEqual(model));

test.each([
  "name",
  "./org/name",
  "../name",
  "/org/name",
  "org/name/",
  "org/name/other",
  "org/..",
  "org/name@../x",
  "C:\\org\\name",
  "org name/x",
  "",
])("%j is a path", (given) => expect(hubModelIn(given)).toBeUndefined());
