import {
  type AcmeClient,
  AcmeProblem,
  type CaPool,
  type CertificateSpec,
  certificateId,
  type IssueJob,
  readX509,
} from "@certwright/core";
import { type AcmeAnswer, createOrder } from "@certwright/core/acme";
import { type CertificateMeta, type Store, saveCertificate } from "@certwright/core/store";
import { CertwrightError } from "@certwright/provider";
import { createTestCa, newKey } from "../test-ca.ts";
import type { SimulatedClock } from "./clock.ts";
import type { SimulatedCa } from "./simulated-ca.ts";

/** How the CA is out of reach at a moment. */
export type Outage = "unreachable" | "unavailable";

/** What the CA was asked. */
export interface OrderAttempt {
  readonly at: number;
  readonly certificate: string;
  /** `issued` or `replaced` for what was given; else why nothing was. */
  readonly outcome: "taken" | "limited" | Outage;
  /** Words of the limit that was hit. */
  readonly limit?: string;
}

export interface SimulatedPoolOptions {
  readonly ca: SimulatedCa;
  readonly clock: SimulatedClock;
  readonly random: () => number;
  readonly directoryUrl: string;
  readonly outageAt: (now: number) => Outage | undefined;
  /** Milliseconds a certificate of this name lives. */
  readonly lifeOf: (certificate: string) => number;
  readonly domainOf: (certificate: string) => string;
  readonly onOrder: (attempt: OrderAttempt) => void;
  readonly onIssued: (certificate: string, issued: { readonly at: number; readonly expires: number }) => void;
}

const base = "https://acme-v02.api.letsencrypt.org/";
const problemPrefix = "urn:ietf:params:acme:error:";
/** Let's Encrypt asks for renewal information every six hours. */
const renewalInfoPause = 6 * 3600;

/** The CAs of a service, and what they issued to others before. */
export interface SimulatedPool extends CaPool {
  /** Issues without an order, and stores it. `issued`: milliseconds since 1970. */
  certify(spec: CertificateSpec, issued: number, store: Store): Promise<CertificateMeta>;
}

/**
 * The CAs of a service, all of them one simulated CA. Ordering and renewal information go through the engine's own
 * protocol code; the proof of the names and the making of the key, which take their time and decide nothing, do not.
 */
export function createSimulatedPool(options: SimulatedPoolOptions): SimulatedPool {
  const { clock, directoryUrl } = options;
  const client = simulatedClient(options);
  const issuer = createTestCa("Simulated");
  // One key for all: what is certified is not looked at.
  const key = newKey("ecdsa");
  const authorityKeyIdentifier = readX509(issuer.issue({ names: ["a.test"], key }).leafPem).authorityKeyIdentifier;
  let serials = 0;
  // Orders whose run was stopped: the next one goes on with them.
  const open = new Set<string>();

  const certify: SimulatedPool["certify"] = async (spec, issued, store) => {
    serials += 1;
    const serial = `7F${serials.toString(16).toUpperCase().padStart(30, "0")}`;
    const expires = issued + options.lifeOf(spec.name);
    const [notBefore, notAfter] = [new Date(issued), new Date(expires)];
    const { leafPem } = issuer.issue({ names: [spec.name], key, notBefore, notAfter, serial });
    const certId = certificateId({ authorityKeyIdentifier, serial } as Parameters<typeof certificateId>[0]) ?? "";
    options.ca.issue(certId, { name: spec.name, issued, expires });
    options.onIssued(spec.name, { at: issued, expires });
    const about = { spec, leafPem, chainPem: "", directoryUrl, accountUrl: `${base}acme/acct/1` };
    return await clock.standStill(() => saveCertificate(store, { ...about, renewalInfo: { certId } }, issued));
  };

  const issue = async ({ spec, replaces, mayOrder, store, world }: IssueJob) => {
    if (!open.has(spec.name)) {
      await mayOrder?.();
      await createOrder(client, { identifiers: spec.identifiers, profile: spec.profile, replaces });
      open.add(spec.name);
    }
    // TXT records have to spread, and the CA has to look.
    await clock.sleep(20_000 + 40_000 * options.random(), world.signal);
    refuseInOutage(options);
    open.delete(spec.name);
    return await certify(spec, clock.now(), store);
  };
  const known = async () => client;
  return { client: known, existing: known, forget: () => undefined, issue, certify, close: async () => undefined };
}

