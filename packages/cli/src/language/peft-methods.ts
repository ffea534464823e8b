/** Names of --peft, apart from what they load. */

/** Methods that change what layers make, which weights alone can do too */
export const LAYERED_METHODS = ["lora", "dora", "ia3"] as const;
export const PEFT_METHODS = [...LAYERED_METHODS, "prompt", "prefix", "bottleneck"] as const;
export type PeftName = (typeof PEFT_METHODS)[number];

/** Of LoRA and DoRA, where nothing is said */
export const LORA_DEFAULTS = { r: 8, loraAlpha: 16, loraDropout: 0 } as const;

export const isLayered = (name: PeftName): boolean => (LAYERED_METHODS as readonly PeftName[]).includes(name);
