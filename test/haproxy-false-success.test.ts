import { parseNode, push } from "@certwright/haproxy";
import { freePort, startBind, startHaproxy, startPebble } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { acmeConfig, inMemory, placeholder, startNode, until, zone, zones } from "./haproxy-acme-fixture.ts";
import { ca, defaults, expectNothingOpen, pemOf, pushTo, serialOf, served, watching } from "./haproxy-fixture.ts";
import { startProxy } from "./socket-proxy.ts";

/* HAProxy says "Success!", and clients see nothing of it. The worker a reload replaced is in the interference tests. */

const config = `${defaults}
frontend site
    bind 127.0.0.1:<port:site> ssl crt <dir>/first.pem crt <dir>/second.pem
    http-request return status 200
`;

test.each(["3.2", "2.6"] as const)("HAProxy %s: another certificate there has the same name", async (version) => {
  const [first, second, renewed] = [1, 2, 3].map(() => ca.issue({ names: ["site.test"] }));
  if (!first || !second || !renewed) throw new Error("no certificates");
  const files = { "first.pem": first.pem, "second.pem": second.pem };
  await using haproxy = await startHaproxy({ version, config, files });
  // Which of the two is served is HAProxy's choice; the push goes to the other.
  const isFirst = (await served(haproxy.ports.site, "site.test")) === first.fingerprint256;
  const [shown, hidden] = isFirst ? ["first.pem", "second.pem"] : ["second.pem", "first.pem"];
  const request = { pem: pemOf(renewed), certificate: `${haproxy.dir}/${hidden}` };
  const point = { host: "127.0.0.1", port: haproxy.ports.site ?? 0, sni: "site.test" };

  await expect(pushTo(haproxy, { ...request, verify: { handshake: [point] } })).rejects.toMatchObject({
    code: "HAPROXY_NOT_SERVED",
    hint: expect.stringContaining("Another certificate there answers the same name"),
  });
  expect(await served(haproxy.ports.site, "site.test")).toBe((isFirst ? first : second).fingerprint256);
  await expectNothingOpen(haproxy);

  // HAProxy 2.6 does not tell which certificate answers a name; there only a handshake shows it.
  if (version === "2.6") return;
  const again = ca.issue({ names: ["site.test"] });
  const done = await pushTo(haproxy, { ...request, pem: pemOf(again) });
  expect(done).toMatchObject({
    action: "updated",
    served: false,
    warnings: [expect.stringMatching(new RegExp(`${shown} answers site\\.test on .*may be served instead`))],
  });
});

test("HAProxy's own ACME client replaces the certificate between our set and our commit", { timeout: 60_000 }, async () => {
  await using dns = await startBind({ zones });
  const httpPort = await freePort();
  await using pebble = await startPebble({ dnsServer: dns.address, httpPort });
  await using haproxy = await startNode(
    acmeConfig(
      { ca: pebble, dns },
      `frontend http
    bind 127.0.0.1:${httpPort}
    http-request return status 200 content-type text/plain lf-string "%[path,field(-1,/)].%[path,field(-1,/),map(virt@acme)]\\n" if { path_beg /.well-known/acme-challenge/ }
frontend https
    bind 127.0.0.1:<port:tls> ssl
    ssl-f-use crt <dir>/www.pem acme LE domains "www.${zone}"`,
      { challenge: "http-01", section: "map virt@acme" },
    ),
    ["www.pem"],
  );
  const name = `${haproxy.dir}/www.pem`;
  const former = await inMemory(haproxy, name);
  let held = 0;
  await using _ = await startProxy(haproxy.adminSocket, `${haproxy.dir}/p.sock`, () => ({
    fromClient: async (chunk) => {
      if (held > 0 || !chunk.includes("commit ssl cert")) return { pass: chunk };
      held += 1;
      const at = chunk.indexOf("commit ssl cert");
      return { pass: chunk.subarray(0, at), then: { after: obtained, pass: chunk.subarray(at) } };
    },
  }));
  const obtained = () => until("HAProxy has obtained one", async () => (await inMemory(haproxy, name)) !== former);
  const ours = ca.issue({ names: [...placeholder.names, `www.${zone}`] });
  const context = watching();
  const done = await push(parseNode(`${haproxy.dir}/p.sock`), { pem: pemOf(ours), certificate: name }, context);
  expect(held).toBe(1);
  expect(context.events.filter(({ type }) => type === "retrying")).toMatchObject([
    { reason: expect.stringContaining("reported success") },
  ]);
  expect(done).toMatchObject({ action: "updated", served: true });
  expect(await serialOf(haproxy, name)).toBe(ours.serial);
  expect(await served(haproxy.ports.tls, `www.${zone}`)).toBe(ours.fingerprint256);
  await expectNothingOpen(haproxy);
});
