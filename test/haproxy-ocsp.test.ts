import { writeFile } from "node:fs/promises";
import { connect } from "node:tls";
import { parseNode, pushMany } from "@certwright/haproxy";
import { type Haproxy, startHaproxy } from "@certwright/tools/servers";
import { describe, expect, test } from "vitest";
import { patience } from "./cli-process.ts";
import { ca, defaults, expectNothingOpen, pemOf, pushTo, served, watching } from "./haproxy-fixture.ts";

const config = `${defaults}
frontend site
    bind 127.0.0.1:<port:site> ssl crt <dir>/site.pem crt <dir>/other.pem
    http-request return status 200
`;
const names = ["site.test"];

/** A HAProxy that staples a response to the certificate of `site.test`. */
async function startStapling(version: "3.2" | "2.6", former = ca.issue({ names })): Promise<Haproxy> {
  const files = { "site.pem": former.pem, "other.pem": ca.issue({ names: ["other.test"] }).pem };
  const haproxy = await startHaproxy({ version, config, files, master: true });
  await writeFile(`${haproxy.dir}/site.pem.ocsp`, ca.ocspResponse(former));
  await haproxy.reload();
  return haproxy;
}

describe.each(["3.2", "2.6"] as const)("HAProxy %s", (version) => {
  test("a push that ends stapling says so, and the next reload goes well", async () => {
    await using haproxy = await startStapling(version);
    expect(await isStapled(haproxy, "site.test")).toBe(true);
    const renewed = ca.issue({ names });
    const done = await pushTo(haproxy, { pem: pemOf(renewed) });
    expect(done).toMatchObject({ action: "updated", warnings: [expect.stringContaining("staples no OCSP response")] });
    expect(await isStapled(haproxy, "site.test")).toBe(false);
    // Ours to leave alone: HAProxy passes over what does not fit.
    await haproxy.reload();
    expect(await served(haproxy.ports.site, "site.test")).toBe(renewed.fingerprint256);
    // What said nothing of OCSP before says nothing now.
    const other = await pushTo(haproxy, { pem: pemOf(ca.issue({ names: ["other.test"] })) });
    expect(other.warnings).toEqual([]);
    await expectNothingOpen(haproxy);
  });

  test("the same among many", async () => {
    await using haproxy = await startStapling(version);
    const told: string[] = [];
    const requests = ["site", "other"].map((name) => ({
      certificate: `${haproxy.dir}/${name}.pem`,
      pem: pemOf(ca.issue({ names: [`${name}.test`] })),
    }));
    const summary = await pushMany(parseNode(haproxy.adminSocket), requests, {
      ...watching(),
      onOutcome: (outcome) =>
        told.push(...(outcome.kind === "done" ? outcome.result.warnings : [String(outcome.error)])),
    });
    expect(summary).toMatchObject({ updated: 2, failed: 0 });
    expect(told).toEqual([expect.stringContaining("staples no OCSP response")]);
  });

  test("a chain without issuers, with which HAProxy would not start beside a response, is told of", async () => {
    await using haproxy = await startStapling(version);
    const renewed = ca.issue({ names });
    const done = await pushTo(haproxy, { pem: { key: renewed.keyPem, chain: renewed.leafPem } });
    expect(done.warnings).toEqual(
      expect.arrayContaining([expect.stringContaining("makes its next start fail without an issuer")]),
    );
  });
});

/** Whether a client that asks for it gets an OCSP response. */
function isStapled(haproxy: Haproxy, servername: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: "127.0.0.1",
      port: haproxy.ports.site ?? 0,
      servername,
      rejectUnauthorized: false,
      requestOCSP: true,
    });
    let stapled = false;
    socket.setTimeout(patience, () => socket.destroy(new Error("no handshake")));
    socket.once("OCSPResponse", (response: Buffer | null) => {
      stapled = (response?.length ?? 0) > 0;
    });
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      resolve(stapled);
      socket.destroy();
    });
  });
}
