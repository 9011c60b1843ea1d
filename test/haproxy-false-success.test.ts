import { parseNode, push, pushMany } from "@certwright/haproxy";
import { startHaproxy } from "@certwright/tools/servers";
import { expect, test } from "vitest";
import { ca, contentOf, defaults, expectNothingOpen, pemOf, pushTo, served, watching } from "./haproxy-fixture.ts";
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
  const told = expect.stringMatching(new RegExp(`${shown} answers site\\.test on .*may be served instead`));
  expect(done).toMatchObject({
    action: "updated",
    served: false,
    warnings: [told],
  });
  const many = [{ ...request, pem: pemOf(ca.issue({ names: ["site.test"] })) }];
  const summary = await pushMany(parseNode(haproxy.adminSocket), many, watching());
  expect(summary).toMatchObject({ updated: 1, warnings: [told] });
});

// What really does this is HAProxy's own ACME client, when it replaces the certificate between set and commit; but after it
// HAProxy 3.2.26 may crash at any moment, so here the commit becomes an abort on its way, and its answer what was seen then.
test.each(["3.2", "2.6"] as const)("HAProxy %s: success for a commit that changed nothing", async (version) => {
  const files = {
    "first.pem": ca.issue({ names: ["site.test"] }).pem,
    "second.pem": ca.issue({ names: ["b.test"] }).pem,
  };
  await using haproxy = await startHaproxy({ version, config, files });
  const certificate = `${haproxy.dir}/first.pem`;
  let turned = 0;
  await using _ = await startProxy(haproxy.adminSocket, `${haproxy.dir}/p.sock`, () => ({
    fromClient: (chunk) => {
      if (turned > 0 || !chunk.includes("commit ssl cert")) return { pass: chunk };
      turned += 1;
      return { pass: Buffer.from(chunk.toString("latin1").replace("commit ssl cert", "abort ssl cert"), "latin1") };
    },
    fromServer: (chunk) => {
      const said = `Transaction aborted for certificate '${certificate}'!`;
      return {
        pass: Buffer.from(chunk.toString("latin1").replace(said, `Committing ${certificate}\nSuccess!`), "latin1"),
      };
    },
  }));
  const renewed = ca.issue({ names: ["site.test"] });
  const context = watching();
  const done = await push(parseNode(`${haproxy.dir}/p.sock`), { pem: pemOf(renewed), certificate }, context);
  expect(turned).toBe(1);
  expect(context.events.filter(({ type }) => type === "retrying")).toMatchObject([
    { reason: expect.stringContaining("reported success") },
  ]);
  expect(done).toMatchObject({ action: "updated", instances: 1, served: true });
  expect(await served(haproxy.ports.site, "site.test")).toBe(renewed.fingerprint256);
  await expectNothingOpen(haproxy);

  // A certificate that keeps doing this fails in the end, and nothing of it stays.
  turned = Number.NEGATIVE_INFINITY;
  const again = ca.issue({ names: ["site.test"] });
  const node = parseNode(`${haproxy.dir}/p.sock`);
  await expect(push(node, { pem: pemOf(again), certificate }, watching({ attempts: 2 }))).rejects.toMatchObject({
    code: "HAPROXY_NOT_APPLIED",
  });
  expect(await contentOf(certificate)).toBe(renewed.pem);
  expect(await served(haproxy.ports.site, "site.test")).toBe(renewed.fingerprint256);
  await expectNothingOpen(haproxy);
});
