// Fashion-MNIST as Debian's package dataset-fashion-mnist installs it: images normalised as in examples/fashion-mnist, labels as they are.
import { existsSync } from "node:fs";
import { readIdx } from "@tetrad/engine";
import { missing } from "./missing.js";

const folder = "/usr/share/datasets/fashion-mnist";
/** Mean and standard deviation of the training images' pixels, from 0 to 1. */
const [MEAN, SPREAD] = [0.286, 0.353];

export interface Images {
  readonly x: { readonly shape: readonly number[]; readonly data: Float32Array };
  readonly y: { readonly shape: readonly number[]; readonly data: Int32Array };
}

/** The first `rows` images; to be called inside a test or hook. */
export async function fashionMnist(part: "train" | "t10k", rows: number): Promise<Images> {
  if (!existsSync(folder)) missing("fashion-mnist", "needs apt-get install dataset-fashion-mnist");
  const images = await readIdx(`${folder}/${part}-images-idx3-ubyte.gz`);
  const labels = await readIdx(`${folder}/${part}-labels-idx1-ubyte.gz`);
  return {
    x: { shape: [rows, 1, 28, 28], data: Float32Array.from(images.data.subarray(0, rows * 784), (v) => (v / 255 - MEAN) / SPREAD) },
    y: { shape: [rows], data: Int32Array.from(labels.data.subarray(0, rows)) },
  };
}
