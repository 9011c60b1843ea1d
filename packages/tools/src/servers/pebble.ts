import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { createTestCa } from "../test-ca.ts";
import { freePort } from "./free-port.ts";
import { ensureServers } from "./install.ts";
import { type RunningServer, startServer } from "./running.ts";

import { makeTempDir } from "./temp-dir.ts";

export interface PebbleOptions {
  /** `host:port` of the DNS server validation asks. */
  readonly dnsServer: string;
  /** Port Pebble connects to for http-01; default: a free one nobody listens on. */
  readonly httpPort?: number;
  /** Port Pebble connects to for tls-alpn-01; default: a free one nobody listens on. */
  readonly tlsPort?: number;
  /** Pebble's own strict mode; default true. */
  readonly strict?: boolean;
  /** Percent of good nonces refused; default 0. */
  readonly nonceReject?: number;
  /** Longest random sleep before a validation, in seconds; 0 (default) is no sleep at all. */
  readonly vaSleep?: number;
  /** Percent of valid authorizations used again; default 0, by which Pebble still takes one in a hundred. */
  readonly authzReuse?: number;
  /** Demand external account binding. A new key is made. */
  readonly eab?: boolean;
  /** Profiles and the seconds their certificates live; default `{ default: 90 days, shortlived: 6 days }`. */
  readonly profiles?: Readonly<Record<string, number>>;
  /** Number of alternate roots, each with a chain of its own; default 0. */
  readonly alternateRoots?: number;
  /** Number of intermediate certificates; default 1. */
  readonly chainLength?: number;
  /** Seconds of Retry-After Pebble sends; default 1 and 1. */
  readonly retryAfter?: { readonly authz: number; readonly order: number };
  /** Names (and names below them) refused with `rejectedIdentifier`. */
  readonly domainBlocklist?: readonly string[];
}

/** One request as Pebble's log shows it. */
export interface AcmeRequest {
  readonly method: string;
  readonly path: string;
}

export interface Pebble extends RunningServer {
  /** `https://127.0.0.1:port/dir`. */
  readonly directoryUrl: string;
  /** PEM file to trust when talking to `directoryUrl` and `managementUrl`. */
  readonly caFile: string;
  readonly managementUrl: string;
  readonly httpPort: number;
  readonly tlsPort: number;
  /** Present when `eab` was asked for; `hmacKey` is base64url. */
  readonly eab?: { readonly kid: string; readonly hmacKey: string };
  /** The roots Pebble issues under in this run (PEM), the default one first. */
  roots(): Promise<string[]>;
  /** Every ACME request so far, in order. Requests to the management port are not among them. */
  requests(): Promise<AcmeRequest[]>;
  /** What Pebble shall answer when asked for the renewal info of a leaf (PEM) from now on, right or wrong: JSON, or any text. */
  setRenewalInfo(leafPem: string, answer: object | string): Promise<void>;
  /** What Pebble knows of a certificate, by hexadecimal serial; undefined when it never issued it. */
  certificateStatus(serial: string): Promise<{ readonly status: string; readonly reason?: number } | undefined>;
}

