import { dataplaneTarget, findNodes, pushToFleet } from "@certwright/haproxy";
import { startHaproxy } from "@certwright/tools/servers";
import type { TestCertificate } from "@certwright/tools/test-ca";
import { describe, expect, test } from "vitest";
import { patience } from "./cli-process.ts";
import { password, startFake, user } from "./dataplane-fixture.ts";
import { certificatesOf, createFleetWorld, deployable, fleetOf, issueAll } from "./fleet-fixture.ts";
import { ca, contentOf, defaults, served } from "./haproxy-fixture.ts";

const count = 12;
const present = issueAll(ca, count);
const config = `${defaults}
userlist controller
    user ${user} insecure-password ${password}
frontend listed
    bind 127.0.0.1:<port:listed> ssl crt-list <dir>/ssl/list.txt
    http-request return status 200
`;
const files = {
  ...Object.fromEntries(present.map(({ pem }, index) => [`ssl/n${index}.pem`, pem])),
  "ssl/list.txt": present.map((_, index) => `<dir>/ssl/n${index}.pem\n`).join(""),
  "api/ca.pem": ca.rootPem,
};

describe.each(["3.2", "2.6"] as const)("many certificates through the API of HAProxy %s", (version) => {
  test("are replaced and added a few at a time, with one look at what is there, and a bad one spoils no other", async () => {
    await using haproxy = await startHaproxy({ version, master: true, config, files });
    await using api = await startFake(haproxy);
    const { fake } = api;
    const list = `${haproxy.dir}/ssl/list.txt`;
    const pid = await haproxy.workerPid();
    const renewed = issueAll(ca, count);
    const added = Array.from({ length: count }, (_, index) => ca.issue({ names: [`x${index}.fleet.test`] }));
    const late = ca.issue({ names: ["late.fleet.test"], notAfter: new Date(Date.now() - 1_000) });
    const { world } = createFleetWorld();
    const surroundings = { ...world, password: async () => password };
    const fleet = fleetOf([api.target({ add: list })]);
    const nodes = await findNodes(fleet.source, surroundings);
    const push = async (certificates: Parameters<typeof certificatesOf>[0]) => {
      fake.requests.length = 0;
      const [report] = (await pushToFleet(fleet, nodes, certificatesOf(certificates), { insist: false }, surroundings))
        .nodes;
      return report;
    };
    const asked = (request: string) => fake.requests.filter((each) => each === request).length;

    expect(await push([...renewed, late])).toMatchObject({ updated: count, failed: 1 });
    expect(asked("GET /storage/ssl_certificates")).toBe(1);
    expect(asked("GET /storage/ssl_certificates/{name}")).toBe(0);
    expect(await push(added)).toMatchObject({ updated: count, failed: 0 });
    expect(asked("GET /storage/ssl_certificates")).toBe(1);
    expect(asked("GET /storage/ssl_crt_lists")).toBe(1);
    // What is there, once; and then each as it is after. Some are asked for again while others are changed.
    expect(asked("GET /runtime/ssl_certs/{name}")).toBeLessThan(5 * count);

    for (const {
      names: [name = ""],
      fingerprint256,
      pem,
    } of [...renewed, ...added]) {
      expect(await served(haproxy.ports.listed, name)).toBe(fingerprint256);
      const file = name.replace(".fleet.test", name.startsWith("n") ? "" : "_fleet_test");
      expect(await contentOf(`${haproxy.dir}/ssl/${file}.pem`)).toBe(pem);
    }
    const lines = ((await contentOf(list)) ?? "").trim().split("\n");
    expect(new Set(lines).size).toBe(2 * count);
    expect(lines).toHaveLength(2 * count);
    expect(await haproxy.command("show ssl cert")).not.toMatch(/certwright|transaction/);
    expect(await haproxy.workerPid()).toBe(pid);
  });

  test("one after the other through one target without certificate=: each is looked at once, and again when it changed", async () => {
    await using haproxy = await startHaproxy({ version, master: true, config, files });
    await using api = await startFake(haproxy);
    const { requests } = api.fake;
    let now = Date.now();
    const target = dataplaneTarget(api.target({ add: `${haproxy.dir}/ssl/list.txt` }), {
      password: async () => password,
    });
    const deploy = async (certificate: TestCertificate) => {
      requests.length = 0;
      const context = { now: () => now, signal: AbortSignal.timeout(patience), step: () => {} };
      expect(await target.deploy(deployable(certificate), context)).toMatchObject({ served: true });
      return requests.filter((each) => each === "GET /runtime/ssl_certs/{name}").length;
    };
    const [first = ca.issue({ names: [] }), ...others] = issueAll(ca, count);
    const all = await deploy(first);
    expect(all).toBeGreaterThan(count);
    for (const certificate of [...others, ca.issue({ names: ["new.fleet.test"] })]) {
      expect(await deploy(certificate)).toBeLessThan(count);
      expect(await served(haproxy.ports.listed, certificate.names[0] ?? "")).toBe(certificate.fingerprint256);
    }
    // Somebody else's change is found out when that is so long ago, or by the process.
    now += 60_000;
    expect(await deploy(ca.issue({ names: first.names }))).toBeGreaterThan(count);
    await haproxy.reload();
    expect(await deploy(ca.issue({ names: first.names }))).toBeGreaterThan(count);
  });
});
