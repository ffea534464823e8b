/** Names of --peft, apart from what they load. */
export const PEFT_METHODS = ["lora", "dora", "ia3", "prompt", "prefix", "bottleneck"] as const;
export type PeftName = (typeof PEFT_METHODS)[number];
