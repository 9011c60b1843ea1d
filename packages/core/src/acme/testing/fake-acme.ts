import { createHash, createPublicKey, randomBytes, verify } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { FakeCa, type FakeReply, type FakeResource, problem } from "./fake-ca.ts";
import { selfSigned } from "./fake-certificates.ts";

/** What a fault does to one request: another answer, or none. */
export type Fault =
  | ((reply: FakeReply) => FakeReply)
  /** Cut the connection before the request is carried out. */
  | "drop"
  /** Carry the request out, then cut the connection without an answer. */
  | "lose"
  /** Send the head and half of the body, then cut the connection. */
  | "truncate"
  /** Send the head, then nothing, until the test ends. */
  | "stall";

/** One request as it came in. */
export interface FakeRequest {
  readonly method: string;
  readonly resource: FakeResource | "unknown";
  readonly path: string;
  readonly nonce: string | undefined;
  readonly payload: unknown;
}

/** A small ACME server over TLS on 127.0.0.1 that checks every rule it can and does wrong what a test asks for. */
export interface FakeAcme {
  readonly directoryUrl: string;
  readonly origin: string;
  readonly caPem: string;
  readonly ca: FakeCa;
  readonly requests: readonly FakeRequest[];
  /** `POST newOrder` and so on, in order. */
  trace(): readonly string[];
  /** How many TLS connections were opened so far. */
  connections(): number;
  /** Faults for the next requests to a resource, one each. `undefined` lets one pass. */
  fault(resource: FakeResource, ...faults: readonly (Fault | undefined)[]): void;
  /** The same fault for every request to a resource. */
  faultAlways(resource: FakeResource, fault: Fault): void;
  /** Stops. Throws where the client broke a rule, or where a fault was never met. */
  close(): Promise<void>;
}

interface Jws {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}

/** Starts a fake CA with nothing wrong with it yet. */
export async function startFakeAcme(): Promise<FakeAcme> {
  const endpoint = await selfSigned(["127.0.0.1", "localhost"]);
  const requests: FakeRequest[] = [];
  const violations: string[] = [];
  const faults = new Map<FakeResource, (Fault | undefined)[]>();
  const standing = new Map<FakeResource, Fault>();
  const fresh = new Set<string>();
  const used = new Set<string>();
  const newNonce = (): string => {
    const nonce = randomBytes(12).toString("base64url");
    fresh.add(nonce);
    return nonce;
  };

  const server = createTlsServer({ cert: endpoint.certificate, key: endpoint.key }, (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      void serve(
        incoming.method ?? "",
        incoming.url ?? "",
        incoming.headers,
        Buffer.concat(chunks).toString(),
        outgoing,
      ).catch((error) => {
        violations.push(String(error));
        outgoing.destroy();
      });
    });
  });
  let connections = 0;
  server.on("secureConnection", () => connections++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ca = await FakeCa.create(origin);

  const serve = async (
    method: string,
    path: string,
    headers: Readonly<Record<string, unknown>>,
    body: string,
    outgoing: ServerResponse,
  ): Promise<void> => {
    const resource = ca.resourceOf(path);
    if (resource === undefined) violations.push(`${method} ${path}: no such resource`);
    if (headers["user-agent"] === undefined) violations.push(`${method} ${path}: no User-Agent`);
    let payload: unknown;
    let nonce: string | undefined;
    let reply: FakeReply | undefined;
    let account: string | undefined;
    let jwk: Record<string, string> | undefined;
    if (method === "POST") {
      if (headers["content-type"] !== "application/jose+json") violations.push(`${path}: wrong Content-Type`);
      const jws = JSON.parse(body) as Jws;
      const header = JSON.parse(decode(jws.protected)) as {
        alg: string;
        url: string;
        nonce: string;
        kid?: string;
        jwk?: Record<string, string>;
      };
      payload = jws.payload === "" ? undefined : JSON.parse(decode(jws.payload));
      nonce = header.nonce;
      jwk = header.jwk;
      account = header.kid;
      if (header.url !== origin + path) violations.push(`${path}: signed for ${header.url}`);
      const key = header.jwk ?? ca.accountKey(header.kid ?? "");
      if (key === undefined) reply = problem(400, "accountDoesNotExist", "no such account");
      else if (!isSigned(jws, key, header.alg)) violations.push(`${path}: wrong signature`);
      if (used.has(nonce)) violations.push(`${path}: nonce used twice`);
      if (!fresh.delete(nonce)) reply = problem(400, "badNonce", "unknown nonce");
      used.add(nonce);
    }
    requests.push({ method, resource: resource ?? "unknown", path, nonce, payload });
    const fault = resource === undefined ? undefined : (faults.get(resource)?.shift() ?? standing.get(resource));
    if (fault === "drop") return void outgoing.destroy();
    reply ??=
      resource === undefined
        ? problem(404, "malformed", "no such resource")
        : await ca.handle({ method, path, resource, payload, account, jwk });
    if (fault === "lose") return void outgoing.destroy();
    if (typeof fault === "function") reply = fault(reply);
    if (method !== "GET" && reply.headers["Replay-Nonce"] === undefined)
      reply = { ...reply, headers: { ...reply.headers, "Replay-Nonce": newNonce() } };
    if (reply.headers["Replay-Nonce"] === "") fresh.delete("");
    outgoing.writeHead(reply.status, { ...reply.headers, "Content-Length": Buffer.byteLength(reply.body) });
    if (fault === "stall") return void outgoing.write(reply.body.slice(0, 1));
    if (fault === "truncate")
      return void outgoing.write(reply.body.slice(0, reply.body.length / 2), () => outgoing.destroy());
    outgoing.end(method === "HEAD" ? undefined : reply.body);
  };

  return {
    directoryUrl: `${origin}/dir`,
    origin,
    caPem: endpoint.certificate,
    ca,
    requests,
    connections: () => connections,
    trace: () => requests.map(({ method, resource }) => `${method} ${resource}`),
    fault: (resource, ...more) => void faults.set(resource, [...(faults.get(resource) ?? []), ...more]),
    faultAlways: (resource, fault) => void standing.set(resource, fault),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      const unmet = [...faults]
        .filter(([, left]) => left.some((each) => each !== undefined))
        .map(([resource]) => `unmet fault at ${resource}`);
      const wrong = [...violations, ...unmet];
      if (wrong.length > 0) throw new Error(`fake CA: ${wrong.join("; ")}`);
    },
  };
}

/** A plain HTTP server on 127.0.0.1, for what is not TLS or not ACME. */
export async function startPlainHttp(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((_, outgoing) => void outgoing.end("plain"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function decode(text: string): string {
  return Buffer.from(text, "base64url").toString();
}

/** Checks a JWS made with ES256, ES384 or RS256. */
export function isSigned(jws: Jws, jwk: Readonly<Record<string, string>>, alg: string): boolean {
  const key = createPublicKey({ key: { ...jwk }, format: "jwk" });
  const hash = alg === "ES384" ? "sha384" : "sha256";
  const data = Buffer.from(`${jws.protected}.${jws.payload}`);
  return verify(
    hash,
    data,
    alg === "RS256" ? key : { key, dsaEncoding: "ieee-p1363" },
    Buffer.from(jws.signature, "base64url"),
  );
}

/** RFC 7638 for EC keys, written apart from the code under test. */
export function ecThumbprint({ crv, kty, x, y }: Readonly<Record<string, string>>): string {
  return createHash("sha256").update(`{"crv":"${crv}","kty":"${kty}","x":"${x}","y":"${y}"}`).digest("base64url");
}
