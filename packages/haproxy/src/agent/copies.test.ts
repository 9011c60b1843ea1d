import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestCa } from "@certwright/tools/test-ca";
import { expect, test } from "vitest";
import { readBundle } from "../certificate/pem.ts";
import { compareCopies, filesOf, readCopy } from "./copies.ts";

const ca = createTestCa();
const shown = { name: "n", status: "Used", names: [], chainSubjects: [] } as const;
const configured = { name: "@st/w", section: "LE", domains: [], certificateBase: "/crt", keyBase: "/key" };

test.each([
  ["/a.pem", { certificateFile: "/a.pem" }, undefined, {}, { certificate: "/a.pem" }],
  ["/a.pem", {}, undefined, { map: [{ haproxy: "/", local: "/chroot" }] }, { certificate: "/chroot/a.pem" }],
  [
    "@st/w",
    { certificateFile: "w.crt", keyFile: "w.key" },
    configured,
    {},
    { certificate: "/crt/w.crt", key: "/key/w.key" },
  ],
  ["@st/w", { certificateFile: "/w", keyFile: "/w" }, configured, {}, { certificate: "/w" }],
  ["rel.pem", { certificateFile: "rel.pem" }, undefined, { base: "/base" }, { certificate: "/base/rel.pem" }],
] as const)("the files of %s", (name, details, acme, places, expected) => {
  expect(filesOf(name, { ...shown, ...details }, acme, places)).toEqual({ kind: "files", ...expected });
});

test("a relative path without a base, and a store's entry without a file, are told", () => {
  for (const [name, details] of [
    ["rel.pem", {}],
    ["@st/w", {}],
    ["@st/w", { certificateFile: "w.crt" }],
  ] as const) {
    expect(() => filesOf(name, { ...shown, ...details }, undefined, {})).toThrow(
      expect.objectContaining({ code: "HAPROXY_ACME_PATH" }),
    );
  }
});

test("a copy on disk counts only when HAProxy could load it", async () => {
  const dir = await mkdtemp(join(tmpdir(), "certwright-copies-"));
  try {
    const own = ca.issue({ names: ["a.test"] });
    const other = ca.issue({ names: ["a.test"] });
    const certificate = join(dir, "a.pem");
    const plan = { kind: "files", certificate } as const;
    expect(await readCopy(plan)).toBeUndefined();
    await writeFile(certificate, own.pem);
    expect((await readCopy(plan))?.serial).toBe(own.serial);
    await writeFile(certificate, own.fullchainPem);
    expect(await readCopy(plan)).toBeUndefined();
    const key = join(dir, "k.pem");
    await writeFile(key, other.keyPem);
    expect(await readCopy({ ...plan, key })).toBeUndefined();
    await writeFile(key, own.keyPem);
    expect((await readCopy({ ...plan, key }))?.serial).toBe(own.serial);
    await writeFile(certificate, own.pem.slice(0, 300));
    expect(await readCopy(plan)).toBeUndefined();
  } finally {
    await rm(dir, { recursive: true });
  }
});

test("which copy is right", () => {
  const at = (day: number) => new Date(Date.UTC(2030, 0, day));
  const disk = readBundle(pair(ca.issue({ names: ["a.test"], notBefore: at(10), notAfter: at(20) })));
  const compare = (notBefore: number, notAfter: number) =>
    compareCopies({ sha1: "0", notBefore: at(notBefore), notAfter: at(notAfter) }, disk);
  expect(compareCopies({ sha1: disk.sha1, notBefore: at(10), notAfter: at(20) }, disk)).toBe("same");
  expect(compareCopies({ serial: disk.serial }, disk)).toBe("same");
  expect(compare(11, 21)).toBe("memory");
  expect(compare(9, 19)).toBe("disk");
  expect(compare(10, 21)).toBe("memory");
  expect(compare(10, 19)).toBe("disk");
  // The next certificate may have a shorter life than the last.
  expect(compare(11, 15)).toBe("memory");
  expect(compare(9, 30)).toBe("disk");
  expect(compareCopies({ sha1: "0" }, disk)).toBe("memory");
  expect(compareCopies({ sha1: "0", notBefore: at(1), notAfter: at(5) }, undefined)).toBe("memory");
});

function pair({ keyPem, fullchainPem }: { readonly keyPem: string; readonly fullchainPem: string }) {
  return { key: keyPem, chain: fullchainPem };
}
