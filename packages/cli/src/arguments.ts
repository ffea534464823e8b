/** Values of options, checked while the command line is read. */
import { InvalidArgumentError } from "commander";

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("It must be a whole number above 0.");
  return value;
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < 0) throw new InvalidArgumentError("It must be a whole number, 0 or more.");
  return value;
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError("It must be a number above 0.");
  return value;
}

export function notNegative(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError("It must be a number, 0 or more.");
  return value;
}

/** A part of a whole: above 0 and below 1. */
export function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError("It must be above 0 and below 1.");
  return value;
}

/** A part that may be nothing: 0 or more, and below 1. */
export function shareOrNone(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value < 1)) throw new InvalidArgumentError("It must be 0 or more, and below 1.");
  return value;
}

/** `fgm:EPSILON`, `pgd:EPSILON,ALPHA,STEPS` or `freelb:EPSILON,ALPHA,STEPS`; with `:text` behind it where lengths are each text's own */
export function adversarial(text: string) {
  const [method, list = "", per = "batch", ...more] = text.split(":");
  const [epsilon, alpha, steps, ...rest] = list.split(",").map(Number);
  const known = (per === "batch" || per === "text") && more.length === 0;
  if (known && method === "fgm" && epsilon !== undefined && epsilon > 0 && alpha === undefined) return { method, epsilon, per } as const;
  if (
    known &&
    (method === "pgd" || method === "freelb") &&
    [epsilon, alpha, steps].every((value) => value !== undefined && value > 0) &&
    Number.isInteger(steps) &&
    rest.length === 0
  ) {
    return { method, epsilon: epsilon as number, alpha: alpha as number, steps: steps as number, per } as const;
  }
  throw new InvalidArgumentError(
    "It must be fgm:EPSILON, pgd:EPSILON,ALPHA,STEPS or freelb:EPSILON,ALPHA,STEPS, fgm:0.5 say; with :text behind it, lengths are each text's own, fgm:0.5:text.",
  );
}

/** NAME=FILE, added to those before. */
export function namedFile(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError("It must be NAME=FILE.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

export function oneOf(...names: readonly string[]): (text: string) => string {
  return (text) => {
    if (!names.includes(text)) throw new InvalidArgumentError(`It must be ${names.join(" or ")}.`);
    return text;
  };
}
