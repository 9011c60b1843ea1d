import { describe, expect, it } from "vitest";
import { isBogus } from "./dnssec.ts";
import { authoritativeServers } from "./nameservers.ts";
import { createResolver } from "./resolver.ts";
import { a, cname, type FakeDns, ns, rcodes, silent, soa, startFakeDns } from "./testing/fake-dns.ts";
import { findZone } from "./zone.ts";
import { checkServers } from "./zone-health.ts";

/** Patient, so that no question is asked twice because the machine is busy. */
const resolverFor = ({ server }: FakeDns, timeoutMs = 300_000) => createResolver({ servers: [server], timeoutMs });
const nothing = { rcode: rcodes.nxdomain, authorities: [soa("example.test")] };
const apex = { answers: [soa("example.test")] };

describe("findZone", () => {
  it("finds the longest name that owns an SOA", async () => {
    await using fake = await startFakeDns();
    fake
      .on("SOA _acme-challenge.www.sub.example.test", {
        rcode: rcodes.nxdomain,
        authorities: [soa("sub.example.test")],
      })
      .on("SOA www.sub.example.test", { authorities: [soa("sub.example.test")] })
      .on("SOA sub.example.test", { answers: [soa("sub.example.test", 3600)] })
      .on("SOA example.test", apex);
    expect(await findZone("_acme-challenge.www.SUB.example.test.", resolverFor(fake))).toMatchObject({
      name: "sub.example.test",
      soa: { primary: "ns.sub.example.test", negativeTtl: 3600 },
    });
  });

  it("finds the zone of its own apex and of a wildcard", async () => {
    await using fake = await startFakeDns();
    fake.on("SOA example.test", apex);
    const resolver = resolverFor(fake);
    expect(await findZone("example.test", resolver)).toMatchObject({ name: "example.test" });
    expect(await findZone("*.example.test", resolver)).toMatchObject({ name: "example.test" });
    expect(fake.asked).toHaveLength(1);
  });

  it.each([
    ["above the name that was asked for", { answers: [soa("test")] }],
    ["below it", { answers: [soa("deep.www.example.test")] }],
    ["in the authority section of a name above", { authorities: [soa("test")] }],
  ])("does not believe an SOA at the wrong level: %s", async (_, wrong) => {
    await using fake = await startFakeDns();
    fake.on("SOA www.example.test", wrong).on("SOA example.test", apex);
    expect(await findZone("www.example.test", resolverFor(fake))).toMatchObject({ name: "example.test" });
  });

  it("takes the SOA from the authority section where the name owns it", async () => {
    await using fake = await startFakeDns();
    fake.on("SOA www.example.test", nothing).on("SOA example.test", { authorities: [soa("example.test")] });
    expect(await findZone("www.example.test", resolverFor(fake))).toMatchObject({ name: "example.test" });
  });

  it("does not take the zone a CNAME points into", async () => {
    await using fake = await startFakeDns();
    const elsewhere = { answers: [cname("www.example.test", "cdn.test"), soa("cdn.test")] };
    fake.on("SOA www.example.test", elsewhere).on("SOA example.test", apex);
    expect(await findZone("www.example.test", resolverFor(fake))).toMatchObject({ name: "example.test" });
  });

  it.each([
    ["test", "host.test", false],
    ["co.uk", "host.co.uk", false],
    ["github.io", "me.github.io", false],
    ["github.io", "me.github.io", true],
  ])("takes the public suffix %s only when allowed", async (suffix, name, allowPublicSuffix) => {
    await using fake = await startFakeDns();
    fake.on(`SOA ${name}`, { rcode: rcodes.nxdomain }).on(`SOA ${suffix}`, { answers: [soa(suffix)] });
    const found = findZone(name, resolverFor(fake), { allowPublicSuffix });
    if (allowPublicSuffix) expect(await found).toMatchObject({ name: suffix });
    else await expect(found).rejects.toMatchObject({ code: "DNS_ZONE_PUBLIC_SUFFIX" });
  });

  it("never asks above the public suffix", async () => {
    await using fake = await startFakeDns();
    fake.on("SOA a.co.uk", nothing).on("SOA co.uk", nothing);
    await expect(findZone("a.co.uk", resolverFor(fake))).rejects.toMatchObject({ code: "DNS_ZONE_NOT_FOUND" });
    expect(fake.asked).not.toContain("udp SOA uk");
  });

  it.each([
    ["SERVFAIL", { rcode: rcodes.servfail }],
    ["silence", silent],
  ])("gives no zone rather than a wrong one after %s", async (_, reply) => {
    await using fake = await startFakeDns();
    fake.on("SOA sub.example.test", reply).on("SOA example.test", apex);
    const resolver = resolverFor(fake, reply === silent ? 1_000 : undefined);
    await expect(findZone("sub.example.test", resolver)).rejects.toMatchObject({
      code: "DNS_ZONE_NOT_FOUND",
      message: expect.stringContaining(`127.0.0.1:${fake.server.port}`),
    });
  });

  it("does not mind a failure above the zone it found", async () => {
    await using fake = await startFakeDns();
    const own = { answers: [soa("sub.example.test")] };
    fake.on("SOA sub.example.test", own).on("SOA example.test", { rcode: rcodes.servfail });
    expect(await findZone("sub.example.test", resolverFor(fake))).toMatchObject({ name: "sub.example.test" });
  });

  it("stops on abort", async () => {
    await using fake = await startFakeDns();
    const abort = new AbortController();
    fake.on("SOA example.test", () => {
      abort.abort(new Error("enough"));
      return [];
    });
    await expect(findZone("example.test", resolverFor(fake), abort)).rejects.toThrow("enough");
  });
});

