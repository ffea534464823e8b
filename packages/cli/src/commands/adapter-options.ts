/** Options of tasks that train an adapter where they are asked to. */
import { type Command, Option } from "commander";
import { positiveInteger, positiveNumber } from "../arguments.js";

export function withAdapters(command: Command): Command {
  const group = "Adapters:";
  const options = [
    new Option(
      "--peft <method>",
      "train an adapter, with the head, and leave the rest of the model as it is: of a causal model in the blocks of its GGUF file, or in 16 bits",
    ).choices(["lora", "dora", "ia3"]),
    new Option("--r <n>", "rank of the adapter").argParser(positiveInteger).default(8),
    new Option("--lora-alpha <x>", "scale of the adapter, times 1/r").argParser(positiveNumber).default(16),
    new Option("--lora-dropout <x>", "probability of dropping an element of what the adapter takes").argParser(Number).default(0),
    new Option("--use-rslora", "scale times 1/√r instead"),
    new Option(
      "--target-modules <names...>",
      "layers that get an adapter (default: those that are usual for the model: query value, q_proj v_proj, c_attn)",
    ),
    new Option("--merge", "write a plain model with the adapter's share in its weights"),
  ];
  for (const option of options) command.addOption(option.helpGroup(group));
  return command;
}
