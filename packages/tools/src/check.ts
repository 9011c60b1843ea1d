/** `npm run check`: format, lint, layers, types, generated files. Runs everything, then fails when anything did. */
import { runChecks } from "./checks.ts";

const { failed } = await runChecks();
process.exitCode = failed > 0 ? 1 : 0;
