// `npm run bench -- [suite …] [--against tfjs,torch,jax,ort|none] [--json FILE] [--quick]`: measures our packages and their rivals in turns, in one run.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { describeMachine } from "./lib/machine.mjs";
import { EFFORT } from "./lib/measure.mjs";
import { PEERS } from "./peers/index.mjs";

const SUITES = ["startup", "theory", "mlp", "gemm"];
const usage = `npm run bench -- [${SUITES.join("|")} …] [--against ${Object.keys(PEERS).join(",")}|none] [--json FILE] [--quick]`;

function readArguments() {
  const options = {
    against: { type: "string", default: Object.keys(PEERS).join(",") },
    json: { type: "string" },
    quick: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const suites = positionals.length === 0 ? SUITES : positionals;
  const against = values.against === "none" ? [] : values.against.split(",");
  const unknown = [...suites.filter((name) => !SUITES.includes(name)), ...against.filter((name) => !(name in PEERS))];
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(", ")}`);
  return { ...values, suites, against };
}

/** Opens the rivals; one that is not there is reported, never silently left out. */
async function openPeers(names) {
  const peers = [];
  const report = {};
  for (const name of names) {
    try {
      const peer = await PEERS[name]();
      peers.push(peer);
      report[name] = peer.describe;
    } catch (error) {
      report[name] = `absent: ${error.message.split("\n")[0]}`;
    }
    console.log(`  ${name}: ${report[name]}`);
  }
  return { peers, report };
}

async function main({ suites, against, json, quick }) {
  const machine = describeMachine();
  console.log(
    `${machine.processor} (${machine.features.join(" ")}), ${machine.cores} cores, load ${machine.load.map((load) => load.toFixed(1)).join(" ")}, Node ${machine.node}, V8 ${machine.v8}`,
  );
  if (machine.load[0] > 0.5) console.log("  something else runs on this machine: figures will be too low");
  const { peers, report } = await openPeers(against);
  const log = (text) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K▸ ${text}`);
  const results = {};
  let failed = false;
  for (const name of suites) {
    try {
      const suite = await import(`./suites/${name}.mjs`);
      const { text, ...result } = await suite.run({ peers, effort: quick ? EFFORT.quick : EFFORT.full, log });
      results[name] = result;
      log("");
      console.log(`\n══ ${name}\n${text}`);
    } catch (error) {
      failed = true;
      results[name] = { error: error.message };
      log("");
      console.error(`\n══ ${name} failed: ${error.stack}`);
    }
  }
  for (const peer of peers) await peer.close();
  if (json !== undefined)
    writeFileSync(json, `${JSON.stringify({ machine, loadAfter: describeMachine().load, quick, peers: report, results }, null, 2)}\n`);
  process.exitCode = failed ? 1 : 0;
}

let options;
try {
  options = readArguments();
} catch (error) {
  console.error(`${error.message}\n${usage}`);
  process.exit(2);
}
if (options.help) console.log(usage);
else await main(options);