/** Starts Pebble, the ACME test CA of RFC 8555's authors at Let's Encrypt. */
export async function startPebble(options: PebbleOptions): Promise<Pebble> {
  const { dir: root } = await ensureServers("demo");
  const dir = await makeTempDir("pebble");
  const port = await freePort();
  const managementPort = await freePort();
  const { httpPort = await freePort(), tlsPort = await freePort(), alternateRoots = 0, vaSleep = 0 } = options;
  const { profiles = { default: 90 * 86_400, shortlived: 6 * 86_400 } } = options;
  const ca = createTestCa("Pebble endpoint");
  const endpoint = ca.issue({ names: ["localhost", "127.0.0.1", "::1"] });
  const caFile = join(dir, "ca.pem");
  await writeFile(caFile, ca.rootPem);
  await writeFile(join(dir, "endpoint.pem"), endpoint.fullchainPem);
  await writeFile(join(dir, "endpoint.key"), endpoint.keyPem, { mode: 0o600 });
  const eab = options.eab ? { kid: "certwright-test", hmacKey: randomBytes(32).toString("base64url") } : undefined;
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${managementPort}`,
    certificate: join(dir, "endpoint.pem"),
    privateKey: join(dir, "endpoint.key"),
    httpPort,
    tlsPort,
    ocspResponderURL: "",
    externalAccountBindingRequired: eab !== undefined,
    externalAccountMACKeys: eab ? { [eab.kid]: eab.hmacKey } : {},
    domainBlocklist: options.domainBlocklist ?? [],
    retryAfter: options.retryAfter ?? { authz: 1, order: 1 },
    keyAlgorithm: "ecdsa",
    profiles: Object.fromEntries(
      Object.entries(profiles).map(([name, seconds]) => [name, { description: name, validityPeriod: seconds }]),
    ),
  };
  await writeFile(join(dir, "pebble.json"), JSON.stringify({ pebble }), { mode: 0o600 });
  const managementUrl = `https://127.0.0.1:${managementPort}`;
  const get = (url: string) => httpsRequest(url, ca.rootPem);
  const directoryUrl = `https://127.0.0.1:${port}/dir`;
  let asked = 0; // our own readiness questions, to be left out of requests()
  const server = await startServer({
    name: "Pebble",
    dir,
    command: [
      join(root, "usr/bin/pebble"),
      ...["-config", join(dir, "pebble.json"), "-dnsserver", options.dnsServer],
      `-strict=${options.strict ?? true}`,
    ],
    env: {
      PEBBLE_WFE_NONCEREJECT: String(options.nonceReject ?? 0),
      PEBBLE_AUTHZREUSE: String(options.authzReuse ?? 0),
      PEBBLE_ALTERNATE_ROOTS: String(alternateRoots),
      PEBBLE_CHAIN_LENGTH: String(options.chainLength ?? 1),
      ...(vaSleep > 0 ? { PEBBLE_VA_SLEEPTIME: String(vaSleep) } : { PEBBLE_VA_NOSLEEP: "1" }),
    },
    ready: async () => {
      await get(`${managementUrl}/roots/0`);
      const { status } = await get(directoryUrl);
      if (status === 200) asked++;
      return status === 200;
    },
  });
  return {
    ...server,
    directoryUrl,
    caFile,
    managementUrl,
    httpPort,
    tlsPort,
    ...(eab && { eab }),
    roots: async () => {
      const numbers = Array.from({ length: alternateRoots + 1 }, (_, index) => index);
      return Promise.all(numbers.map(async (number) => (await get(`${managementUrl}/roots/${number}`)).body));
    },
    requests: async () => {
      await get(`${managementUrl}/roots/0`); // by the time it is answered, all log lines written before have come in
      return parseRequests(server.logs()).slice(asked);
    },
    setRenewalInfo: async (leafPem, answer) => {
      const text = typeof answer === "string" ? answer : JSON.stringify(answer);
      const body = JSON.stringify({ Certificate: leafPem, ARIResponse: text });
      const { status, body: said } = await httpsRequest(`${managementUrl}/set-renewal-info/`, ca.rootPem, body);
      if (status !== 200) throw new Error(`Pebble did not take the renewal info: ${status} ${said}`);
    },
    certificateStatus: async (serial) => {
      const { status, body } = await get(`${managementUrl}/cert-status-by-serial/${serial.toLowerCase()}`);
      if (status !== 200) return undefined;
      const { Status, Reason } = JSON.parse(body) as { Status: string; Reason?: number };
      return { status: Status, ...(Reason !== undefined && { reason: Reason }) };
    },
  };
}

function parseRequests(log: string): AcmeRequest[] {
  const lines = log.matchAll(/ (GET|HEAD|POST) (\/\S*) -> calling handler\(\)/g);
  return [...lines].map(([, method = "", path = ""]) => ({ method, path }));
}

/** GET, or POST where there is something to send. */
function httpsRequest(url: string, ca: string, sent?: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    // Pebble in strict mode refuses a request without User-Agent, as RFC 8555 section 6.1 has it.
    const headers = { "User-Agent": "certwright-tools" };
    const method = sent === undefined ? "GET" : "POST";
    const options = { method, ca, headers, agent: false, signal: AbortSignal.timeout(30_000) };
    const outgoing = request(url, options, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body += text;
      });
      response.once("end", () => resolve({ status: response.statusCode ?? 0, body }));
      response.once("error", reject);
    });
    outgoing.once("error", reject);
    outgoing.end(sent);
  });
}
