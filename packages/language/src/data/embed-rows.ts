/** The stage `features` by a pretrained model: a column for each number of a text's vector. */
import type { Engine } from "@tetrad/engine";
import { type Embedder, embed } from "../tasks/embed.js";
import { cellOf, type DataRow, type Stage, type StageReport } from "./rows.js";
import { featureColumns, featureText } from "./tfidf.js";

export interface EmbedRowsOptions {
  readonly text: string;
  /** A column that stands before the features */
  readonly label?: string;
  readonly engine: Engine;
  readonly embedder: Embedder;
  readonly onProgress?: (rows: number) => void;
}

/** Texts that go through the model at a time: enough for full batches, and no more vectors in memory than these. */
const BLOCK = 2048;

/** Rows come out with the columns `embedding_1`, `embedding_2`, … */
export const embedStage: Stage<EmbedRowsOptions, Promise<StageReport>> = {
  name: "features",
  version: 1,
  async run(rows, { text, label, engine, embedder, onProgress }, emit) {
    const textOf = cellOf(rows, text);
    const first = label === undefined ? undefined : cellOf(rows, label);
    let block: DataRow[] = [];
    let [count, cutTexts] = [0, 0];
    const flush = async () => {
      const { vectors, width, cut } = await embed(engine, embedder, block.map(textOf), (done) => onProgress?.(count + done));
      block.forEach((row, i) => {
        const cells = Array.from(vectors.subarray(i * width, (i + 1) * width), featureText);
        emit({ ...row, cells: first === undefined ? cells : [first(row), ...cells] });
      });
      count += block.length;
      cutTexts += cut;
      block = [];
    };
    for (const row of rows) if (block.push(row) === BLOCK) await flush();
    if (block.length > 0) await flush();
    const names = Array.from({ length: embedder.model.backbone.width }, (_, i) => `embedding_${i + 1}`);
    return {
      rowsIn: count,
      rowsOut: count,
      dropped: {},
      changed: {},
      notes: cutTexts === 0 ? [] : [`texts cut at ${embedder.maxTokens} tokens: ${cutTexts}`],
      columns: featureColumns(label, names),
    };
  },
};
