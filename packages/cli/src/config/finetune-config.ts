/** A configuration of `tetrad finetune`: the training's arguments by Hugging Face's names, and the command's own options. */
import { TetradError } from "@tetrad/engine";
import type { Option } from "commander";
import { z } from "zod";
import { ARGUMENTS, type Kind, keyOf, snakeCase } from "../language/training-arguments.js";
import { loadYaml } from "./load-yaml.js";

/** Options that say where a configuration is, what is printed and where it runs, and are no part of one. */
const APART = ["config", "resume", "json", "quiet", "verbose", "threads", "tuning", "backend"];

function schemaOf(kind: Kind): z.ZodType {
  if (typeof kind === "object") return z.enum(kind as [string, ...string[]]);
  // YAML reads 2e-4 as text, as Python's loader does.
  const number = z.preprocess((value) => (typeof value === "string" && value.trim() !== "" ? Number(value) : value), z.number());
  switch (kind) {
    case "count":
      return number.pipe(z.int().positive());
    case "whole":
      return number.pipe(z.int().nonnegative());
    case "positive":
      return number.pipe(z.number().positive());
    case "nonnegative":
      return number.pipe(z.number().nonnegative());
    case "share":
      return number.pipe(z.number().gt(0).lt(1));
    case "flag":
      return z.boolean();
    case "names":
      return z.preprocess((value) => (typeof value === "string" ? [value] : value), z.array(z.string()).min(1));
    case "record":
      return z.record(z.string(), z.union([z.number(), z.string()]));
    default:
      return z.string();
  }
}

/**
 * Values by the names of options.
 * @param more further keys, which are no options
 * @throws TetradError IO, FORMAT with the line and what was meant
 */
export async function loadFinetuneConfig(
  path: string,
  options: readonly Option[],
  more: Readonly<Record<string, z.ZodType>> = {},
): Promise<Readonly<Record<string, unknown>>> {
  const own = options.map((option) => option.attributeName()).filter((name) => !APART.includes(name) && !(name in ARGUMENTS));
  const scalar = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);
  const names = new Map([...Object.keys(ARGUMENTS), ...own].map((name) => [keyOf(name), name]));
  const ofOptions = [...names].map(([key, name]) => {
    const kind = ARGUMENTS[name]?.kind;
    return [key, (kind === undefined ? scalar : schemaOf(kind)).optional()] as const;
  });
  const given = await loadYaml(path, z.strictObject({ ...Object.fromEntries(ofOptions), ...more }));
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => {
      const name = names.get(key);
      if (name === undefined) return [key, value];
      return [name, name in ARGUMENTS ? argument(name, value) : parsed(options, name, value, path)] as const;
    }),
  );
}

/** Further options of a schedule are named in a file as everything else there. */
function argument(name: string, value: unknown): unknown {
  if (ARGUMENTS[name]?.kind !== "record") return value;
  const camelCase = (key: string) => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(value as Record<string, unknown>).map(([key, item]) => [camelCase(key), item]));
}

/** As the command line would read it. */
function parsed(options: readonly Option[], name: string, value: unknown, path: string): unknown {
  const option = options.find((one) => one.attributeName() === name);
  const { parseArg } = option ?? {};
  if (parseArg === undefined || Array.isArray(value) || typeof value === "boolean") return value;
  try {
    return parseArg(String(value), undefined);
  } catch (error) {
    throw new TetradError("FORMAT", {
      op: path,
      what: `"${snakeCase(name)}" is wrong`,
      got: String(value),
      expected: (error as Error).message,
    });
  }
}
