/** Takes the first steps of a network in a fresh process; prints the most memory that it ever held, in bytes. Argument: the network as JSON. */
import { openOwn } from "../own/engine.js";
import { ownMlp } from "../own/mlp.js";
import { type MlpNetwork, mlpProblem } from "../problems/mlp.js";

const own = await openOwn({ threads: 1 });
const contender = await ownMlp(own, mlpProblem(JSON.parse(process.argv[2] as string) as MlpNetwork));
await contender.result();
process.stdout.write(JSON.stringify(process.resourceUsage().maxRSS * 1024)); // it counts in KiB
contender.close();
await own.close();
