// ONNX Runtime web's side of embedding a file of texts, as transformers.js runs it: padded batches of 32 in the file's order, mean over tokens, length 1.
// Usage: node ort-embed.mjs MODEL.onnx TOKENIZER_FOLDER texts.jsonl [threads] [out.f32]
// texts.jsonl has a "text" on each line; prints one JSON line: seconds of tokenising and computing, loading apart.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import * as ort from "onnxruntime-web";

const [modelFile, folder, textsFile, threads = "2", out] = process.argv.slice(2);
const ROWS = 32;
const LONGEST = 256;
ort.env.wasm.numThreads = Number(threads);
const json = async (name) => JSON.parse(await readFile(join(folder, name), "utf8"));
const tokenizer = new Tokenizer(await json("tokenizer.json"), await json("tokenizer_config.json"));
const texts = (await readFile(textsFile, "utf8"))
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line).text);
const session = await ort.InferenceSession.create(modelFile, { executionProviders: ["wasm"] });
const embed = async (part) => {
  const encoded = part.map((text) => tokenizer.encode(text).ids.slice(0, LONGEST));
  const length = Math.max(...encoded.map((ids) => ids.length));
  const of = (value) =>
    new ort.Tensor("int64", BigInt64Array.from(encoded.flatMap((ids) => Array.from({ length }, (_, t) => BigInt(value(ids, t))))), [
      part.length,
      length,
    ]);
  const all = {
    input_ids: of((ids, t) => ids[t] ?? 0),
    attention_mask: of((ids, t) => (t < ids.length ? 1 : 0)),
    token_type_ids: of(() => 0),
  };
  const feeds = Object.fromEntries(session.inputNames.map((name) => [name, all[name]]));
  const [first] = Object.values(await session.run(feeds));
  const { data, dims } = first;
  const width = dims.at(-1);
  return encoded.map((ids, r) => {
    if (dims.length === 2) return data.slice(r * width, (r + 1) * width);
    const mean = new Float32Array(width);
    for (let t = 0; t < ids.length; t++) for (let d = 0; d < width; d++) mean[d] += data[(r * length + t) * width + d];
    const size = Math.hypot(...mean);
    return mean.map((x) => x / size);
  });
};
await embed(texts.slice(0, ROWS)); // the first run allocates
const start = performance.now();
const vectors = [];
for (let i = 0; i < texts.length; i += ROWS) vectors.push(...(await embed(texts.slice(i, i + ROWS))));
const seconds = (performance.now() - start) / 1000;
if (out !== undefined) await writeFile(out, Buffer.from(Float32Array.from(vectors.flatMap((v) => [...v])).buffer));
console.log(JSON.stringify({ texts: texts.length, seconds, threads: Number(threads), version: ort.env.versions.web }));
process.exit(0);
