/** RoBERTa (Liu et al. 2019, arXiv:1907.11692): BERT's body, whose positions begin after the padding token's number. */

import type { Backbone } from "./backbone.js";
import { bertLike } from "./bert.js";
import type { ConfigFields } from "./config.js";

export function roberta(config: ConfigFields): Backbone {
  return bertLike(config, { modelType: "roberta", positionPadding: config.token("pad_token_id") ?? 1 });
}
