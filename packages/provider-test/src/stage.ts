import assert from "node:assert/strict";
import type { DefinedProvider, OptionsSchema } from "@certwright/provider";
import { plainRefusal, toAnswer } from "./answer.ts";
import type { Case } from "./cases/case.ts";
import { virtualClock } from "./clock.ts";
import { lost } from "./expect.ts";
import type { FakeApi } from "./fake-api.ts";
import { FakeDns } from "./fake-dns.ts";
import { type FakeServer, type Scene, startFakeServer } from "./fake-server.ts";
import { fillFixture, zoneNames } from "./fixture.ts";
import type { Offers } from "./handle.ts";
import { watchHosts } from "./loopback-fetch.ts";
import { openHandle } from "./open.ts";
import { compileRoutes } from "./routes.ts";
import {
  assertNoSecret,
  forbiddenTexts,
  type GivenOptions,
  plantOptions,
  secretValues,
  wrongOptions,
} from "./secrets.ts";
import type { ConformanceSpec, LiveBackend } from "./spec.ts";
import { type FakeWorld, type HttpWorld, removes, type World } from "./world.ts";

/** Where the cases of one provider are played: one server for all, a new state for each. */
export interface Stage {
  /** Plays one case and everything that is checked after every case. */
  perform(one: Case): Promise<void>;
  /** Patterns of the routes used so far. */
  readonly used: ReadonlySet<string>;
  close(): Promise<void>;
}

/** Prepares a stage; nothing is started before the first case. */
export function createStage(definition: DefinedProvider<OptionsSchema>, spec: ConformanceSpec): Stage {
  const used = new Set<string>();
  let server: Promise<FakeServer> | undefined;
  let backend: Promise<LiveBackend> | undefined;
  let offers: Promise<Offers> | undefined;

  async function build(): Promise<{ world: World | HttpWorld; finish: () => Promise<void> }> {
    if (spec.api !== undefined) server ??= startFakeServer();
    const running = await server;
    const clock = virtualClock();
    const dns = new FakeDns(() => clock.now());
    fillFixture(dns);
    const service = await spec.serve?.(dns);
    backend ??= spec.live?.();
    const live = await backend;
    const endpoint = running === undefined ? {} : { endpoint: `${running.origin}${pathOf(definition.endpoint)}` };
    const options = {
      ...plantOptions(definition, { ...spec.options, ...service?.options, ...live?.options }),
      ...endpoint,
    };
    const scene = running === undefined ? undefined : makeScene(definition, spec, dns, options, used);
    if (scene) running?.play(scene);

    const seen: unknown[] = [];
    const strayHosts: string[] = [];
    const unwatch =
      running === undefined
        ? undefined
        : watchHosts(running.origin, strayHosts, () => {
            if (scene) scene.made += 1;
          });
    const expirations = new Set<() => void>();
    if (scene) {
      scene.onTimeout = () => {
        for (const expire of expirations) expire();
        expirations.clear();
      };
    }
    const onTimeout = (expire: () => void) => void expirations.add(expire);
    const secrets = forbiddenTexts(definition, options);
    const opening = { definition, spec, dns, clock, seen, strayHosts, secrets, origin: running?.origin, onTimeout };
    const world: World & Partial<HttpWorld> & Pick<FakeWorld, "dns" | "clock"> = {
      dns,
      clock,
      ...(scene === undefined ? {} : { scene }),
      options,
      wrong: { ...wrongOptions(definition, options), ...spec.wrong },
      planted: secretValues(definition, options),
      secrets,
      seen,
      strayHosts,
      traits: definition.traits,
      zone: live?.zone ?? zoneNames.main,
      zoneId: live?.zoneId ?? live?.zone ?? zoneNames.main,
      open: async (how = {}) => (await openHandle(opening, how.options ?? options, how.signal)).handle,
      offers: () => {
        offers ??= openHandle(opening, options).then((opened) => opened.offers);
        return offers;
      },
      read: live ? (fqdn) => live.read(fqdn) : async (fqdn) => dns.zoneFor(fqdn).values(fqdn),
      dump: live ? async () => await live.dump?.() : async () => dns.dump(),
    };
    return {
      world,
      async finish() {
        unwatch?.();
        running?.clear();
        await service?.close();
      },
    };
  }

  // One at a time, whatever the runner does: all cases share the server.
  let last: Promise<unknown> = Promise.resolve();
  function perform(one: Case): Promise<void> {
    const turn = last.then(() => play(one));
    last = turn.catch(() => undefined);
    return turn;
  }

  async function play(one: Case) {
    const { world, finish } = await build();
    const before = await world.dump();
    try {
      // The case said what it needs, and was chosen by what there is.
      await one.run(world as HttpWorld);
      checkAfter(world);
      if (one.leaves) return;
      const after = await world.dump();
      if (removes(world.traits)) assert.deepEqual(after, before, "records were left behind or lost");
      else assert.deepEqual(lost(before, after), [], "records were lost");
    } catch (error) {
      throw withTranscript(error, "scene" in world ? world.scene : undefined);
    } finally {
      await finish();
    }
  }

  return {
    used,
    perform,
    async close() {
      await last;
      await (await server)?.close();
      await (await backend)?.close?.();
      server = undefined;
      backend = undefined;
    },
  };
}

/** What must hold after every case. */
function checkAfter(world: World | HttpWorld) {
  if ("scene" in world && world.scene) assert.deepEqual(world.scene.complaints, [], "the fake API complains");
  assert.deepEqual(world.strayHosts, [], "requests went to hosts neither the endpoint's nor declared");
  for (const what of world.seen) assertNoSecret(what, world.secrets, what instanceof Error ? "an error" : "a log line");
}

function pathOf(endpoint: string | undefined): string {
  return endpoint === undefined ? "" : new URL(endpoint).pathname.replace(/\/$/, "");
}

function makeScene(
  definition: DefinedProvider<OptionsSchema>,
  spec: ConformanceSpec,
  dns: FakeDns,
  options: GivenOptions,
  used: Set<string>,
): Scene {
  const api = (typeof spec.api === "function" ? spec.api(dns) : spec.api) as FakeApi;
  const secrets = Object.values(definition.options).some((option) => option.secret);
  assert.ok(api.auth || !secrets, "the provider has secrets: its fake API needs `auth`");
  return {
    dns,
    routes: compileRoutes(api.routes),
    basePath: pathOf(definition.endpoint),
    authorized: (request) => api.auth === undefined || Boolean(api.auth(request, options as never, dns)),
    refuse(refusal, request) {
      const own = api.errors?.(refusal, request);
      return own === undefined ? plainRefusal(refusal) : toAnswer(own);
    },
    fault: undefined,
    respell: undefined,
    onRequest: undefined,
    onTimeout: undefined,
    transcript: [],
    complaints: [],
    made: 0,
    used,
    changing: 0,
    busiest: 0,
  };
}

/** The same error with the requests of the case below its message: the first thing an author wants to see. */
function withTranscript(error: unknown, scene: Scene | undefined): unknown {
  if (!(error instanceof Error) || scene === undefined) return error;
  const lines = scene.transcript.length > 20 ? ["…", ...scene.transcript.slice(-20)] : scene.transcript;
  const { message, stack } = error;
  error.message += `\nrequests of this case:\n  ${lines.join("\n  ") || "none"}`;
  // Runners that print the stack (node:test) have the message from there, as it was when the error was made.
  if (stack !== undefined) error.stack = stack.replace(message, () => error.message);
  return error;
}
