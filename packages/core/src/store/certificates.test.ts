import { readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTestCa } from "@certwright/tools/test-ca";
import { describe, expect, test } from "vitest";
import type { CertificateSpec } from "../spec.ts";
import type { TargetState } from "./certificate-meta.ts";
import {
  locateCertificate,
  readCertificate,
  readCertificateMeta,
  readCertificateSpec,
  removeCertificate,
  updateCertificateMeta,
  useGeneration,
} from "./certificates.ts";
import { storedGenerations } from "./generations.ts";
import { listCertificates } from "./list-certificates.ts";
import { memoryState, memoryStore } from "./memory-store.ts";
import { type IssuedCertificate, saveCertificate } from "./save-certificate.ts";
import type { Store } from "./store.ts";
import { quietStore, temporaryFolder } from "./testing/temporary.ts";

const ca = createTestCa();
const now = Date.UTC(2026, 10, 24);
const target = "haproxy:/run/haproxy/admin.sock";

const fullSpec: CertificateSpec = {
  name: "*.example.com",
  identifiers: [
    { type: "dns", value: "*.example.com" },
    { type: "ip", value: "192.0.2.1" },
  ],
  keyType: "ec256",
  reuseKey: true,
  csrFile: "/etc/x.csr",
  profile: "tlsserver",
  preferredChain: "Test CA Root",
  cas: [
    { directoryUrl: "https://ca.example/directory", caFile: "/etc/ca.pem", email: "admin@example.com" },
    { directoryUrl: "https://other.example/directory", eab: { kid: "kid-1", hmacKey: { command: ["pass", "eab"] } } },
  ],
  challenges: [
    {
      type: "dns-01",
      provider: "cloudflare",
      instance: "main",
      options: { token: { env: "CF_TOKEN" }, key: { file: "/run/secrets/cf" }, endpoint: "https://api.example/" },
      zones: ["example.com"],
      zone: "example.com=abc",
    },
    { type: "http-01", webroot: "/var/www", listen: "127.0.0.1:8080" },
  ],
  dns: {
    resolvers: ["192.0.2.53:53"],
    nameservers: ["192.0.2.54"],
    followAlias: false,
    aliases: { "_acme-challenge.example.com": "x.example.net" },
    propagation: { mode: "check", seconds: 60, publicResolvers: ["9.9.9.9"] },
  },
  deploy: [target, "exec:/usr/local/bin/reload"],
};

function issuedFor(
  name: string,
  change: Partial<IssuedCertificate> = {},
  spec: Partial<CertificateSpec> = {},
): IssuedCertificate {
  const { keyPem, leafPem, chainPem } = ca.issue({ names: [name] });
  return {
    spec: { ...fullSpec, name, identifiers: [{ type: "dns", value: name }], ...spec },
    ...{ keyPem, leafPem, chainPem },
    directoryUrl: "https://ca.example/directory",
    accountUrl: "https://ca.example/acct/1",
    ...change,
  };
}

