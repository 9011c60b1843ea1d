import { randomBytes } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  type Extension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

cryptoProvider.set(crypto);

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** A certificate and its private key, in PEM. */
export interface PemPair {
  readonly certificate: string;
  readonly key: string;
}

/** A self-signed certificate for a TLS server. */
export async function selfSigned(names: readonly string[]): Promise<PemPair> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(8).toString("hex"),
    name: "CN=fake acme",
    ...lifetime(),
    signingAlgorithm: algorithm,
    keys,
    extensions: [namesExtension(names)],
  });
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return {
    certificate: `${certificate.toString("pem")}\n`,
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/(.{64})(?=.)/g, "$1\n")}\n-----END PRIVATE KEY-----\n`,
  };
}

/** Signs what a CSR asks for. */
export interface FakeIssuer {
  readonly rootPem: string;
  /** Leaf and root in PEM. */
  issue(csrDer: Buffer, serial?: string): Promise<string>;
}

/** A root that signs leaves itself. */
export async function createFakeIssuer(name: string): Promise<FakeIssuer> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const root = await X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: `CN=${name}`,
    ...lifetime(),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  const rootPem = `${root.toString("pem")}\n`;
  return {
    rootPem,
    issue: async (csrDer, serial = randomBytes(8).toString("hex")) => {
      const csr = new Pkcs10CertificateRequest(csrDer);
      if (!(await csr.verify())) throw new Error("the CSR's signature is wrong");
      const names = csr.extensions.find((each): each is SubjectAlternativeNameExtension => each.type === "2.5.29.17");
      const extensions: Extension[] = [await AuthorityKeyIdentifierExtension.create(keys.publicKey)];
      if (names !== undefined) extensions.push(names);
      const leaf = await X509CertificateGenerator.create({
        serialNumber: serial,
        subject: "",
        issuer: root.subject,
        ...lifetime(),
        publicKey: csr.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        extensions,
      });
      return `${leaf.toString("pem")}\n${rootPem}`;
    },
  };
}

function namesExtension(names: readonly string[]): SubjectAlternativeNameExtension {
  return new SubjectAlternativeNameExtension(
    names.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? "ip" : "dns", value })),
  );
}

function lifetime(): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - 3_600_000), notAfter: new Date(now + 90 * 86_400_000) };
}
