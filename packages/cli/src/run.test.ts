import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  fileStore,
  saveAccountKey,
  saveAccountRecord,
  saveCertificate,
  updateCertificateMeta,
} from "@certwright/core/store";
import { createTestCa } from "@certwright/tools/test-ca";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCommandLine } from "./run.ts";
import { testContext } from "./testing/fake-context.ts";

let state: string;
beforeEach(async () => {
  state = join(await mkdtemp(join(tmpdir(), "certwright-run-")), "state");
});
afterEach(() => rm(join(state, ".."), { recursive: true }));

/** Runs a command line over the state; what it wrote and ended with. */
async function certwright(...argv: readonly string[]) {
  const context = testContext({ cwd: join(state, "..") });
  const code = await runCommandLine([...argv, "--state", state], context);
  const json = argv.includes("--json")
    ? JSON.parse(context.stdout.text().trim().split("\n").at(-1) ?? "null")
    : undefined;
  return { code, out: context.stdout.text(), err: context.stderr.text(), json };
}

/** Puts a certificate into the state as an issuance would. */
async function store(name: string, deploy: readonly string[] = [], certified = name) {
  const { now } = testContext();
  const store = fileStore(state, { now, warn: () => {} });
  const { leafPem, keyPem } = createTestCa().issue({
    names: [certified],
    notBefore: new Date(now() - 86_400_000),
    notAfter: new Date(now() + 89 * 86_400_000),
  });
  const identifiers = [{ type: "dns", value: certified } as const];
  const ca = { directoryUrl: "https://acme-v02.api.letsencrypt.org/directory" };
  const spec = {
    name,
    identifiers,
    keyType: "ec256",
    reuseKey: false,
    cas: [ca],
    challenges: [],
    dns: {},
    deploy,
  } as const;
  const issued = {
    spec,
    leafPem,
    chainPem: "",
    keyPem,
    directoryUrl: ca.directoryUrl,
    accountUrl: "https://ca.test/acct/1",
  };
  return { store, meta: await saveCertificate(store, issued, now()) };
}

