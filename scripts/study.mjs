// `npm run study -- NAME`: runs a study of examples/, which is a folder whose README.md has its commands in ```sh blocks, so that what a reader
// is shown is what runs. Bare, it lists them. Everything is written to the study's folder `report`, or to --out.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { root, SetUpError, setUp } from "./setup.mjs";

const examples = join(root, "examples");
const program = join(root, "packages", "cli", "dist", "bin.js");
/** Folders of data that are not in the repository, by the names that commands give them. */
const ELSEWHERE = { PANTHEON: join(root, "..", "shared", "data", "cosmo-pantheon2018") };

/** @returns {string[]} */
export function studyNames() {
  return readdirSync(examples).filter((name) => commandsOf(name).length > 0);
}

/** @param {string} name @returns {string} heading of its README */
function titleOf(name) {
  return /^# (.*)$/m.exec(readme(name))?.[1] ?? name;
}

/** @param {string} name */
function readme(name) {
  const file = join(examples, name, "README.md");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/**
 * @param {string} name
 * @returns {string[]} command lines as they are written
 */
export function commandsOf(name) {
  return [...readme(name).matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = ""]) =>
    block.split("\n").filter((line) => line.trim() !== ""),
  );
}

/**
 * A line as a program and its arguments: `report` is the folder for results, and $NAME one for data from elsewhere.
 * @param {string} line
 * @param {string} out
 * @returns {string[]}
 */
export function wordsOf(line, out) {
  const words = [...line.replace(/\s#.*$/, "").matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
  if (words[0] === "npx" && words[1] === "tetrad") words.splice(0, 2, "tetrad");
  return words.map((word) =>
    word.replace(/^report(?=\/|$)/, out.replaceAll("$", "$$$$")).replace(/\$([A-Z]+)/, (_, name) => elsewhere(name)),
  );
}

/** @param {string} name */
function elsewhere(name) {
  const folder = process.env[name] ?? ELSEWHERE[/** @type {keyof typeof ELSEWHERE} */ (name)];
  if (folder === undefined || !existsSync(folder))
    throw new SetUpError(
      `This study needs data that are not in the repository: its README says where they are; name their folder by ${name}=FOLDER.`,
    );
  return resolve(folder);
}

/**
 * Shows a command's output and keeps it.
 * @param {string} node
 * @param {readonly string[]} words
 * @param {string} cwd
 * @returns {Promise<{ code: number, text: string }>}
 */
function perform(node, [first = "", ...args], cwd) {
  const child = spawn(node, first === "tetrad" ? [program, ...args] : args, { cwd, stdio: ["ignore", "pipe", "inherit"] });
  /** @type {Buffer[]} */
  const output = [];
  child.stdout.on("data", (/** @type {Buffer} */ data) => {
    output.push(data);
    process.stdout.write(data);
  });
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (code) => done({ code: code ?? 1, text: Buffer.concat(output).toString("utf8") }));
  });
}

/** @param {string} name @param {string} out */
async function runStudy(name, out) {
  const node = await setUp({ verbose: false });
  mkdirSync(out, { recursive: true });
  const lines = commandsOf(name).map((line) => ({ line, words: wordsOf(line, out) }));
  let results = `${titleOf(name)}\n`;
  console.log(`${titleOf(name)}: ${lines.length} steps, run in ${relative(process.cwd(), join(examples, name)) || "."}`);
  const begin = performance.now();
  for (const [i, { line, words }] of lines.entries()) {
    console.log(`\n[${i + 1}/${lines.length}] ${line}`);
    const { code, text } = await perform(node, words, join(examples, name));
    results += `\n$ ${line}\n${text}`;
    if (code !== 0) {
      console.error(`That step ended with code ${code}.`);
      return code;
    }
  }
  writeFileSync(join(out, "results.txt"), results);
  console.log(
    `\nDone in ${((performance.now() - begin) / 1000).toFixed(0)} s; reports, plots and results.txt are in ${relative(process.cwd(), out) || "."}`,
  );
  return 0;
}

async function main() {
  const { values, positionals } = parseArgs({
    options: { out: { type: "string" }, help: { type: "boolean", short: "h" } },
    allowPositionals: true,
  });
  const [name] = positionals;
  const known = studyNames();
  if (name === undefined || values.help === true) {
    const width = Math.max(...known.map(({ length }) => length));
    console.log(`npm run study -- NAME [--out FOLDER]\n\n${known.map((one) => `  ${one.padEnd(width)}  ${titleOf(one)}`).join("\n")}`);
    return 0;
  }
  if (!known.includes(name) || positionals.length > 1) {
    console.error(`There is no study ${positionals.join(" ")}. Those that there are: ${known.join(", ")}`);
    return 2;
  }
  return runStudy(name, values.out === undefined ? join(examples, name, "report") : resolve(values.out));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
