/** A model without a head: its states are what is wanted. */

import type { Backbone } from "../models/backbone.js";
import { className, type Head } from "./head.js";

export function bodyOf(backbone: Backbone): Head {
  return { architecture: `${className(backbone)}Model`, params: {}, isBody: true, outputs: () => ({}) };
}