describe("authoritativeServers", () => {
  const aaaa = (name: string, data: string) => ({ type: "AAAA" as const, name, ttl: 60, class: "IN" as const, data });

  it("gives every address, and the names that have none", async () => {
    await using fake = await startFakeDns();
    const names = ["ns1.test", "ns2.test", "ns3.test"].map((name) => ns("example.test", name));
    fake
      .on("NS example.test", { answers: [...names, ns("other.test", "ns9.test")] })
      .on("A ns1.test", { answers: [a("ns1.test", "192.0.2.1")] })
      .on("AAAA ns1.test", { answers: [aaaa("ns1.test", "2001:db8::1")] })
      .on("A ns2.test", { rcode: rcodes.servfail })
      .on("AAAA ns2.test", { answers: [aaaa("ns2.test", "2001:db8::2")] })
      .on("A ns3.test", { rcode: rcodes.nxdomain })
      .on("AAAA ns3.test", { rcode: rcodes.nxdomain });
    expect(await authoritativeServers("example.test", resolverFor(fake), { port: 5353 })).toEqual({
      servers: [
        { host: "192.0.2.1", port: 5353, name: "ns1.test" },
        { host: "2001:db8::1", port: 5353, name: "ns1.test" },
        { host: "2001:db8::2", port: 5353, name: "ns2.test" },
      ],
      failures: [{ server: "ns3.test", reason: "it has no address", code: "DNS_NO_NAMESERVERS" }],
    });
  });

  it("fails where there is no address at all, naming each server", async () => {
    await using fake = await startFakeDns();
    fake.on("NS example.test", { answers: [ns("example.test", "ns1.test")] });
    fake.on("A ns1.test", { rcode: rcodes.servfail }).on("AAAA ns1.test", {});
    await expect(authoritativeServers("example.test", resolverFor(fake))).rejects.toMatchObject({
      code: "DNS_NO_NAMESERVERS",
      message: expect.stringMatching(/ns1\.test: .*SERVFAIL/),
    });
  });

  it("fails where there are no NS records", async () => {
    await using fake = await startFakeDns();
    fake.on("NS example.test", {});
    await expect(authoritativeServers("example.test", resolverFor(fake))).rejects.toThrow("no NS records");
  });

  it("does not query more servers than real zones have", async () => {
    await using fake = await startFakeDns();
    const answers = Array.from({ length: 500 }, (_, index) => ns("example.test", `n${index}.test`));
    fake.on("NS example.test", { truncated: true }, { answers }).on("*", {});
    await expect(authoritativeServers("example.test", resolverFor(fake))).rejects.toMatchObject({
      code: "DNS_NO_NAMESERVERS",
    });
    expect(fake.asked).toHaveLength(2 + 2 * 32);
  });

  it("takes the servers it is told without asking", async () => {
    await using fake = await startFakeDns();
    const override = [{ host: "127.0.0.1", port: 53 }, { url: "https://dns.example/" }];
    const found = await authoritativeServers("example.test", resolverFor(fake), { override });
    expect(found).toEqual({ servers: [{ ...override[0], recursive: true }, override[1]], failures: [] });
  });
});

describe("checkServers", () => {
  it("tells healthy, differing, lame, refusing and dead servers apart", async () => {
    const dead = await startFakeDns();
    await dead[Symbol.asyncDispose]();
    await using good = await startFakeDns();
    await using lame = await startFakeDns();
    await using empty = await startFakeDns();
    await using refusing = await startFakeDns();
    const nameservers = { answers: [ns("example.test", "ns2.test"), ns("example.test", "ns1.test")] };
    good.on("SOA example.test", apex).on("NS example.test", nameservers);
    lame.on("SOA example.test", { ...apex, authoritative: false }).on("NS example.test", nameservers);
    empty.on("SOA example.test", {}).on("NS example.test", nameservers);
    refusing.on("SOA example.test", { rcode: rcodes.refused }).on("NS example.test", { rcode: rcodes.refused });
    const servers = [good, lame, empty, refusing, dead].map(({ server }) => server);
    expect(await checkServers("example.test", servers)).toMatchObject([
      { state: "ok", serial: 7, nameservers: ["ns1.test", "ns2.test"], server: expect.stringContaining("127.0.0.1:") },
      { state: "lame", serial: 7 },
      { state: "lame", serial: undefined },
      { state: "refused", detail: "REFUSED" },
      { state: "unreachable" },
    ]);
  });
});

describe("isBogus", () => {
  it.each([
    ["a signature fault", [{ rcode: rcodes.servfail }, {}], true],
    ["a dead zone", [{ rcode: rcodes.servfail }], false],
    ["a healthy one", [{}], false],
  ])("%s", async (_, replies, bogus) => {
    await using fake = await startFakeDns();
    fake.on("A www.example.test", ...replies);
    expect(await isBogus("www.example.test", "A", resolverFor(fake))).toBe(bogus);
  });
});
