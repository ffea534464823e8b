/** How deep in a model a parameter lies: for rates that fall towards the bottom, and layers that are trained later. */

import type { Backbone } from "../models/backbone.js";

const LAYER = /\.(?:layer|layers|h|block)\.(\d+)\./;

/** Tables that tokens and positions are looked up in, by their names in all families, and the norms beside them. */
const EMBEDDINGS = /(?:^|\.)(?:embeddings|embed_\w+|wte|wpe|shared)\./;

/** 0 for heads and what stands behind the layers, 1 for the last layer, one more for each below it, the most for embeddings. */
export function depthOf({ cache: { layers } }: Backbone, parameter: string): number {
  const layer = LAYER.exec(parameter)?.[1];
  if (layer !== undefined) return layers - Number(layer);
  return EMBEDDINGS.test(parameter) ? layers + 1 : 0;
}
