// Writes dist/worker.js, the program of the workers as a file: for pages whose policy forbids workers from blobs, see createEngine({ workerUrl }).
import { writeFileSync } from "node:fs";
import { workerSource } from "../dist/backends/wasm/worker-source.js";

writeFileSync(new URL("../dist/worker.js", import.meta.url), workerSource);
