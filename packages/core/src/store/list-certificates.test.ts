import { rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTestCa } from "@certwright/tools/test-ca";
import { describe, expect, test } from "vitest";
import type { CertificateSpec } from "../spec.ts";
import { readCertificate, readCertificateMeta, removeCertificate } from "./certificates.ts";
import { listCertificates } from "./list-certificates.ts";
import { memoryState, memoryStore } from "./memory-store.ts";
import { type IssuedCertificate, saveCertificate } from "./save-certificate.ts";
import type { Store } from "./store.ts";
import { fullSpec, issuedWith } from "./testing/issued.ts";
import { quietStore, temporaryFolder } from "./testing/temporary.ts";

const ca = createTestCa();
const now = Date.UTC(2026, 10, 24);

function issuedFor(name: string, change: Partial<IssuedCertificate> = {}, spec: Partial<CertificateSpec> = {}) {
  const { keyPem, leafPem, chainPem } = ca.issue({ names: [name] });
  return issuedWith({ keyPem, leafPem, chainPem }, name, change, spec);
}

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

  test("is the same where so many are stored that they are read together", async () => {
    await using folder = await temporaryFolder();
    const store = quietStore(folder.path);
    for (const name of ["a", "b", "c", "d", "e", "f"]) {
      await saveCertificate(store, issuedFor(`${name}.example.com`), now);
    }
    const meta = (name: string) => join(folder.path, "certificates", `${name}.example.com`, "1/meta.json");
    await truncate(meta("b"), 40);
    await rm(meta("c"));
    await truncate(meta("d"), 33 * 1024 * 1024);
    await rename(meta("e"), `${meta("e")}.moved`);
    await symlink(`${meta("e")}.moved`, meta("e"));
    await writeFile(join(folder.path, "certificates/f.example.com/1/meta.json"), '{"format":99}');
    const expected = await listCertificates(store);
    expect(expected.map((each) => ("error" in each ? each.error.code : each.name))).toEqual([
      "a.example.com",
      ...["STORE_CORRUPT", "STORE_CORRUPT", "STORE_TOO_LARGE", "STORE_CORRUPT", "STORE_NEWER_FORMAT"],
    ]);
    // Folders of certificates that were never finished are listed by nobody.
    const unfinished = Array.from({ length: 5000 }, (_, index) => `certificate-${index}/`);
    const full: Store = { ...store, list: async (at) => [...(await store.list(at)), ...unfinished].sort() };
    expect(await listCertificates(full)).toEqual(expected);
    const one: Store = { ...full, readThrough: () => Promise.reject(new Error("one by one")) };
    expect(await listCertificates(one)).toEqual(expected);
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
