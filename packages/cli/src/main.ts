#!/usr/bin/env node
import { createContext } from "./context.ts";
import { runCommandLine } from "./run.ts";
import { createStopper } from "./stopping.ts";

// The only place that touches the process: everything below gets the outside world handed down.
const stopper = createStopper({
  say: (line) => process.stderr.write(`${line}\n`),
  exit: (code) => process.exit(code),
});
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => stopper.stop(name));

const context = createContext(stopper);
const exitCode = await runCommandLine(process.argv.slice(2), context);
await Promise.all([context.stdout.flush(), context.stderr.flush()]);
// Kept-alive connections must not keep the process.
process.exit(exitCode);
