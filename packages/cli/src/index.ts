/** @tetrad/cli as a library: the command line as a function, for tests and for other programs that want to offer it. */

export { main } from "./main.js";
export type { Io, Stream } from "./terminal.js";