describe("a stored certificate", () => {
  test("is read back whole, with what the leaf says of itself", async () => {
    await using folder = await temporaryFolder();
    const store = quietStore(folder.path);
    const made = ca.issue({ names: ["*.example.com", "192.0.2.1"] });
    const renewalInfo = {
      ...{ certId: "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE", window: { start: now, end: now + 1000 } },
      ...{ explanationUrl: "https://ca.example/why", chosen: now + 5, nextCheck: now + 6 },
    };
    const issued = { ...issuedFor("x"), spec: fullSpec, ...made, profile: "tlsserver", renewalInfo };
    const meta = await saveCertificate(store, issued, now);
    expect(meta).toEqual({
      ...{
        name: "*.example.com",
        generation: 1,
        identifiers: fullSpec.identifiers,
        keyType: "ec256",
        profile: "tlsserver",
      },
      ...{
        directoryUrl: "https://ca.example/directory",
        accountUrl: "https://ca.example/acct/1",
        issuedAt: now,
        renewalInfo,
      },
      notBefore: Math.floor(made.notBefore.getTime() / 1000) * 1000,
      notAfter: Math.floor(made.notAfter.getTime() / 1000) * 1000,
      serial: made.serial.padStart(made.serial.length + (made.serial.length % 2), "0"),
      fingerprint256: made.fingerprint256,
      targets: fullSpec.deploy.map((each) => ({ target: each, wanted: made.fingerprint256, failures: 0 })),
    });
    const stored = await readCertificate(quietStore(folder.path), "*.example.com");
    expect(stored).toEqual({
      ...{ meta, spec: fullSpec, leafPem: made.leafPem, chainPem: made.chainPem },
      ...{ fullchainPem: made.fullchainPem, keyPem: made.keyPem },
    });
    expect(await readCertificateMeta(store, "*.example.com")).toEqual(meta);
    expect(await readCertificateSpec(store, "*.example.com")).toEqual(fullSpec);
    const path = join(folder.path, "certificates/_wildcard.example.com/current/haproxy.pem");
    expect(locateCertificate(store, "*.example.com", "haproxy.pem")).toBe(path);
    expect(await readFile(path, "utf8")).toBe(made.leafPem + made.chainPem + made.keyPem);
  });

  test.each([
    ["rsa", "rsa2048"],
    ["ecdsa", "ec256"],
  ] as const)("of an %s key says %s", async (keyType, expected) => {
    const issued = issuedFor("a.example.com", ca.issue({ names: ["a.example.com"], keyType }));
    expect((await saveCertificate(memoryStore(), issued, now)).keyType).toBe(expected);
  });

  test("whose key the user keeps has no key file", async () => {
    const store = memoryStore();
    const { keyPem: _, ...issued } = issuedFor("a.example.com");
    await saveCertificate(store, issued, now);
    expect(await readCertificate(store, "a.example.com")).not.toHaveProperty("keyPem");
    expect(await store.list("certificates/a.example.com/1")).toEqual([
      ...["chain.pem", "fullchain.pem", "leaf.pem", "meta.json", "spec.json"],
    ]);
  });

  test("is tidied into PEM that HAProxy reads: line feeds, no blank lines", async () => {
    const store = memoryStore();
    const issued = issuedFor("a.example.com");
    const messy = (pem: string) => `\n\n${pem.replaceAll("\n", "\r\n")}\r\n\r\n`;
    await saveCertificate(
      store,
      {
        ...issued,
        leafPem: messy(issued.leafPem),
        chainPem: messy(issued.chainPem),
        keyPem: messy(issued.keyPem ?? ""),
      },
      now,
    );
    const value = await store.readThrough("certificates/a.example.com/current", "haproxy.pem");
    expect(Buffer.from(value?.bytes ?? []).toString()).toBe(issued.leafPem + issued.chainPem + issued.keyPem);
  });

  test("without intermediates is stored, too", async () => {
    const store = memoryStore();
    await saveCertificate(store, issuedFor("a.example.com", { chainPem: "" }), now);
    expect((await readCertificate(store, "a.example.com"))?.chainPem).toBe("");
  });

  test("that does not fit its key, or is no certificate, is refused, and nothing changes", async () => {
    const state = memoryState();
    const store = memoryStore(state);
    await saveCertificate(store, issuedFor("a.example.com"), now);
    const before = new Map(state.values);
    const other = ca.issue({ names: ["a.example.com"] });
    const refusals = [
      [{ keyPem: other.keyPem }, "CERTIFICATE_KEY_MISMATCH"],
      [{ keyPem: "planted secret" }, "CERTIFICATE_KEY_MISMATCH"],
      [{ leafPem: "<html>busy</html>" }, "CERTIFICATE_UNREADABLE"],
      [{ leafPem: "" }, "CERTIFICATE_UNREADABLE"],
    ] as const;
    for (const [change, code] of refusals) {
      const refused = saveCertificate(store, issuedFor("a.example.com", change), now);
      await expect(refused).rejects.toSatisfy(
        (error: Error & { code: string }) =>
          error.code === code && !`${error.message}${error.cause}`.includes("planted"),
      );
    }
    await expect(saveCertificate(store, issuedFor("a\u0007b", {}, { identifiers: [] }), now)).rejects.toMatchObject({
      code: "STORE_BAD_VALUE",
    });
    expect(state.values).toEqual(before);
  });
});

