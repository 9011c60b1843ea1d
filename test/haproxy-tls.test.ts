import { parseNode, push } from "@certwright/haproxy";
import { type Haproxy, startHaproxy } from "@certwright/tools/servers";
import { createTestCa } from "@certwright/tools/test-ca";
import { describe, expect, test } from "vitest";
import { ca, contentOf, defaults, expectNothingOpen, pemOf, served, watching } from "./haproxy-fixture.ts";

const config = `
global
    stats socket ipv4@127.0.0.1:<port:plain> level admin
    stats timeout 2m
${defaults}
listen runtime-api
    mode tcp
    bind 127.0.0.1:<port:api> ssl crt <dir>/api/server.pem ca-file <dir>/api/ca.pem verify required
    timeout client 2m
    timeout server 2m
    server local unix@<dir>/admin.sock
frontend site
    bind 127.0.0.1:<port:site> ssl crt <dir>/site.pem
    http-request return status 200
`;
const site = ca.issue({ names: ["site.test"] });
const api = ca.issue({ names: ["127.0.0.1", "lb1.test"] });
const client = ca.issue({ names: ["deployer"] });
const stranger = createTestCa("Stranger").issue({ names: ["deployer"] });
const files = {
  "site.pem": site.pem,
  "api/server.pem": api.pem,
  "api/ca.pem": ca.rootPem,
  "client.pem": client.fullchainPem,
  "client.key": client.keyPem,
  "stranger.pem": stranger.fullchainPem,
  "stranger.key": stranger.keyPem,
  "other-ca.pem": createTestCa("Other").rootPem,
};

function address({ dir, ports }: Haproxy, changes: Record<string, string> = {}): string {
  const parameters = { ca: `${dir}/api/ca.pem`, cert: `${dir}/client.pem`, key: `${dir}/client.key`, ...changes };
  return `tls://127.0.0.1:${ports.api}?${new URLSearchParams(parameters)}`;
}

describe.each(["3.2", "2.6"] as const)("HAProxy %s", (version) => {
  test("a push over client-authenticated TLS, to files said to be here", async () => {
    await using haproxy = await startHaproxy({ version, config, files });
    const certificate = `${haproxy.dir}/site.pem`;
    for (const changes of [{}, { servername: "lb1.test" }]) {
      const renewed = ca.issue({ names: ["site.test"] });
      const remote = await push(parseNode(address(haproxy, changes)), { pem: pemOf(renewed), certificate }, watching());
      expect(remote).toMatchObject({ action: "updated", served: true, files: [] });
      expect(remote.warnings).toEqual([expect.stringContaining("the node's files are on another machine")]);
      expect(await served(haproxy.ports.site, "site.test")).toBe(renewed.fingerprint256);
      expect(await contentOf(certificate)).toBe(site.pem);
    }
    const renewed = ca.issue({ names: ["site.test"] });
    const disk = { map: [{ haproxy: haproxy.dir, local: haproxy.dir }] };
    await push(parseNode(address(haproxy)), { pem: pemOf(renewed), certificate, disk }, watching());
    expect(await contentOf(certificate)).toBe(renewed.pem);
    await expectNothingOpen(haproxy);
  });

  test("a client or a server that cannot prove itself", async () => {
    await using haproxy = await startHaproxy({ version, config, files });
    const { dir } = haproxy;
    for (const changes of [
      { cert: `${dir}/stranger.pem`, key: `${dir}/stranger.key` },
      { ca: `${dir}/other-ca.pem` },
      { servername: "lb2.test" },
      { key: `${dir}/stranger.key` },
      { ca: `${dir}/absent.pem` },
    ]) {
      const request = { pem: pemOf(ca.issue({ names: ["site.test"] })), certificate: `${dir}/site.pem` };
      const pushed = push(parseNode(address(haproxy, changes as Record<string, string>)), request, watching());
      await expect(pushed).rejects.toMatchObject({ code: "HAPROXY_TLS", hint: expect.any(String) });
    }
    expect(await served(haproxy.ports.site, "site.test")).toBe(site.fingerprint256);
  });

  test("a plain port of this machine is allowed, and is not mistaken for TLS", async () => {
    await using haproxy = await startHaproxy({ version, config, files });
    const { dir, ports } = haproxy;
    const request = { pem: pemOf(ca.issue({ names: ["site.test"] })), certificate: `${dir}/site.pem` };
    const plain = parseNode(`tcp://127.0.0.1:${ports.plain}`);
    expect(await push(plain, request, watching())).toMatchObject({ action: "updated", served: true });
    const mistaken = parseNode(address(haproxy).replace(`:${ports.api}`, `:${ports.plain}`));
    await expect(push(mistaken, request, watching({ connectTimeout: 2_000 }))).rejects.toMatchObject({
      code: expect.stringMatching(/^HAPROXY_(TLS|UNREACHABLE|TIMEOUT)$/),
    });
  });
});
