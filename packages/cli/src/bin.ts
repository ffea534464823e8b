#!/usr/bin/env node
/** The `tetrad` command. */
import { main } from "./main.js";

// A reader that has seen enough (`tetrad predict … | head`) closes the pipe: that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await main(process.argv.slice(2));
