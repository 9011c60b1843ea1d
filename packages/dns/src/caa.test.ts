import type { Answer } from "dns-packet";
import { describe, expect, it } from "vitest";
import { findCaa } from "./caa.ts";
import { type CaaRequest, caaPermits } from "./caa-permits.ts";
import type { CaaRecord } from "./record.ts";
import { createResolver } from "./resolver.ts";
import { cname, type FakeDns, rcodes, startFakeDns } from "./testing/fake-dns.ts";

const resolverFor = ({ server }: FakeDns) => createResolver({ servers: [server], timeoutMs: 300_000 });

function caa(name: string, value: string): Answer {
  return { type: "CAA", name, ttl: 60, class: "IN", data: { tag: "issue", value } };
}

describe("findCaa", () => {
  it("climbs to the closest name that has records", async () => {
    await using fake = await startFakeDns();
    fake.on("CAA a.b.example.test", { rcode: rcodes.nxdomain }).on("CAA b.example.test", {});
    fake.on("CAA example.test", { answers: [caa("example.test", "ca.test")] });
    expect(await findCaa("*.A.b.example.test", resolverFor(fake))).toMatchObject({
      name: "example.test",
      records: [{ tag: "issue", value: "ca.test" }],
    });
  });

  it("finds none up to the top", async () => {
    await using fake = await startFakeDns();
    fake.on("CAA example.test", {}).on("CAA test", {});
    expect(await findCaa("example.test", resolverFor(fake))).toEqual({ name: undefined, records: [] });
  });

  it("takes the records a resolver found behind a CNAME", async () => {
    await using fake = await startFakeDns();
    const answers = [cname("www.example.test", "cdn.test"), caa("cdn.test", "ca.test")];
    fake.on("CAA www.example.test", { answers });
    expect(await findCaa("www.example.test", resolverFor(fake))).toMatchObject({
      name: "www.example.test",
      records: [{ name: "cdn.test" }],
    });
  });

  it("follows a CNAME itself where the server does not, and does not climb from its target", async () => {
    await using fake = await startFakeDns();
    fake.on("CAA www.example.test", { answers: [cname("www.example.test", "a.cdn.test")] }).on("CAA a.cdn.test", {});
    fake.on("CAA example.test", {}).on("CAA test", {});
    expect(await findCaa("www.example.test", resolverFor(fake))).toMatchObject({ records: [] });
  });

  it("ends on a circle of CNAMEs", async () => {
    await using fake = await startFakeDns();
    fake.on("CAA a.test", { answers: [cname("a.test", "b.test")] });
    fake.on("CAA b.test", { answers: [cname("b.test", "a.test")] }).on("CAA test", {});
    expect(await findCaa("a.test", resolverFor(fake))).toMatchObject({ records: [] });
  });

  it("fails as a CA must when a level cannot be looked up", async () => {
    await using fake = await startFakeDns();
    fake.on("CAA www.example.test", {}).on("CAA example.test", { rcode: rcodes.servfail });
    await expect(findCaa("www.example.test", resolverFor(fake))).rejects.toMatchObject({ code: "DNS_LOOKUP_FAILED" });
  });
});

describe("caaPermits", () => {
  const account = "https://ca.test/acct/1";
  const base: CaaRequest = {
    issuers: ["ca.test", "CA.example"],
    wildcard: false,
    accountUri: account,
    method: "dns-01",
  };
  const wildcard = { wildcard: true };

  function records(...lines: string[]): CaaRecord[] {
    return lines.map((line) => {
      const [tag = "", ...value] = line.replace("!", "").split(" ");
      return { type: "CAA", name: "example.test", ttl: 1, critical: line.startsWith("!"), tag, value: value.join(" ") };
    });
  }

  it.each<[string, string[], Partial<CaaRequest>]>([
    ["no records", [], {}],
    ["only other properties", ["iodef mailto:a@b.test", "issuemail x.test"], {}],
    ["the CA", ["issue ca.test"], {}],
    ["the CA by another of its names", ["issue ca.example"], {}],
    ["one of several", ["issue other.test", "issue ca.test"], {}],
    ["an empty parameter list", ["issue ca.test;"], {}],
    ["space around", ["issue  ca.test ; "], {}],
    ["a wildcard by issue", ["issue ca.test"], wildcard],
    ["a wildcard by issuewild", ["issue ;", "issuewild ca.test"], wildcard],
    ["issuewild for a plain name", ["issuewild ;"], {}],
    ["the account", [`issue ca.test; accounturi=${account}`], {}],
    ["an account not known yet", ["issue ca.test; accounturi=x"], { accountUri: undefined }],
    ["the method", ["issue ca.test; validationmethods=http-01,dns-01"], {}],
    ["a method not chosen yet", ["issue ca.test; validationmethods=http-01"], { method: undefined }],
    ["both", [`issue ca.test; accounturi=${account}; validationmethods=dns-01`], {}],
    ["an unknown parameter", ["issue ca.test; foo=bar"], {}],
    ["an unknown tag that is not critical", ["issue ca.test", "foo bar"], {}],
    ["a known critical tag", ["!issue ca.test", "!iodef mailto:a@b.test"], {}],
  ])("permits: %s", (_, lines, request) => {
    expect(caaPermits(records(...lines), { ...base, ...request })).toMatchObject({ permitted: true });
  });

  it.each<[string, string[], Partial<CaaRequest>, string]>([
    ["another CA", ["issue other.test"], {}, "names another CA"],
    ["nobody", ["issue ;"], {}, "forbids everybody"],
    ["nobody, empty", ["issue "], {}, "forbids everybody"],
    ["a malformed value", ["issue ca test"], {}, "malformed"],
    ["a parameter without value", ["issue ca.test; policy"], {}, "malformed"],
    ["two semicolons", ["issue ca.test;;"], {}, "malformed"],
    ["a wildcard although issue allows", ["issue ca.test", "issuewild ;"], wildcard, "forbids everybody"],
    ["another account", ["issue ca.test; accounturi=https://ca.test/acct/2"], {}, "another account"],
    ["two accounts", [`issue ca.test; accounturi=${account}; accounturi=${account}`], {}, "more than one accounturi"],
    ["another method", ["issue ca.test; validationmethods=http-01"], {}, "does not allow dns-01"],
    ["two method lists", ["issue ca.test; validationmethods=dns-01; validationmethods=dns-01"], {}, "more than one"],
    ["an unknown critical tag", ["issue ca.test", "!foo bar"], {}, "critical"],
  ])("refuses: %s", (_, lines, request, reason) => {
    const verdict = caaPermits(records(...lines), { ...base, ...request });
    expect(verdict).toEqual({ permitted: false, reason: expect.stringContaining(reason) });
  });

  it("gives the reason of every record that refuses", () => {
    const { reason } = caaPermits(records("issue a.test", "issue ca.test; validationmethods=http-01"), base);
    expect(reason).toMatch(/"a\.test" names another CA; .* does not allow dns-01/);
  });
});
