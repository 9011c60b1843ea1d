import type { CertwrightEvent } from "@certwright/core";

const certificate = "example.test";
const identifier = { type: "dns", value: "example.test" } as const;
const record = { name: "_acme-challenge.example.test", value: "4Zgq", zone: "example.test", provider: "rfc2136" };
const challenge = { certificate, identifier, challenge: "dns-01" as const };
const wait = (elapsedMs: number, second: string): CertwrightEvent => ({
  type: "propagation.waiting",
  name: record.name,
  value: record.value,
  elapsedMs,
  servers: [
    { server: "ns1 (192.0.2.1)", state: "seen", detail: "" },
    { server: "ns2 (192.0.2.2)", state: second, detail: second === "timeout" ? "no answer in 1.5 s" : "" },
  ],
});

/** An issuance as the engine tells it, with a deployment that fails; what reporters are tested with. */
export const issuanceEvents: readonly CertwrightEvent[] = [
  { type: "run.started", certificates: [certificate] },
  {
    type: "certificate.started",
    certificate,
    identifiers: ["example.test", "*.example.test"],
    ca: "letsencrypt",
    reason: "not issued yet",
  },
  { type: "acme.request", method: "POST", url: "https://ca.test/new-order", status: 201, ms: 12 },
  { type: "account.created", ca: "letsencrypt", account: "https://ca.test/acct/1" },
  { type: "order.created", certificate, order: "https://ca.test/order/1", status: "pending" },
  { type: "challenge.chosen", ...challenge, solver: "dns-01 (rfc2136)" },
  { type: "txt.adding", records: [record] },
  { type: "txt.added", records: [record] },
  wait(200, "absent"),
  wait(900, "absent"),
  wait(31_500, "absent"),
  wait(33_000, "timeout"),
  { type: "propagation.seen", name: record.name, value: record.value, elapsedMs: 34_000 },
  { type: "challenge.answered", ...challenge },
  { type: "authorization.valid", certificate, identifier, reused: false },
  {
    type: "provider.request",
    provider: "rfc2136",
    method: "POST",
    url: "https://dns.test/records",
    status: 201,
    tries: 1,
    ms: 40,
  },
  { type: "txt.removed", records: [record] },
  { type: "order.ready", certificate, order: "https://ca.test/order/1" },
  { type: "order.finalized", certificate, order: "https://ca.test/order/1" },
  { type: "certificate.downloaded", certificate, issuer: "Test CA", chain: 2 },
  {
    type: "certificate.stored",
    certificate,
    generation: 1,
    notAfter: "2027-02-21T12:00:00.000Z",
    serial: "01",
    path: "/state/example.test",
  },
  { type: "deploy.started", certificate, target: "haproxy:/run/a.sock" },
  { type: "deploy.step", certificate, target: "haproxy:/run/a.sock", step: "connect" },
  {
    type: "deploy.failed",
    certificate,
    target: "haproxy:/run/a.sock",
    code: "HAPROXY_SOCKET_MISSING",
    message: "no socket\nthere",
    hint: "Is HAProxy running?",
  },
  { type: "run.finished", issued: 1, deployed: 0, skipped: 0, failed: 0, notDeployed: 1 },
];
