import { type CertificateSpec, type Parts, type Run, type ServeOptions, serve, type World } from "@certwright/core";
import { memoryStore, openJournal, type Store } from "@certwright/core/store";
import { createClock } from "./clock.ts";
import { type Figures, figuresOf, type Observed } from "./figures.ts";
import { type Member, membersOf, outageSpans, type Scenario, seededRandom } from "./scenario.ts";
import { createSimulatedCa } from "./simulated-ca.ts";
import { createSimulatedPool, type OrderAttempt, type Outage } from "./simulated-client.ts";

const hour = 3_600_000;
const day = 24 * hour;
const start = Date.UTC(2027, 0, 1);
/** Let's Encrypt, so that the limits known of it are the ones kept; nothing is sent there. */
const directoryUrl = "https://acme-v02.api.letsencrypt.org/directory";

/**
 * Lets the service keep a scenario's certificates on a simulated clock: its keepers, plan, pace, ledger, backoff and
 * renewal information are the real ones, over the store in memory. Only the CA is not, and what proves names to it.
 */
export async function simulate(scenario: Scenario, onDay: (day: number) => void = () => undefined): Promise<Figures> {
  const clock = createClock(start);
  const random = seededRandom(scenario.seed);
  const members = new Map(membersOf(scenario).map((member) => [member.name, member]));
  const memberOf = (name: string): Member => {
    const member = members.get(name);
    if (member === undefined) throw new Error(`the scenario has no ${name}`);
    return member;
  };
  const attempts: OrderAttempt[] = [];
  const observed = new Map([...members.keys()].map((name): [string, Observed] => [name, { issued: [] }]));
  const outageAt = outages(scenario);
  const pool = createSimulatedPool({
    ca: createSimulatedCa(),
    clock,
    random: seededRandom(scenario.seed + 1),
    directoryUrl,
    outageAt,
    lifeOf: (name) => memberOf(name).kind.lifeMs,
    domainOf: (name) => memberOf(name).domain,
    onOrder: (attempt) => attempts.push(attempt),
    onIssued: (name, issued) => observed.get(name)?.issued.push(issued),
  });
  const store = memoryStore();
  if (scenario.isImported === true) {
    for (const member of members.values()) await pool.certify(specOf(member), start - hour * random(), store);
  }
  const faults: unknown[] = [];
  const begin = async (): Promise<Serving> => {
    const controller = new AbortController();
    const run = await openSimulatedRun(store, clock, random, controller.signal);
    const ended = serve(serveOptions([...members.values()].map(specOf), faults), run, pool);
    ended.catch((error: unknown) => faults.push(error));
    return {
      stop: async (why) => {
        controller.abort(new Error(why));
        clock.end(controller.signal.reason);
        await ended;
      },
    };
  };
  let serving = await begin();
  const lifeHours = scenario.restartHours ?? Number.POSITIVE_INFINITY;
  let restarts = 1;
  for (let passed = 1; passed <= scenario.days; passed += 1) {
    for (; restarts * lifeHours < passed * 24; restarts += 1) {
      await clock.run(start + restarts * lifeHours * hour);
      await serving.stop("the service is restarted");
      serving = await begin();
    }
    await clock.run(start + passed * day);
    onDay(passed);
    if (faults.length > 0) throw new Error("the simulation went wrong", { cause: faults[0] });
  }
  await serving.stop("the simulation is over");
  return figuresOf({ scenario, members: [...members.values()], attempts, observed, start });
}

interface Serving {
  readonly stop: (why: string) => Promise<void>;
}

function serveOptions(specs: readonly CertificateSpec[], faults: unknown[]): ServeOptions {
  return {
    parallel: 4,
    // Twice a day is what Let's Encrypt asks for at least; each certificate wakes by itself when it is due.
    interval: 12 * hour,
    load: async () => specs,
    changed: (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true })),
    onLook: (result) => {
      if (result.outcome === "failed" && !isExpected(result.error)) faults.push(result.error);
    },
    onBadConfig: (error) => faults.push(error),
  };
}

function outages(scenario: Scenario): (now: number) => Outage | undefined {
  const spans = outageSpans(scenario, start);
  return (now) => {
    const down = spans.find(({ from, until }) => now >= from && now < until);
    if (down === undefined) return undefined;
    return now < (down.from + down.until) / 2 ? "unreachable" : "unavailable";
  };
}

async function openSimulatedRun(
  store: Store,
  { now, sleep }: Pick<World, "now" | "sleep">,
  random: () => number,
  signal: AbortSignal,
): Promise<Run> {
  const never = async (): Promise<never> => {
    throw new Error("the simulation does without");
  };
  const parts: Parts = {
    caAccess: never,
    dnsBinding: never,
    target: never,
    solver: async () => ({
      type: "http-01",
      label: "simulated",
      solves: () => true,
      present: never,
      cleanUp: never,
    }),
    // The key is the user's own, so that none has to be made for each of 40,000 orders.
    readFile: async () => new Uint8Array(),
  };
  const resolver: World["resolver"] = {
    query: async () => {
      throw new Error("the simulation has no DNS");
    },
  };
  const world: World = { now, sleep, random, signal, emit: () => undefined, resolver };
  return { store, journal: await openJournal(store, signal), parts, world };
}

function specOf({ name }: Member): CertificateSpec {
  return {
    name,
    identifiers: [{ type: "dns", value: name }],
    keyType: "ec256",
    reuseKey: false,
    csrFile: "simulated",
    cas: [{ directoryUrl }],
    challenges: [{ type: "http-01" }],
    dns: {},
    deploy: [],
  };
}

function isExpected(error: Error): boolean {
  return (
    "code" in error && /^(?:LIMIT_|ACME_UNREACHABLE|ACME_SERVER_INTERNAL|ACME_RATE_LIMITED)/.test(String(error.code))
  );
}
