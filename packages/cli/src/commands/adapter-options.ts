/** Options of tasks that train an adapter where they are asked to. */
import { type Command, Option } from "commander";
import { positiveInteger, positiveNumber, shareOrNone } from "../arguments.js";
import { LAYERED_METHODS, LORA_DEFAULTS, PEFT_METHODS, type PeftName } from "../language/peft-methods.js";

/** Of tasks with all methods. */
export function withAdapters(command: Command): Command {
  return withOptions(command, [
    methodOption(
      "train an adapter, with the head, and leave the rest of the model as it is: of a causal model in the blocks of its GGUF file, or in 16 bits",
      PEFT_METHODS,
    ),
    ...layerOptions(),
    new Option("--num-virtual-tokens <n>", "of prompt and prefix: what stands before every text (default: 20)").argParser(positiveInteger),
    new Option("--prompt-tuning-init-text <text>", "what a prompt begins as, again and again until it is full (default: random numbers)"),
    new Option("--prefix-projection", "train two layers that make the prefix, which alone is written"),
    new Option("--encoder-hidden-size <n>", "width between those (default: that of keys)").argParser(positiveInteger),
    new Option("--adapter-config <name>", "of bottleneck: behind feed-forward parts, or behind attention too (default: pfeiffer)").choices([
      "pfeiffer",
      "houlsby",
    ]),
    new Option("--reduction-factor <x>", "the model's width over the bottleneck's (default: 16)").argParser(positiveNumber),
    new Option("--non-linearity <name>", "between its two layers (default: relu, of houlsby swish)"),
    quantizeOption(),
    mergeOption(),
  ]);
}

/** Of tasks whose adapters are shares of layers' weights. */
export function withLayerAdapters(command: Command): Command {
  return withOptions(command, [
    methodOption("train an adapter, and leave the rest of the model as it is", LAYERED_METHODS),
    ...layerOptions(),
    quantizeOption(),
    mergeOption(),
  ]);
}

const methodOption = (about: string, methods: readonly PeftName[]) => new Option("--peft <method>", about).choices(methods);

const layerOptions = () => [
  new Option("--r <n>", `of lora and dora: rank (default: ${LORA_DEFAULTS.r})`).argParser(positiveInteger),
  new Option("--lora-alpha <x>", `of lora and dora: scale, times 1/r (default: ${LORA_DEFAULTS.loraAlpha})`).argParser(positiveNumber),
  new Option(
    "--lora-dropout <x>",
    `of lora and dora: probability of dropping an element of what it takes (default: ${LORA_DEFAULTS.loraDropout})`,
  ).argParser(shareOrNone),
  new Option("--use-rslora", "of lora and dora: scale times 1/√r instead"),
  new Option(
    "--target-modules <names...>",
    "of lora, dora and ia3: layers that get one (default: those that are usual for the model: query value, q_proj v_proj, c_attn, q v)",
  ),
];

const quantizeOption = () =>
  new Option(
    "--quantize <kind>",
    "int8: layers that the adapter leaves alone are rounded when the model is read, and multiply whole numbers: faster, in less memory; evaluations are of the rounded model, but what is written is used with the exact one",
  ).choices(["int8"]);

const mergeOption = () =>
  new Option("--merge", "of lora, dora and ia3: write a plain model with the adapter's share in its weights, as its file has them");

function withOptions(command: Command, options: readonly Option[]): Command {
  for (const option of options) command.addOption(option.helpGroup("Adapters:"));
  return command;
}