function simulatedClient(options: SimulatedPoolOptions): AcmeClient {
  const { ca, clock, directoryUrl, random } = options;
  const never = (what: string) => (): never => {
    throw new Error(`the simulation has no ${what}`);
  };
  return {
    directoryUrl,
    accountUrl: `${base}acme/acct/1`,
    thumbprint: "",
    get signer(): never {
      return never("signer")();
    },
    time: { now: clock.now, random, sleep: clock.sleep },
    directory: async () => ({
      url: directoryUrl,
      newNonce: `${base}acme/new-nonce`,
      newAccount: `${base}acme/new-acct`,
      newOrder: `${base}acme/new-order`,
      renewalInfo: `${base}acme/renewal-info`,
      meta: { caaIdentities: ["letsencrypt.org"], externalAccountRequired: false, profiles: new Map() },
    }),
    get: async (url) => {
      refuseInOutage(options);
      const window = ca.window(url.slice(url.lastIndexOf("/") + 1));
      if (window === undefined) throw problem("malformed", "no such certificate", 404);
      const suggestedWindow = { start: iso(window.start), end: iso(window.end) };
      return answer(url, 200, { suggestedWindow }, renewalInfoPause);
    },
    postTo: async (_resource, payload) => answer(`${base}acme/new-order`, 201, takeOrder(payload, options)),
    post: never("signed request"),
    postAsGet: never("signed request"),
    clockAhead: async () => 0,
    wait: never("waiting"),
    withAccount: never("other account"),
    withKey: never("other key"),
    close: () => undefined,
  };
}

function takeOrder(payload: unknown, options: SimulatedPoolOptions): object {
  const { identifiers, replaces } = payload as { identifiers: { value: string }[]; replaces?: string };
  const name = identifiers[0]?.value ?? "";
  const at = options.clock.now();
  const outage = options.outageAt(at);
  if (outage !== undefined) options.onOrder({ at, certificate: name, outcome: outage });
  refuseInOutage(options);
  const verdict = options.ca.order({ at, name, domain: options.domainOf(name), replaces });
  if (!verdict.taken && verdict.replaced) throw problem("alreadyReplaced", "it was replaced before", 409);
  if (!verdict.taken) {
    options.onOrder({ at, certificate: name, outcome: "limited", limit: verdict.limit });
    throw problem("rateLimited", `too many: ${verdict.limit}`, 429, verdict.retryAfter);
  }
  options.onOrder({ at, certificate: name, outcome: "taken" });
  return {
    status: "ready",
    identifiers,
    authorizations: [`${base}acme/authz/1`],
    finalize: `${base}acme/finalize/1`,
    ...(replaces === undefined ? {} : { replaces }),
  };
}

function refuseInOutage({ outageAt, clock }: SimulatedPoolOptions): void {
  const outage = outageAt(clock.now());
  if (outage === undefined) return;
  if (outage === "unavailable") throw problem("serverInternal", "The service is down for maintenance", 503, 3600);
  throw new CertwrightError("ACME_UNREACHABLE", "the CA cannot be reached", { retryable: true });
}

function answer(url: string, status: number, body: object, retryAfter?: number): AcmeAnswer {
  const json = () => body as ReturnType<AcmeAnswer["json"]>;
  return { url, status, text: "", json, location: () => `${base}acme/order/1`, retryAfter, links: [] };
}

function problem(type: string, detail: string, status: number, retryAfter?: number): AcmeProblem {
  const document = { type: problemPrefix + type, detail, status, subproblems: [] };
  return new AcmeProblem(document, { url: base, ...(retryAfter === undefined ? {} : { retryAfter }) });
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
