import type { CaaRecord, Resolver, ServerHealth } from "@certwright/dns";
import { describe, expect, it } from "vitest";
import { parseIdentifier } from "../identifier.ts";
import type { CertificateSpec } from "../spec.ts";
import { memoryStore } from "../store/memory-store.ts";
import { caaFindings, lookAtCaa, refuseForbidden } from "./caa.ts";
import { judgeServers } from "./delegation.ts";
import { judgeLedger, judgeProfile, mostNames } from "./limits.ts";
import { lookAtPort } from "./ports.ts";

const { signal } = new AbortController();

/** A resolver with these records, by `TYPE name`; what it has not been told of fails. */
function resolver(records: Readonly<Record<string, readonly object[]>>): Resolver {
  return {
    query: async (name, type) => {
      const answers = records[`${type} ${name}`];
      if (answers === undefined) throw new Error(`no answer for ${type} ${name}`);
      return { answers: answers.map((answer) => ({ name, type, ttl: 1, ...answer })) } as unknown as Awaited<
        ReturnType<Resolver["query"]>
      >;
    },
  };
}

function caa(value: string, tag = "issue"): Partial<CaaRecord> {
  return { tag, value, critical: false };
}

const question = { issuers: ["ca.test"], accountUrl: "https://ca.test/1", methods: ["dns-01", "http-01"] as const };
const names = (...texts: string[]) => texts.map(parseIdentifier);

describe("CAA", () => {
  const records = resolver({
    "CAA free.test": [],
    "CAA test": [],
    "CAA own.test": [caa("ca.test; validationmethods=http-01")],
    "CAA other.test": [caa("other.test")],
    "CAA account.test": [caa("ca.test; accounturi=https://ca.test/2")],
  });

  it("tells permitted, forbidden and unknown apart, and what is ruled out", async () => {
    const looks = await lookAtCaa(
      names("free.test", "own.test", "*.own.test", "other.test", "account.test", "dark.test", "192.0.2.1"),
      question,
      records,
      signal,
    );
    expect(looks.map(({ name, state, ruledOut }) => [name, state, ruledOut.join()])).toEqual([
      ["free.test", "permitted", ""],
      ["own.test", "permitted", "dns-01"],
      ["*.own.test", "forbidden", "dns-01"],
      ["other.test", "forbidden", "dns-01,http-01"],
      ["account.test", "forbidden", "dns-01,http-01"],
      ["dark.test", "unknown", ""],
    ]);
    expect(
      caaFindings(looks, "ca.test").map(({ severity, code, subject }) => `${severity} ${code} ${subject}`),
    ).toEqual([
      "warning DOCTOR_CAA_METHOD own.test",
      "error DOCTOR_CAA_FORBIDS *.own.test",
      "error DOCTOR_CAA_FORBIDS other.test",
      "error DOCTOR_CAA_FORBIDS account.test",
      "error DOCTOR_CAA_UNKNOWN dark.test",
    ]);
  });

  it("refuses before an order only what is surely forbidden", async () => {
    await refuseForbidden(names("free.test", "own.test", "dark.test"), question, records, signal);
    await refuseForbidden(names("other.test"), { ...question, issuers: [] }, records, signal);
    await expect(refuseForbidden(names("free.test", "other.test"), question, records, signal)).rejects.toMatchObject({
      code: "ACME_CAA",
      message: expect.stringMatching(/other\.test: the record other\.test CAA issue "other\.test" names another CA/),
    });
  });
});

describe("judgeServers", () => {
  const well: ServerHealth = { server: "ns1", state: "ok", detail: "", serial: 7, nameservers: ["ns1", "ns2"] };
  const codes = (...servers: Partial<ServerHealth>[]) =>
    judgeServers(
      "a.test",
      servers.map((server) => ({ ...well, ...server })),
    ).map(({ severity, code }) => `${severity} ${code}`);

  it("is content with servers that agree, and does not blame a server for this machine", () => {
    expect(codes({}, {}, { state: "no-route", serial: undefined, nameservers: [] })).toEqual([]);
  });

  it("tells of a lame one, of different copies and different lists", () => {
    expect(codes({}, { state: "lame", serial: undefined })).toEqual(["warning DOCTOR_SERVER"]);
    expect(codes({}, { serial: 6 })).toEqual(["warning DOCTOR_SERIALS"]);
    expect(codes({}, { nameservers: ["ns1"] })).toEqual(["warning DOCTOR_SERVER_LIST"]);
  });

  it("calls it an error where none is left", () => {
    expect(codes({ state: "servfail" }, { state: "refused" })).toEqual(["error DOCTOR_SERVER", "error DOCTOR_SERVER"]);
  });
});

describe("limits", () => {
  const spec: CertificateSpec = {
    name: "a",
    identifiers: names(...Array.from({ length: 26 }, (_, index) => `n${index}.example.com`)),
    keyType: "ec256",
    reuseKey: false,
    cas: [],
    challenges: [],
    dns: {},
    deploy: [],
  };
  const url = "https://acme-v02.api.letsencrypt.org/directory";
  const meta = {
    caaIdentities: [],
    externalAccountRequired: false,
    profiles: new Map([
      ["tlsserver", ""],
      ["classic", ""],
    ]),
  };

  it("knows how many names a profile takes, and only where that is published", () => {
    expect(judgeProfile(spec, { url, meta })).toEqual([]);
    expect(judgeProfile({ ...spec, profile: "tlsserver" }, { url, meta })).toMatchObject([{ code: "DOCTOR_NAMES" }]);
    expect(judgeProfile({ ...spec, profile: "other" }, { url, meta })).toMatchObject([
      { code: "DOCTOR_PROFILE", hint: "One of: tlsserver, classic." },
    ]);
    expect(mostNames("https://ca.test/dir", "classic")).toBeUndefined();
    expect(mostNames(url, "constructor")).toBeUndefined();
  });

  it("finds an empty ledger free", async () => {
    expect(await judgeLedger(spec, { directoryUrl: url, accountUrl: undefined }, undefined, memoryStore(), 1)).toEqual(
      [],
    );
  });
});

describe("lookAtPort", () => {
  const addresses = resolver({
    "A a.test": [{ address: "192.0.2.1" }],
    "AAAA a.test": [{ address: "2001:db8::1" }],
    "A none.test": [],
    "AAAA none.test": [],
  });

  it("tells of each address that is not reached, and of a name without any", async () => {
    const connect = async (address: string) => (address.includes(":") ? ("silent" as const) : ("open" as const));
    expect(await lookAtPort(names("a.test", "none.test"), 80, { resolver: addresses, connect, signal })).toMatchObject([
      { severity: "warning", code: "DOCTOR_PORT", message: expect.stringMatching(/2001:db8::1 does not answer$/) },
      { severity: "error", code: "DOCTOR_ADDRESS", subject: "none.test" },
    ]);
    const open = async () => "open" as const;
    expect(await lookAtPort(names("a.test"), 443, { resolver: addresses, connect: open, signal })).toEqual([]);
  });
});
