import { expect, it } from "vitest";
import { followAlias } from "./alias.ts";
import { createResolver } from "./resolver.ts";
import { cname, type FakeDns, rcodes, soa, startFakeDns } from "./testing/fake-dns.ts";

const nothing = { rcode: rcodes.nxdomain, authorities: [soa("test")] };
const name = "_acme-challenge.example.test";
const options = { randomLabel: () => "random" };
const follow = ({ server }: FakeDns, start = name) =>
  followAlias(start, createResolver({ servers: [server], timeoutMs: 300_000 }), options);

/** A chain of CNAMEs between names in zones of their own, none of them from a wildcard. */
function chain(fake: FakeDns, names: readonly string[], end?: string): void {
  for (const [index, owner] of names.entries()) {
    const target = names[index + 1] ?? end;
    fake.on(`CNAME ${owner}`, target === undefined ? nothing : { answers: [cname(owner, target)] });
    const sibling = ["random", ...owner.split(".").slice(1)].join(".");
    if (target !== undefined) fake.on(`CNAME ${sibling}`, nothing);
  }
}

it("leaves a name without CNAME alone", async () => {
  await using fake = await startFakeDns();
  fake.on(`CNAME ${name}`, nothing);
  expect(await follow(fake, "_ACME-Challenge.example.test.")).toEqual({ name, chain: [], synthesised: false });
});

it("follows CNAMEs into other zones to their end", async () => {
  await using fake = await startFakeDns();
  chain(fake, [name, "a.provider.test", "b.other.test"]);
  expect(await follow(fake)).toEqual({
    name: "b.other.test",
    chain: ["a.provider.test", "b.other.test"],
    synthesised: false,
  });
});

it("does not follow a CNAME that a wildcard made", async () => {
  await using fake = await startFakeDns();
  fake
    .on(`CNAME ${name}`, { answers: [cname(name, "web.cdn.test")] })
    .on("CNAME random.example.test", { answers: [cname("random.example.test", "web.cdn.test")] });
  expect(await follow(fake)).toEqual({ name, chain: [], synthesised: true });
});

it("stops before a wildcard further down the chain", async () => {
  await using fake = await startFakeDns();
  chain(fake, [name, "a.provider.test"], "web.cdn.test");
  fake.on("CNAME random.provider.test", { answers: [cname("random.provider.test", "web.cdn.test")] });
  expect(await follow(fake)).toEqual({ name: "a.provider.test", chain: ["a.provider.test"], synthesised: true });
});

it("follows a real CNAME beside a wildcard with another target", async () => {
  await using fake = await startFakeDns();
  chain(fake, [name, "a.provider.test"]);
  fake.on("CNAME random.example.test", { answers: [cname("random.example.test", "web.cdn.test")] });
  expect(await follow(fake)).toMatchObject({ name: "a.provider.test", synthesised: false });
});

it("reports a loop with its path", async () => {
  await using fake = await startFakeDns();
  chain(fake, [name, "a.one.test", "b.two.test"], "a.one.test");
  await expect(follow(fake)).rejects.toMatchObject({
    code: "DNS_ALIAS_LOOP",
    message: expect.stringContaining(`${name} -> a.one.test -> b.two.test -> a.one.test`),
  });
});

it("reports a name that points at itself", async () => {
  await using fake = await startFakeDns();
  chain(fake, [name], name);
  await expect(follow(fake)).rejects.toMatchObject({ code: "DNS_ALIAS_LOOP" });
});

const links = (count: number) => [name, ...Array.from({ length: count }, (_, index) => `x.zone${index + 1}.test`)];

it("follows a chain of eight", async () => {
  await using fake = await startFakeDns();
  chain(fake, links(8));
  expect(await follow(fake)).toMatchObject({ name: "x.zone8.test", chain: { length: 8 } });
});

it("refuses a chain of nine", async () => {
  await using fake = await startFakeDns();
  chain(fake, links(8), "x.zone9.test");
  await expect(follow(fake)).rejects.toMatchObject({
    code: "DNS_ALIAS_TOO_LONG",
    message: expect.stringContaining("more than 8"),
  });
});

it("refuses a target that is no name", async () => {
  await using fake = await startFakeDns();
  fake.on(`CNAME ${name}`, { answers: [cname(name, "a b.test")] });
  await expect(follow(fake)).rejects.toMatchObject({ code: "DNS_BAD_NAME" });
});

it("probes with a label of its own making", async () => {
  await using fake = await startFakeDns();
  fake.on("*", { answers: [cname(name, "a.test")] }, {});
  await followAlias(name, createResolver({ servers: [fake.server], timeoutMs: 300_000 }));
  expect(fake.asked[1]).toMatch(/^udp CNAME [0-9a-f]{12}\.example\.test$/);
});

it("says which server failed", async () => {
  await using fake = await startFakeDns();
  fake.on(`CNAME ${name}`, { rcode: rcodes.servfail });
  await expect(follow(fake)).rejects.toThrow(`127.0.0.1:${fake.server.port}: SERVFAIL`);
});
