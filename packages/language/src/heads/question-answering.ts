/** Where in a text the answer to a question begins and ends. */

import { select } from "@tetrad/engine";
import type { Backbone } from "../models/backbone.js";
import { affine, affineSpecs } from "../models/parts.js";
import { className, type Head, noHead } from "./head.js";

const MODELS = ["bert", "roberta", "distilbert"];

/** `start` and `end`, (T) each. @throws TetradError UNSUPPORTED for a decoder */
export function questionAnswering(backbone: Backbone): Head {
  if (!MODELS.includes(backbone.modelType)) noHead(backbone, "question answering", MODELS);
  return {
    architecture: `${className(backbone)}ForQuestionAnswering`,
    params: affineSpecs("qa_outputs", backbone.width, 2, backbone.initializerRange),
    outputs(params, { last }) {
      const both = affine(params, "qa_outputs", last);
      return { start: select(both, 1, 0), end: select(both, 1, 1) };
    },
  };
}
