import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import {
  candidates,
  type DefinedProvider,
  type OptionsSchema,
  openProvider,
  type ProviderHost,
  readOptions,
  type TxtRecord,
} from "@certwright/provider";
import { assertShape } from "./cases/definition.ts";
import type { VirtualClock } from "./clock.ts";
import type { FakeDns } from "./fake-dns.ts";
import type { Handle, Offers } from "./handle.ts";
import { loopbackFetch } from "./loopback-fetch.ts";
import { runProgram } from "./run-program.ts";
import { assertNoSecret, type GivenOptions } from "./secrets.ts";
import type { ConformanceSpec } from "./spec.ts";

/** What a provider is opened in. */
export interface Opening {
  readonly definition: DefinedProvider<OptionsSchema>;
  readonly spec: ConformanceSpec;
  readonly dns: FakeDns;
  readonly clock: VirtualClock;
  /** Takes every error and every event. */
  readonly seen: unknown[];
  readonly strayHosts: string[];
  readonly secrets: readonly string[];
  /** The fake server's; undefined where there is none. */
  readonly origin: string | undefined;
  readonly onTimeout: (expire: () => void) => void;
}

/** Opens a provider as the program does: options read, host made, shapes turned into values added and removed. */
export async function openHandle(
  opening: Opening,
  given: GivenOptions,
  signal: AbortSignal = new AbortController().signal,
): Promise<{ handle: Handle; offers: Offers }> {
  const { definition, seen } = opening;
  const { watched, offers } = watch(definition);
  const host = opening.spec.live ? liveHost(signal) : fakeHost(opening, signal);
  const options = await readOptions(watched, { values: given });
  const opened = await openProvider(watched, { instance: definition.id, options, host });
  const noting = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      seen.push(error);
      throw error;
    }
  };
  return {
    offers: offers(),
    handle: {
      findZone: (fqdn) => noting(opened.findZone(fqdn, candidates(fqdn))),
      add: (records: readonly TxtRecord[]) => noting(opened.add(records)),
      remove: (records: readonly TxtRecord[]) => noting(opened.remove(records)),
    },
  };
}

/** The same definition, and what the object its `create` made offers. */
function watch(definition: DefinedProvider<OptionsSchema>) {
  const offers = { zones: false, batch: false };
  const watched: DefinedProvider<OptionsSchema> = {
    ...definition,
    async create(options, ctx) {
      const provider = await definition.create(options, ctx);
      assertShape(provider, definition.traits.granularity);
      offers.zones = provider.zones !== undefined;
      offers.batch = "addAll" in provider || "setAll" in provider || "write" in provider;
      return provider;
    },
  };
  return { watched, offers: (): Offers => offers };
}

function fakeHost(opening: Opening, signal: AbortSignal): ProviderHost {
  const { definition, spec, dns, clock, secrets, strayHosts, origin, onTimeout } = opening;
  const { run, ask } = spec;
  const hosts = definition.hosts ?? [];
  return {
    fetch:
      origin === undefined
        ? () => Promise.reject(new Error("this provider was not meant to use HTTP"))
        : loopbackFetch({ origin, hosts, stray: strayHosts, onTimeout }),
    signal,
    sleep: (milliseconds, until) => clock.sleep(milliseconds, until),
    now: () => clock.now(),
    random: () => 0.5,
    readFile: (path) => Promise.reject(new Error(`the kit has no file ${path}`)),
    onRequest: (event) => opening.seen.push(JSON.stringify(event)),
    ...(run === undefined
      ? {}
      : {
          async run(argv, { env, stdin = "" }) {
            signal.throwIfAborted();
            // Everybody on the machine can see a program's arguments.
            assertNoSecret(argv.join(" "), secrets, "a program's arguments");
            return { exitCode: 0, stdout: "", stderr: "", ...run({ argv, env, stdin }, dns) };
          },
        }),
    ...(ask === undefined
      ? {}
      : {
          async ask(message) {
            signal.throwIfAborted();
            assertNoSecret(message, secrets, "a question");
            ask(message, dns);
          },
        }),
  };
}

/** The real world, for a real server. */
function liveHost(signal: AbortSignal): ProviderHost {
  return {
    fetch: (input, init) => fetch(input, init),
    signal,
    sleep: (milliseconds, until) => sleep(milliseconds, undefined, { signal: until }),
    now: () => Date.now(),
    random: () => Math.random(),
    readFile: (path) => readFile(path, "utf8"),
    run: (argv, options) => runProgram(argv, options),
  };
}
