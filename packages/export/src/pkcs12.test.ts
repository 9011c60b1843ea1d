import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createSecureContext, createServer } from "node:tls";
import { runOpenssl } from "@certwright/tools/servers";
import { createTestCa, type TestKeyType } from "@certwright/tools/test-ca";
import { expect, test } from "vitest";
import { createPkcs12 } from "./pkcs12.ts";
import { deriveBytes } from "./pkcs12-kdf.ts";

const ca = createTestCa();
const passwords = ["changeit", "", "pässwörd €𝄞", "p".repeat(200)];

async function make(keyType: TestKeyType, password: string, legacy: boolean) {
  const certificate = ca.issue({ names: ["site.test"], keyType });
  const contents = {
    keyPem: certificate.keyPem,
    chainPem: certificate.fullchainPem,
    friendlyName: "site.test",
    password,
  };
  return { certificate, pfx: await createPkcs12({ ...contents, legacy }) };
}

test.each(["ecdsa", "rsa"] as const)("%s: Node opens it with the password and with no other", async (keyType) => {
  for (const legacy of [false, true]) {
    for (const password of passwords) {
      const { pfx } = await make(keyType, password, legacy);
      expect(() => createSecureContext({ pfx, passphrase: password })).not.toThrow();
      expect(() => createSecureContext({ pfx, passphrase: `${password}x` })).toThrow(/mac verify failure/);
    }
  }
});

test("a server presents the leaf with its intermediate out of it", async () => {
  const { pfx, certificate } = await make("ecdsa", "changeit", false);
  const server = createServer({ pfx, passphrase: "changeit" }, (socket) => void socket.end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: "127.0.0.1", servername: "site.test", ca: ca.rootPem });
  // Trusted by the root alone only where the intermediate came along.
  await once(socket, "secureConnect");
  expect(createHash("sha256").update(socket.getPeerCertificate().raw).digest("hex")).toBe(certificate.fingerprint256);
  socket.destroy();
  server.close();
});

test.each([
  [false, [/PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF hmacWithSHA256/, /MAC: sha256, Iteration 10000/]],
  [true, [/pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 10000/, /MAC: sha1, Iteration 10000/]],
] as const)("openssl reads all of it (legacy: %s)", async (legacy, algorithms) => {
  const dir = await mkdtemp(join(tmpdir(), "certwright-pkcs12-"));
  try {
    const { pfx, certificate } = await make("rsa", "pässwörd", legacy);
    const file = join(dir, "site.p12");
    await writeFile(file, pfx);
    await writeFile(join(dir, "password"), "pässwörd\n");
    const read = ["pkcs12", "-in", file, "-passin", `file:${join(dir, "password")}`];
    const info = await runOpenssl([...read, "-info", "-noout"]);
    for (const algorithm of algorithms) expect(info).toMatch(algorithm);
    const text = await runOpenssl([...read, "-nodes"]);
    expect(text.match(/friendlyName: site\.test/g)).toHaveLength(2);
    expect(text.match(/localKeyID/g)).toHaveLength(2);
    const blocks = text.match(/-----BEGIN [\s\S]+?-----END [A-Z ]+-----\n/g)?.join("");
    expect(blocks).toBe(certificate.fullchainPem + certificate.keyPem);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test("bytes are derived as published test vectors have them", () => {
  // From the PKCS#12 test vectors in wide use (OpenSSL, Bouncy Castle): password "smeg".
  const derived = (purpose: "key" | "iv", salt: string, length: number) =>
    deriveBytes("sha1", purpose, { password: "smeg", salt: Buffer.from(salt, "hex"), iterations: 1, length });
  expect(derived("key", "0A58CF64530D823F", 24).toString("hex").toUpperCase()).toBe(
    "8AAAE6297B6CB04642AB5B077851284EB7128F1A2A7FBCA3",
  );
  expect(derived("iv", "0A58CF64530D823F", 8).toString("hex").toUpperCase()).toBe("79993DFE048D3B76");
});
