import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  afterGrace,
  type CaSpec,
  type CertificateSpec,
  type CertwrightEvent,
  type ChallengeSpec,
  type DeployTarget,
  type Parts,
  parseIdentifier,
  type Run,
  type Solver,
  type World,
} from "@certwright/core";
import { fileStore, type Journal, openJournal } from "@certwright/core/store";
import { createResolver, parseServer } from "@certwright/dns";
import { type DefinedProvider, openProvider, type ProviderHost, parseZonePin, readOptions } from "@certwright/provider";

/** How a test's engine differs from the plain one. */
export interface EngineOptions {
  /** `host:port` of the server that answers every look-up and is asked for propagation. */
  readonly dns: string;
  readonly caPem: string;
  readonly providers?: readonly DefinedProvider[];
  readonly options?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly targets?: readonly DeployTarget[];
  readonly solver?: (challenge: ChallengeSpec, journal: Journal) => Solver;
  readonly signal?: AbortSignal;
  readonly hmacKey?: string;
  /** The state of an earlier engine. */
  readonly state?: string;
}

/** An engine over real servers: what the command line composes, with everything it says kept. */
export interface Engine extends AsyncDisposable {
  readonly state: string;
  readonly events: CertwrightEvent[];
  /** Events of one type, in order. */
  of<T extends CertwrightEvent["type"]>(type: T): Extract<CertwrightEvent, { type: T }>[];
  /** A fresh journal each time, as each run has. */
  run(): Promise<Run>;
}

export async function startEngine(options: EngineOptions): Promise<Engine> {
  const state = options.state ?? (await mkdtemp(join(tmpdir(), "certwright-test-")));
  const events: CertwrightEvent[] = [];
  const signal = options.signal ?? new AbortController().signal;
  const store = fileStore(join(state, "state"), { now: () => Date.now(), warn: () => undefined });
  const world: World = {
    now: () => Date.now(),
    sleep: async (milliseconds, abort) => void (await delay(milliseconds, undefined, { signal: abort })),
    random: () => 0.5,
    signal,
    emit: (event) => void events.push(event),
    resolver: createResolver({ servers: [parseServer(options.dns)] }),
  };
  const parts = makeParts(options, world);
  return {
    state,
    events,
    of: (type) => events.filter((event) => event.type === type) as never,
    run: async () => ({ store, journal: await openJournal(store, new AbortController().signal), parts, world }),
    [Symbol.asyncDispose]: async () => {
      if (options.state === undefined) await rm(state, { recursive: true, force: true });
    },
  };
}

function makeParts(options: EngineOptions, world: World): Parts {
  const open = async (challenge: ChallengeSpec, signal: AbortSignal) => {
    const definition = options.providers?.find(({ id }) => id === challenge.provider);
    if (definition === undefined) throw new Error(`the test gave no provider ${challenge.provider}`);
    const instance = challenge.instance ?? definition.id;
    const values = await readOptions(definition, { values: options.options?.[instance] ?? {}, env: {} });
    return await openProvider(definition, { instance, options: values, host: providerHost(world, signal) });
  };
  return {
    caAccess: async () => ({
      caPem: options.caPem,
      acceptTerms: true,
      userAgent: "certwright/test",
      ...(options.hmacKey === undefined ? {} : { hmacKey: options.hmacKey }),
    }),
    dnsBinding: async (challenge) => {
      const pin = challenge.zone === undefined ? undefined : parseZonePin(challenge.zone);
      return {
        handle: await open(challenge, afterGrace(world.signal)),
        reopen: (signal) => open(challenge, signal),
        ...(challenge.zones === undefined ? {} : { zones: challenge.zones }),
        ...(pin === undefined ? {} : { zone: { name: pin.name, id: pin.id ?? pin.name } }),
      };
    },
    solver: async (challenge, journal) => {
      if (options.solver === undefined) throw new Error(`the test gave no solver for ${challenge.type}`);
      return options.solver(challenge, journal);
    },
    target: async (id) => {
      const target = options.targets?.find((candidate) => candidate.id === id);
      if (target === undefined) throw new Error(`the test gave no target ${id}`);
      return target;
    },
    readFile: async () => {
      throw new Error("the test gave no file");
    },
  };
}

function providerHost(world: World, signal: AbortSignal): ProviderHost {
  return {
    fetch: globalThis.fetch,
    signal,
    sleep: world.sleep,
    now: world.now,
    random: world.random,
    readFile: async () => {
      throw new Error("the test gave no file");
    },
  };
}

/** A specification with what most tests want. */
export function specFor(
  names: readonly string[],
  ca: CaSpec,
  change: Partial<CertificateSpec> & { readonly nameserver?: string } = {},
): CertificateSpec {
  const { nameserver, ...rest } = change;
  return {
    name: names[0] ?? "",
    identifiers: names.map(parseIdentifier),
    keyType: "ec256",
    reuseKey: false,
    cas: [ca],
    challenges: [],
    dns: nameserver === undefined ? {} : { nameservers: [nameserver] },
    deploy: [],
    ...rest,
  };
}