describe("generations", () => {
  test("are counted up; the last five stay; what is current changes in one step", async () => {
    const store = memoryStore();
    const saved = [];
    for (let index = 0; index < 7; index += 1)
      saved.push(await saveCertificate(store, issuedFor("a.example.com"), now + index));
    expect(saved.map(({ generation }) => generation)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await storedGenerations(store, "a.example.com")).toEqual([3, 4, 5, 6, 7]);
    expect((await readCertificate(store, "a.example.com"))?.meta).toEqual(saved[6]);
    expect((await readCertificate(store, "a.example.com", 4))?.meta).toEqual(saved[3]);
    expect(await readCertificate(store, "a.example.com", 2)).toBeUndefined();
  });

  test("can be gone back to; the next one still is the highest", async () => {
    const store = memoryStore();
    const first = await saveCertificate(store, issuedFor("a.example.com"), now);
    await saveCertificate(store, issuedFor("a.example.com"), now);
    await useGeneration(store, "a.example.com", 1);
    expect(await readCertificateMeta(store, "a.example.com")).toEqual(first);
    await expect(useGeneration(store, "a.example.com", 9)).rejects.toMatchObject({ code: "CERTIFICATE_NOT_FOUND" });
    expect((await saveCertificate(store, issuedFor("a.example.com"), now)).generation).toBe(3);
    expect((await readCertificateMeta(store, "a.example.com"))?.generation).toBe(3);
  });

  test("that several runs save at once are all whole, and the highest is current", async () => {
    await using folder = await temporaryFolder();
    const issued = Array.from({ length: 4 }, () => issuedFor("a.example.com"));
    const saved = await Promise.all(issued.map((each) => saveCertificate(quietStore(folder.path), each, now)));
    expect(saved.map(({ generation }) => generation).sort()).toEqual([1, 2, 3, 4]);
    const store = quietStore(folder.path);
    for (const [index, meta] of saved.entries()) {
      expect(await readCertificate(store, "a.example.com", meta.generation)).toMatchObject({
        leafPem: issued[index]?.leafPem,
      });
    }
    expect((await readCertificateMeta(store, "a.example.com"))?.generation).toBe(4);
  });

  test("carry over what each target had taken and served, and want the new leaf", async () => {
    const store = memoryStore();
    const first = await saveCertificate(store, issuedFor("a.example.com"), now);
    const seen = { fingerprint256: first.fingerprint256, at: now + 1 };
    await updateCertificateMeta(store, "a.example.com", (meta) => ({
      ...meta,
      targets: meta.targets.map(
        (state): TargetState =>
          state.target === target
            ? { ...state, accepted: seen, served: seen }
            : { ...state, failures: 3, nextTry: now + 9, lastError: { code: "X", message: "no\u0007", at: now } },
      ),
    }));
    const second = await saveCertificate(
      store,
      issuedFor("a.example.com", {}, { deploy: [target, "exec:/usr/local/bin/reload", "new"] }),
      now,
    );
    expect(second.targets).toEqual([
      { target, wanted: second.fingerprint256, accepted: seen, served: seen, failures: 0 },
      { target: "exec:/usr/local/bin/reload", wanted: second.fingerprint256, failures: 0 },
      { target: "new", wanted: second.fingerprint256, failures: 0 },
    ]);
  });

  test("of which the old one is damaged do not keep a new one out", async () => {
    const store = memoryStore();
    await saveCertificate(store, issuedFor("a.example.com"), now);
    await store.write("certificates/a.example.com/1/meta.json", Buffer.from(""));
    expect((await saveCertificate(store, issuedFor("a.example.com"), now)).generation).toBe(2);
    await store.write("certificates/a.example.com/2/meta.json", Buffer.from('{"format":2}'));
    await expect(saveCertificate(store, issuedFor("a.example.com"), now)).rejects.toMatchObject({
      code: "STORE_NEWER_FORMAT",
    });
  });

  test("switch under a reader that reads all the time, and it never sees half of one", async () => {
    await using folder = await temporaryFolder();
    const [writer, reader] = [quietStore(folder.path), quietStore(folder.path)];
    const issued = Array.from({ length: 8 }, () => issuedFor("a.example.com"));
    const pairs = new Map(issued.map(({ leafPem, keyPem }) => [leafPem, keyPem]));
    await saveCertificate(writer, issued[0] as IssuedCertificate, now);
    let saving = true;
    const saved = (async () => {
      for (const each of issued) await saveCertificate(writer, each, now);
      saving = false;
    })();
    let reads = 0;
    for (; saving; reads += 1) {
      const stored = await readCertificate(reader, "a.example.com");
      expect(pairs.get(stored?.leafPem ?? "")).toBe(stored?.keyPem);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await saved;
    expect(reads).toBeGreaterThan(1);
  });
});

describe("what is known of a certificate", () => {
  test("changes by several runs at once are all kept", async () => {
    const state = memoryState();
    await saveCertificate(memoryStore(state), issuedFor("a.example.com"), now);
    const bump = (store: Store) =>
      updateCertificateMeta(store, "a.example.com", (meta) => ({
        ...meta,
        targets: meta.targets.map((each) => ({ ...each, failures: each.failures + 1 })),
      }));
    await Promise.all(Array.from({ length: 8 }, () => bump(memoryStore(state))));
    expect((await readCertificateMeta(memoryStore(state), "a.example.com"))?.targets[0]?.failures).toBe(8);
  });

  test("an unchanged value is not written; a certificate that is not there is told so", async () => {
    const store = memoryStore();
    await saveCertificate(store, issuedFor("a.example.com"), now);
    const silent: Store = { ...store, write: () => Promise.reject(new Error("written")) };
    await updateCertificateMeta(silent, "a.example.com", (meta) => meta);
    await expect(updateCertificateMeta(store, "b.example.com", (meta) => meta)).rejects.toMatchObject({
      code: "CERTIFICATE_NOT_FOUND",
      hint: expect.stringContaining("certwright list"),
    });
    expect(await readCertificate(store, "b.example.com")).toBeUndefined();
    expect(await readCertificateMeta(store, "b.example.com")).toBeUndefined();
  });
});

describe("the list", () => {
  test("has every certificate by its own name, and one that is damaged hides no other", async () => {
    await using folder = await temporaryFolder();
    const store = quietStore(folder.path);
    const names = [
      "*.example.com",
      "a.example.com",
      "Ünï.example",
      "b.example.com",
      "c.example.com",
      "d.example.com",
      "e.example.com",
    ];
    for (const name of names)
      await saveCertificate(store, { ...issuedFor("x.example"), spec: { ...fullSpec, name } }, now);
    const at = (name: string, file: string) => join(folder.path, "certificates", name, file);
    await truncate(at("a.example.com", "1/meta.json"), 40);
    await truncate(at("b.example.com", "1/meta.json"), 0);
    await rm(at("c.example.com", "1/meta.json"));
    await writeFile(at("d.example.com", "1/meta.json"), '{"format":99}');
    // A run that was killed before it set the pointer.
    await rm(at("e.example.com", "current"));
    const listed = await listCertificates(store);
    const seen = listed.map((each) => [each.name, "error" in each ? each.error.code : each.meta.generation]);
    expect(new Map(seen as [string, unknown][])).toEqual(
      new Map<string, unknown>([
        ...([
          ["*.example.com", 1],
          ["Ünï.example", 1],
          ["a.example.com", "STORE_CORRUPT"],
        ] as const),
        ...([
          ["b.example.com", "STORE_CORRUPT"],
          ["c.example.com", "STORE_CORRUPT"],
          ["d.example.com", "STORE_NEWER_FORMAT"],
        ] as const),
      ]),
    );
    await expect(readCertificate(store, "a.example.com")).rejects.toMatchObject({ code: "STORE_CORRUPT" });
    await expect(readCertificateMeta(store, "d.example.com")).rejects.toMatchObject({ code: "STORE_NEWER_FORMAT" });
  });

  test("says so when a folder was renamed by hand", async () => {
    const store = memoryStore();
    await saveCertificate(store, issuedFor("a.example.com"), now);
    const value = await store.readThrough("certificates/a.example.com/current", "meta.json");
    await store.write("certificates/b.example.com/1/meta.json", value?.bytes ?? new Uint8Array());
    await store.point("certificates/b.example.com/current", "1");
    expect(await listCertificates(store)).toMatchObject([
      { name: "a.example.com" },
      { name: "b.example.com", error: { message: expect.stringContaining("renamed") } },
    ]);
  });

  test("is empty where nothing is stored", async () => {
    expect(await listCertificates(memoryStore())).toEqual([]);
  });
});

describe("removing", () => {
  test("takes every file, and leaves the others alone", async () => {
    const state = memoryState();
    const store = memoryStore(state);
    await saveCertificate(store, issuedFor("a.example.com"), now);
    await saveCertificate(store, issuedFor("a.example.com"), now);
    await saveCertificate(store, issuedFor("b.example.com"), now);
    expect(await removeCertificate(store, "a.example.com")).toBe(true);
    expect([...state.values.keys()].filter((key) => !key.startsWith("certificates/b.example.com/"))).toEqual([]);
    expect(await removeCertificate(store, "a.example.com")).toBe(false);
    expect((await listCertificates(store)).map(({ name }) => name)).toEqual(["b.example.com"]);
  });

  test("cut off half way leaves no half certificate, and can be ended", async () => {
    const store = memoryStore();
    await saveCertificate(store, issuedFor("a.example.com"), now);
    let left = 3;
    const dying: Store = {
      ...store,
      remove: (...args) => (left-- > 0 ? store.remove(...args) : Promise.reject(new Error("killed"))),
    };
    await expect(removeCertificate(dying, "a.example.com")).rejects.toThrow("killed");
    expect(await listCertificates(store)).toEqual([]);
    expect(await readCertificate(store, "a.example.com")).toBeUndefined();
    await removeCertificate(store, "a.example.com");
    expect(await store.list("")).toEqual([]);
  });
});

test("private keys are marked as secrets, and nothing else is", async () => {
  const store = memoryStore();
  const secrets: string[] = [];
  const spied: Store = {
    ...store,
    write(key, bytes, options = {}) {
      if (options.secret) secrets.push(key);
      else expect(Buffer.from(bytes).includes("PRIVATE KEY")).toBe(false);
      return store.write(key, bytes, options);
    },
  };
  await saveCertificate(spied, issuedFor("a.example.com"), now);
  expect(secrets.sort()).toEqual(["certificates/a.example.com/1/haproxy.pem", "certificates/a.example.com/1/key.pem"]);
});
