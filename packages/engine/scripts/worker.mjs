// Writes dist/worker.js, the program of the workers as a file: for pages whose policy forbids workers from blobs, see createEngine({ workerUrl }).
import { writeFileSync } from "node:fs";
import { workerSource } from "../dist/backends/wasm/worker-source.js";

const dist = new URL("../dist/", import.meta.url);
// Node's workers start from the source itself; what they ask for would make the file look like a CommonJS module.
writeFileSync(new URL("worker.js", dist), workerSource.replace(/^const port = .*$/m, "const port = self;"));
writeFileSync(new URL("worker.d.ts", dist), "// A program, not a module: its address is all that is used.\nexport {};\n");
