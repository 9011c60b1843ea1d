import { type Run, type Solver, serve } from "@certwright/core";
import type { Config } from "@certwright/core/config";
import { openJournal } from "@certwright/core/store";
import type { Invocation } from "../command.ts";
import { readConfigFile } from "../config/read-config-file.ts";
import { warnOfUnkept } from "../config/unkept.ts";
import { createMemo } from "../memo.ts";
import { openNotifier } from "../notify/open-notifier.ts";
import { createBusyHooks } from "../parts/busy-hooks.ts";
import { createParts, latestParts } from "../parts/create-parts.ts";
import { configuredHooks } from "../parts/run-hooks.ts";
import { explain } from "../reporter/explain.ts";
import { countOf } from "../reporter/words.ts";
import { openState } from "../state/open-state.ts";
import { createWorld } from "../world.ts";
import type { ConfigChanges } from "./config-changes.ts";
import { createFleetCare } from "./fleet-care.ts";
import { createLooks } from "./looks.ts";
import type { StatusPages } from "./status-server.ts";
import { beat, type Supervisor } from "./systemd.ts";

/** What a service is given besides its configuration. */
export interface ServiceSetup {
  readonly invocation: Invocation;
  readonly config: Config;
  /** Of its file, since before it was read. */
  readonly changes: ConfigChanges;
  readonly supervisor: Supervisor;
  /** Listens, if it is to; called when everything is ready to be asked. */
  readonly listen: (pages: StatusPages) => Promise<AsyncDisposable>;
}

/** Milliseconds to deliver what is still to be told when the service ends. */
const lastWords = 10_000;

/** The story of the service: open everything once, keep, follow the configuration, end in order. */
export async function runService(setup: ServiceSetup): Promise<void> {
  const { invocation, config: first, changes, supervisor, listen } = setup;
  const { context, emit } = invocation;
  const store = await openState(invocation, first);
  const world = createWorld(invocation, first.settings.defaults.dns);
  const listeners = createMemo<Solver>();
  const partsOf = (config: Config) => createParts(invocation, { acceptTerms: false, store, config, listeners });
  let config = first;
  let isFresh = true;
  let parts = partsOf(first);
  let fault: string | undefined;

  const looks = createLooks(store, () => fault === undefined);
  const ending = new AbortController();
  const notifier = openNotifier(() => config, store, invocation, ending.signal);
  const letGo = context.stopper.onHangUp(changes.wake);
  const fleets = createFleetCare(() => config, store, invocation);
  const stopWatchdog = beat(supervisor, context.every);
  const run: Run = {
    store,
    world,
    parts: latestParts(() => parts),
    journal: await openJournal(store, world.signal),
    hooks: createBusyHooks(() => configuredHooks(config, invocation)),
  };
  await using _pages = await listen({
    metrics: () => looks.metrics(context.now()),
    readiness: () => {
      const summary = looks.summary();
      const ready = fault === undefined && summary.looked >= summary.certificates;
      return { ready, config: { file: config.file, ...(fault === undefined ? {} : { fault }) }, ...summary };
    },
  });
  const load = async () => {
    if (!isFresh) {
      const next = await readConfigFile(first.file);
      warnOfRestart(config, next, invocation);
      config = next;
      parts = partsOf(next);
      fleets.lookNow();
    }
    isFresh = false;
    fault = undefined;
    looks.keep(config.certificates.map(({ name }) => name));
    // State that is out of reach for a moment is no fault of the configuration.
    await warnOfUnkept(config.certificates, store, emit).catch((error: unknown) => {
      const { code, message, hint } = explain(error);
      emit({ type: "warning", code, message, ...(hint === undefined ? {} : { hint }) });
    });
    await supervisor.ready(`keeping ${countOf(config.certificates.length, "certificate")}`);
    return config.certificates;
  };
  const { parallel, serve: service } = first.settings;
  const endCare = fleets.start(service.interval * 1000);
  try {
    await serve(
      {
        parallel,
        interval: service.interval * 1000,
        load,
        changed: async (signal) => {
          await changes.next(signal);
          await supervisor.reloading();
        },
        onLook: (result, next) => {
          looks.add(result, next);
          notifier.add(result);
        },
        onBadConfig: (error) => {
          const { code, message, details = [], hint } = explain(error);
          fault = [message, ...details].join("; ");
          const kept = "the configuration before stays in force";
          emit({ type: "warning", code, message: `${fault}; ${kept}`, ...(hint === undefined ? {} : { hint }) });
          void supervisor.ready("the configuration has faults; the one before is in force");
        },
      },
      run,
    );
  } finally {
    letGo();
    stopWatchdog();
    await supervisor.stopping();
    await endCare();
    const timer = setTimeout(() => ending.abort(new Error("the service ends")), lastWords);
    await notifier.settled();
    clearTimeout(timer);
  }
}

/** What is settled when the service starts. */
function warnOfRestart(before: Config, after: Config, { emit }: Invocation): void {
  const settled = (config: Config) =>
    JSON.stringify([
      config.settings.state,
      config.settings.parallel,
      config.settings.serve,
      config.settings.defaults.dns.resolvers,
    ]);
  if (settled(before) === settled(after)) return;
  emit({
    type: "warning",
    code: "CLI_RESTART_NEEDED",
    message:
      "state, parallel, serve or defaults.dns.resolvers changed, which takes effect when the service is started anew",
    hint: "systemctl restart certwright",
  });
}
