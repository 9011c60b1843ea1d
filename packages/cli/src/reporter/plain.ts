import type { CertwrightEvent } from "@certwright/core";
import type { Paint } from "./paint.ts";
import { type Reporter, type ReporterSetup, shown, writeError, writeLines, writeStacks } from "./reporter.ts";
import { type Said, say } from "./words.ts";

/** A wait that looks the same is told again after this long, so that a log shows it goes on. */
const repeatMs = 30_000;

/** One line for each thing that happens: for pipes, logs and --quiet. */
export function createPlainReporter(setup: ReporterSetup): Reporter {
  const { context } = setup;
  const isNews = createNews();
  return {
    emit: (event) => {
      if (!isNews(event)) return;
      for (const said of say(event)) {
        if (!isWanted(said, setup)) continue;
        const isTrouble = said.tone === "warn" || said.tone === "bad";
        const out = isTrouble ? context.stderr : context.stdout;
        for (const line of linesOf(said, isTrouble ? setup.errorPaint : setup.paint, setup)) out.write(`${line}\n`);
      }
    },
    finish: ({ lines, errors }) => {
      writeLines(lines, setup);
      writeStacks(errors, setup);
    },
    fail: (error) => writeError(error, setup),
  };
}

/** What is said, as lines; troubles as `error CODE: ...` and `warning CODE: ...`, like the error that ends a command. */
export function linesOf(said: Said, paint: Paint, setup: ReporterSetup): readonly string[] {
  const { tone, code, text, hint, certificate } = said;
  const label = tone === "warn" ? paint.warn("warning") : tone === "bad" ? paint.bad("error") : "";
  const coded = code === undefined ? label : `${label} ${paint.strong(shown(code, setup))}`;
  const parts = [coded, certificate === undefined ? "" : shown(certificate, setup), shown(text, setup)];
  return [parts.filter((part) => part !== "").join(": "), ...(hint === undefined ? [] : [`  ${shown(hint, setup)}`])];
}

/** Whether this is told at all. */
export function isWanted({ tone }: Said, { quiet, debug }: ReporterSetup): boolean {
  if (tone === "debug") return debug;
  return !quiet || tone === "warn" || tone === "bad";
}

/** Waits are told when something about them changed; the last change, that all have it, has an event of its own. */
function createNews(): (event: CertwrightEvent) => boolean {
  const told = new Map<string, { states: string; elapsedMs: number }>();
  return (event) => {
    if (event.type !== "propagation.waiting") return true;
    if (event.servers.every(({ state }) => state === "seen")) return false;
    const key = `${event.name} ${event.value}`;
    const states = event.servers.map(({ server, state }) => `${server} ${state}`).join();
    const before = told.get(key);
    if (before?.states === states && event.elapsedMs - before.elapsedMs < repeatMs) return false;
    told.set(key, { states, elapsedMs: event.elapsedMs });
    return true;
  };
}
