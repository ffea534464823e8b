/** @tetrad/bench: measures Tetrad and other libraries side by side. Suites load when they are run, so that asking for their names costs nothing. */

export { describeMachine, type MachineBlock } from "./measure/machine.js";
export { mad, median, pairedRatio, unpairedRatio } from "./measure/statistics.js";
export { DEFAULT_PEERS, PEER_NAMES, PEERS, type PeerName } from "./peers/index.js";
export { type Change, compareRuns, type Regression, readRun, regressionTable } from "./regression.js";
export { type Run, type RunOptions, runBenchmarks, type SuiteFailure } from "./run.js";
export type * from "./suite.js";
export { SUITE_NAMES, type SuiteName } from "./suites/index.js";
export { figureText, met, percent, ratioText, short, suiteText, tableText } from "./text.js";
