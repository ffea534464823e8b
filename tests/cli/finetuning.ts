// What tests of fine-tuning by the command line share.
import { expect } from "vitest";
import { sharedPath } from "../support/shared.js";
import type { Workplace } from "./tetrad.js";

export const miniLm = () => sharedPath("models/all-MiniLM-L6-v2");

export function facts<T>(place: Workplace, ...args: string[]): T {
  const { code, stdout, stderr } = place.tetrad(...args, "--json", "--quiet");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as T;
}

/** Arguments of a fine-tuning; of MiniLM, into a folder "out", unless the flags say otherwise. */
export function finetune(task: string, flags: Readonly<Record<string, string>>, ...more: readonly string[]): string[] {
  const all = { model: miniLm(), out: "out", ...flags };
  return ["finetune", task, ...Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]), ...more];
}
