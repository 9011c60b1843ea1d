import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { type ConnectionOptions, connect } from "node:tls";
import { type HaproxyEvent, type PushContext, type PushRequest, parseNode, push } from "@certwright/haproxy";
import type { Haproxy } from "@certwright/tools/servers";
import { createTestCa, type TestCertificate } from "@certwright/tools/test-ca";
import { expect } from "vitest";
import { patience } from "./cli-process.ts";

/** What the end-to-end tests of the HAProxy package share. */

export const ca = createTestCa("HAProxy");

export const defaults = `
defaults
    mode http
    timeout client 1m
    timeout connect 1m
    timeout server 1m
`;

export const pemOf = (certificate: TestCertificate) => ({ key: certificate.keyPem, chain: certificate.fullchainPem });

/** Limits of a push that end what hangs and judge nothing: what is looked at is not how quick a busy machine is. */
export const endless = {
  busyTimeout: patience,
  staleAfter: patience,
  connectTimeout: patience,
  handshakeTimeout: patience,
  settleTimeout: patience,
};

/** Keeps every event, so that a test can say what happened. */
export function watching(limits: PushContext["limits"] = {}): PushContext & { readonly events: HaproxyEvent[] } {
  const events: HaproxyEvent[] = [];
  return {
    events,
    limits: { ...endless, ...limits },
    signal: AbortSignal.timeout(patience),
    now: Date.now,
    onEvent: (event) => events.push(event),
  };
}

/** A push to the admin socket. */
export function pushTo(haproxy: Haproxy, request: PushRequest, context: PushContext = watching()) {
  return push(parseNode(haproxy.adminSocket), request, context);
}

/** What a client sees: by Node's own TLS, and not by the code under test. */
export function served(port: number | undefined, sni: string, tls: ConnectionOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: "127.0.0.1",
      port: port ?? 0,
      servername: sni,
      rejectUnauthorized: false,
      ...tls,
    });
    socket.setTimeout(patience, () => socket.destroy(new Error("no handshake")));
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      resolve(socket.getPeerCertificate().fingerprint256.replaceAll(":", "").toLowerCase());
      socket.destroy();
    });
  });
}

/** Everything a failed push must not leave behind in HAProxy. */
export async function expectNothingOpen(haproxy: Haproxy): Promise<void> {
  const listing = await haproxy.command("show ssl cert");
  expect(listing).not.toContain("# transaction");
  expect(listing).not.toContain("certwright.lock");
}

/** Serial of a certificate in memory. */
export async function serialOf(haproxy: Haproxy, name: string): Promise<string | undefined> {
  // While somebody else's change is being made, HAProxy shows nothing.
  for (let attempt = 0; attempt < 200; attempt++) {
    const text = await haproxy.command(`show ssl cert ${name}`);
    if (!text.includes("currently locked")) return /^Serial: 0*([0-9A-F]+)$/m.exec(text)?.[1];
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("certificates stayed locked");
}

export async function contentOf(path: string): Promise<string | undefined> {
  return existsSync(path) ? readFile(path, "utf8") : undefined;
}