describe("runCommandLine", () => {
  it.each([
    ["GOOGLE", ["gcloud"]],
    ["do_auth", ["digitalocean"]],
    ["desec.io", ["desec"]],
  ])("lists the providers that %s is in", async (text, ids) => {
    const { code, out, json } = await certwright("dns", "providers", text, "--json");
    expect([code, json.providers.map(({ id }: { id: string }) => id)], out).toEqual([0, ids]);
  });

  it("chooses the account without an address beside others at the same CA", async () => {
    const { now } = testContext();
    const store = fileStore(state, { now, warn: () => {} });
    const directoryUrl = "https://ca.test/directory";
    for (const email of [undefined, "ops@example.com"]) {
      const id = { directoryUrl, ...(email === undefined ? {} : { email }) };
      const contact = email === undefined ? [] : [`mailto:${email}`];
      const { keyPem } = createTestCa().issue({ names: ["x.test"] });
      await saveAccountKey(store, id, keyPem);
      await saveAccountRecord(store, id, { directoryUrl, url: `https://ca.test/${email}`, contact, createdAt: now() });
    }
    const write = (file: string, ...more: string[]) =>
      certwright("account", "export-key", "--out", join(state, "..", file), "--json", ...more);
    const unclear = await write("a.pem");
    expect([unclear.code, unclear.json.error.hint]).toEqual([2, expect.stringContaining("--email none")]);
    expect((await write("b.pem", "--email", "none")).json).toMatchObject({ account: "https://ca.test/undefined" });
    expect((await write("c.pem", "--email", "ops@example.com")).json).toMatchObject({ ok: true });
  });

  it("knows a certificate by a name that is in it, however that is written", async () => {
    await store("BÜCHER.example.com", [], "xn--bcher-kva.example.com");
    for (const name of ["xn--bcher-kva.example.com", "bücher.example.com."]) {
      expect((await certwright("status", name)).err).toContain("Did you mean BÜCHER.example.com?");
    }
  });

  it("says that nothing is known of a text no provider has", async () => {
    const { code, err } = await certwright("dns", "providers", "clodflare");
    expect([code, err]).toEqual([2, expect.stringMatching(/PLUGIN_UNKNOWN.*\n.*Did you mean cloudflare\?/)]);
  });

  it("answers about an empty state, and makes none", async () => {
    expect(await certwright("list")).toMatchObject({
      code: 0,
      out: "no certificates yet; see: certwright issue --help\n",
    });
    expect(await certwright("renew")).toMatchObject({ code: 0, out: expect.stringContaining("no certificates yet") });
    expect((await certwright("list", "--json")).json).toMatchObject({ ok: true, exitCode: 0, certificates: [] });
    await expect(rm(state)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("lists certificates, their names alone, and as JSON", async () => {
    await store("a.example.test");
    await store("b.example.test", ["haproxy:/run/b.sock"]);
    const { out, code } = await certwright("list");
    expect(code).toBe(0);
    expect(out.split("\n").slice(0, 3)).toEqual([
      "NAME            ENDS                   CA           STATE     NAMES",
      "a.example.test  2027-02-20 in 89 days  letsencrypt  ok        a.example.test",
      "b.example.test  2027-02-20 in 89 days  letsencrypt  not live  b.example.test",
    ]);
    expect((await certwright("list", "--names")).out).toBe("a.example.test\nb.example.test\n");
    expect((await certwright("list", "--json")).json.certificates).toMatchObject([
      {
        name: "a.example.test",
        standing: "ok",
        notBefore: "2026-11-22T12:00:00.000Z",
        notAfter: "2027-02-20T12:00:00.000Z",
        issuedAt: "2026-11-23T12:00:00.000Z",
      },
      { name: "b.example.test", standing: "not live" },
    ]);
  });

  it("tells all about one, and by its exit code how it stands", async () => {
    const { store: open } = await store("a.example.test", ["haproxy:/run/a.sock"]);
    const { out, code } = await certwright("status", "a.example.test");
    expect(code).toBe(3);
    expect(out).toContain("valid        2026-11-22T12:00Z to 2027-02-20T12:00Z (in 89 days)");
    expect(out).toContain("renewal      2027-01-21T12:00Z (in 59 days): a third of its life is left");
    expect(out).toContain("target       haproxy:/run/a.sock: not deployed yet");
    expect(out).toContain(join(state, "certificates/a.example.test/current/fullchain.pem"));
    await updateCertificateMeta(open, "a.example.test", (meta) => ({
      ...meta,
      targets: [],
      revoked: { at: 0, reason: "superseded" },
    }));
    const revoked = { at: "1970-01-01T00:00:00.000Z", reason: "superseded" };
    expect((await certwright("status", "--json")).json.certificates).toMatchObject([{ revoked }]);
    expect(await certwright("status")).toMatchObject({
      code: 1,
      out: expect.stringContaining("a.example.test: revoked"),
    });
  });

  it("says which certificate was meant", async () => {
    await store("www.example.test");
    expect(await certwright("status", "ww.example.test")).toMatchObject({
      code: 2,
      err: 'error CLI_CERTIFICATE_UNKNOWN: no certificate is called "ww.example.test"\n  Did you mean www.example.test?\n',
    });
    expect(await certwright("deploy", "www.example.test")).toMatchObject({
      code: 2,
      err: expect.stringContaining("has no targets"),
    });
    expect(await certwright("deploy", "www.example.test", "haporxy:/x")).toMatchObject({
      code: 2,
      err: expect.stringContaining("Did you mean haproxy"),
    });
  });

  it("deploys elsewhere when asked to, and says that renewals do not", async () => {
    await store("a.example.test", ["haproxy:/run/a.sock"]);
    const target = `export:${join(state, "a.pem")}`;
    expect(await certwright("deploy", "a.example.test", target)).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^warning CLI_TARGET_UNKEPT: .*a\.pem is none of the targets of a\.example\.test/),
    });
    expect((await certwright("status", "--json")).json.certificates[0].targets).toMatchObject([
      { target: "haproxy:/run/a.sock" },
    ]);
  });

  it("plans without doing, and leaves alone what is not due", async () => {
    await store("a.example.test");
    const { json } = await certwright("renew", "--dry-run", "--json", "--force");
    expect(json.certificates).toEqual([
      { name: "a.example.test", outcome: "planned", action: { do: "issue", reason: "forced" } },
    ]);
    expect(await certwright("plan", "--detailed-exitcode", "--json")).toMatchObject({ code: 0, json: { ok: true } });
    expect(await certwright("plan", "--detailed-exitcode", "--json", "--force")).toMatchObject({
      code: 5,
      json: { ok: true, exitCode: 5 },
    });
  });

  it("goes on to the other certificates where one cannot be read", async () => {
    const { store: open } = await store("a.example.test");
    for (const file of ["meta.json", "spec.json"])
      await open.write(`certificates/a.example.test/1/${file}`, Buffer.from("{"));
    expect(await certwright("list")).toMatchObject({ code: 1, out: expect.stringContaining("error STORE_CORRUPT") });
    expect(await certwright("status", "--json")).toMatchObject({
      code: 1,
      json: { certificates: [{ standing: "unreadable" }] },
    });
    expect(await certwright("renew", "--json")).toMatchObject({
      code: 1,
      json: { certificates: [{ outcome: "failed", error: { code: "STORE_CORRUPT" } }] },
    });
  });

  it("lists accounts, and says which one is missing", async () => {
    expect(await certwright("account", "list")).toMatchObject({ code: 0, out: "no accounts yet\n" });
    expect(await certwright("account", "show")).toMatchObject({
      code: 2,
      err: expect.stringContaining("error CLI_ACCOUNT_UNKNOWN: no such account at letsencrypt"),
    });
    expect(await certwright("account", "create", "--server", "google")).toMatchObject({
      code: 2,
      err: expect.stringMatching(/error CLI_BINDING_NEEDED: Google.*\n {2}Get a key identifier.*gcloud/),
    });
  });

  it("refuses before it asks anybody", async () => {
    expect(await certwright("dns", "set", "a.example.test", "v")).toMatchObject({
      code: 2,
      err: expect.stringContaining("no DNS provider named"),
    });
    expect(await certwright("dns", "check", "a.example.test")).toMatchObject({
      code: 2,
      err: expect.stringContaining("nothing to check"),
    });
    expect(await certwright("revoke")).toMatchObject({
      code: 2,
      err: expect.stringContaining("say which certificate"),
    });
    expect(await certwright("issue", "--csr", "none.pem")).toMatchObject({
      code: 2,
      err: expect.stringContaining("error CLI_FILE_UNREADABLE: none.pem"),
    });
    expect(await certwright("completion", "tcsh")).toMatchObject({
      code: 2,
      err: expect.stringContaining("no completion for"),
    });
    expect(await certwright("account", "update")).toMatchObject({
      code: 2,
      err: expect.stringContaining("no new contact"),
    });
  });

  it("shows providers, one in full, and an unknown one's likely name", async () => {
    expect(await certwright("dns", "providers")).toMatchObject({ code: 0, out: expect.stringMatching(/^rfc2136 /m) });
    const { out } = await certwright("dns", "providers", "powerdns");
    expect(out).toContain("pdns: PowerDNS");
    expect(out).toContain("PDNS_API_KEY");
    expect(await certwright("dns", "providers", "pdsn")).toMatchObject({
      code: 2,
      err: expect.stringContaining("Did you mean pdns?"),
    });
  });

  it("writes a usage error as JSON too, where JSON was asked for", async () => {
    const { json, code } = await certwright("list", "--json", "--nmaes");
    expect({ json, code }).toMatchObject({
      code: 2,
      json: { type: "result", ok: false, error: { code: "CLI_USAGE" } },
    });
  });

  it("ends with its own code after an interruption, whatever was under way", async () => {
    const context = testContext();
    context.interrupt();
    await store("a.example.test");
    expect(await runCommandLine(["renew", "--force", "--state", state], context)).toBe(130);
    expect(context.stderr.text()).toContain("error CLI_INTERRUPTED: stopped by SIGINT");
  });
});
