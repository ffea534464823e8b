// llama.cpp by node-llama-cpp's builds for the CPU: decoding of one sequence, one token after another, greedily.
import { readFileSync } from "node:fs";
import { getLlama } from "node-llama-cpp";

export async function open(threads) {
  const llama = await getLlama({ gpu: false, build: "never", skipDownload: true, progressLogs: false, logLevel: "error" });
  const { version } = JSON.parse(readFileSync(new URL("./node_modules/node-llama-cpp/package.json", import.meta.url), "utf8"));
  return {
    describe: `llama.cpp by node-llama-cpp ${version}, native, CPU`,
    tasks: {
      decode: (problem) => decode(llama, threads, problem),
      prompt: (problem) => decode(llama, threads, problem),
    },
  };
}

/** Problem: a GGUF file, the prompt's ids, and how many ids to decode after it. Result: those ids. A sample is the time of one of them, or of the prompt where it is the only one. */
async function decode(llama, threads, { gguf, prompt, length }) {
  const model = await llama.loadModel({ modelPath: gguf, gpuLayers: 0 });
  const context = await model.createContext({ contextSize: prompt.length + length, threads });
  const sequence = context.getSequence();
  const run = async () => {
    await sequence.clearHistory();
    const ids = [];
    const start = performance.now();
    let begin = start;
    for await (const id of sequence.evaluate(Array.from(prompt), { temperature: 0, yieldEogToken: true })) {
      if (ids.length === 0) begin = performance.now(); // the first one waited for the whole prompt
      ids.push(id);
      if (ids.length === length) break;
    }
    return { ids, ms: length === 1 ? performance.now() - start : (performance.now() - begin) / (length - 1) };
  };
  return {
    async sample(milliseconds) {
      const times = [];
      const end = performance.now() + milliseconds;
      do times.push((await run()).ms);
      while (performance.now() < end);
      return times;
    },
    result: async () => Int32Array.from((await run()).ids),
    async close() {
      await context.dispose();
      await model.dispose();
    },
  };
}
