/** Convolutions and pooling. */
import { type Family, type Kernel, type LaunchShape, perElement, perWord, single } from "../kernel.js";

/** Words of a convolution, as shaders/lib/convolution.wgsl has them. */
type Words = [
  epilogueSlot: number,
  epilogueWords: number,
  images: number,
  channels: number,
  height: number,
  width: number,
  filters: number,
  outHeight: number,
  outWidth: number,
  kernelHeight: number,
  kernelWidth: number,
  strideY: number,
  strideX: number,
  paddingY: number,
  paddingX: number,
  dilationY: number,
  dilationX: number,
  groups: number,
];

function geometry({ words }: LaunchShape) {
  const [, , images, channels, height, width, filters, outHeight, outWidth, kernelHeight, kernelWidth, ...rest] = words as Words;
  const [strideY, strideX, , , , , groups] = rest;
  const [area, outArea, taps] = [height * width, outHeight * outWidth, kernelHeight * kernelWidth];
  return { images, channels, height, width, filters, area, outArea, taps, strideY, strideX, groups };
}

/** Constants of shaders/lib/register_tile.wgsl: a tile of so many rows has 4096 / rows columns; with these steps of k both fit 16 KiB. */
function tile(rows: number) {
  return { TILE_M: rows, DEPTH: rows < 32 || rows > 128 ? 8 : 16 };
}

/** Rows of tiles for a product of `m` rows and very many columns. */
function tileRows(m: number): number {
  return m <= 16 ? 16 : m <= 32 ? 32 : 64;
}

function tiles(m: number, n: number, rows: number): number {
  return Math.ceil(m / rows) * Math.ceil(n / (4096 / rows));
}

const outputRows = (shape: LaunchShape) => {
  const { filters, groups } = geometry(shape);
  return filters / groups;
};

const inputRows = (shape: LaunchShape) => {
  const { channels, groups } = geometry(shape);
  return channels / groups;
};

/** Rows, columns, tile and parts of a product that makes weights. */
function weightProduct(shape: LaunchShape) {
  const { channels, filters, area, outArea, taps, groups } = geometry(shape);
  const [m, n] = [filters / groups, (channels / groups) * taps];
  // The tile that computes least beyond the product, the squarest of equals.
  const rows = [64, 32, 128, 16, 256].reduce((best, next) => (tiles(m, n, next) < tiles(m, n, best) ? next : best));
  return { m, n, rows, splits: splitsOf(tiles(m, n, rows) * groups, mostImages(shape, channels * area) * outArea) };
}

/** How many images the launch was made for: their live count may change, what is compiled may not. */
function mostImages({ inputs }: LaunchShape, size: number): number {
  return (inputs[0] as number) / Math.max(size, 1);
}

/** Workgroups that keep a large device busy, and the shortest sum worth one. */
const BUSY = 1024;
const SHORTEST = 256;

/** Parts of a long sum, a power of two, so that the constants that differ are few. */
function splitsOf(groups: number, length: number): number {
  let splits = 1;
  while (splits < 256 && groups * splits < BUSY && length >= 2 * splits * SHORTEST) splits *= 2;
  return splits;
}

/** Weights from a pass that makes SPLITS sums of each, and one that adds them up. */
function weights(
  shader: string,
  parts: (shape: LaunchShape) => { groups: number; splits: number; consts: Record<string, number> },
): Kernel {
  return {
    passes: [
      {
        shader,
        groups: (shape) => parts(shape).groups * parts(shape).splits,
        consts: (shape) => ({ ...parts(shape).consts, SPLITS: parts(shape).splits }),
      },
      {
        shader: "sum_partials",
        groups: (shape) => (parts(shape).splits === 1 ? 0 : Math.ceil((shape.outputs[0] as number) / 16)),
        consts: (shape) => ({ SPLITS: parts(shape).splits }),
      },
    ],
    scratch: (shape) => (parts(shape).splits === 1 ? 1 : parts(shape).splits * (shape.outputs[0] as number)),
  };
}

/** Taps whose sums a thread of depthwise2d_weight_gradient holds. */
const MOST_TAPS = 16;

export const convolution = {
  avg_pool2d: perElement("avg_pool2d"),
  avg_pool2d_backward: perElement("avg_pool2d_backward"),
  conv2d: single(
    "conv2d",
    (shape) => {
      const { images, outArea, groups } = geometry(shape);
      return tiles(outputRows(shape), images * outArea, tileRows(outputRows(shape))) * groups;
    },
    (shape) => tile(tileRows(outputRows(shape))),
  ),
  conv2d_input_gradient: single(
    "conv2d_input_gradient",
    (shape) => {
      const { images, height, width, strideY, strideX, groups } = geometry(shape);
      const columns = images * Math.ceil(height / strideY) * Math.ceil(width / strideX);
      return tiles(inputRows(shape), columns, tileRows(inputRows(shape))) * strideY * strideX * groups;
    },
    (shape) => tile(tileRows(inputRows(shape))),
  ),
  conv2d_weight_gradient: weights("conv2d_weight_gradient", (shape) => {
    const { m, n, rows, splits } = weightProduct(shape);
    return { groups: tiles(m, n, rows) * geometry(shape).groups, splits, consts: tile(rows) };
  }),
  depthwise2d: perElement("depthwise2d"),
  depthwise2d_input_gradient: perElement("depthwise2d_input_gradient"),
  depthwise2d_weight_gradient: weights("depthwise2d_weight_gradient", (shape) => {
    const { channels, area, outArea, taps } = geometry(shape);
    // As many blocks as there must be, of as many taps each.
    const blocks = Math.ceil(taps / MOST_TAPS);
    const groups = channels * blocks;
    const length = mostImages(shape, channels * area) * outArea;
    return { groups, splits: splitsOf(groups, length), consts: { TAPS: Math.ceil(taps / blocks) } };
  }),
  max_pool2d: perElement("max_pool2d"),
  max_pool2d_backward: perWord("max_pool2d_backward", 0),
} as const satisfies Family;
